"""A recipe's words to an estimator, its settings chosen on folds inside the training songs, and its probabilities."""

import hashlib
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler

from tonada.extras import lacking
from tonada.learning.classical.balancing import SAMPLERS, WEIGHTS, Resampled
from tonada.learning.classical.capping import IQRCapping, Limiting
from tonada.learning.classical.importance import DecreaseInAccuracy
from tonada.learning.classical.models import MOST_STEPS, new_model
from tonada.learning.classical.optuna_search import OptunaSearch
from tonada.learning.classical.recipe import OPTUNA, STACKED, Search, System
from tonada.learning.recipes import RecipeError

STACKING_FOLDS = 5  # of disjoint groups, inside the training songs
KAPPA = make_scorer(cohen_kappa_score)
_searched: dict[str, dict[str, Any]] = {}
"""What searches of this process chose, by system and songs: a vote of tuned systems would search each of them again."""


def fit_system(
    system: System,
    systems: Mapping[str, System],
    columns: tuple[str, ...],
    values: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    seed: int,
) -> Any:
    """
    A fitted estimator with `predict`, and with probabilities through `probabilities_of`.

    Args:
        system: what to fit.
        systems: those that a vote may name.
        columns: names of the columns.
        values: `(songs, columns)`; missing ones become their column's median.
        labels: `(songs,)`.
        groups: `(songs,)`; a search shares none between its folds.
        seed: of models and searches.

    Raises:
        RecipeError: it cannot be built as it says, or cannot learn from these songs.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a candidate that stops early scores what it scores
            return _chosen(system, systems, columns, values, labels, groups, seed).fit(values, labels)
    except RecipeError:
        raise
    except ValueError as error:  # each library refuses too few songs in its own words
        if isinstance(error, TypeError):  # both: how scikit-learn refuses a setting that cannot be
            raise RecipeError(f"{system.model}: {error}") from error
        fewest = np.unique(labels, return_counts=True)[1].min()
        learner = system.model or f"a {system.vote} vote"
        raise RecipeError(
            f"{learner} cannot learn from {len(labels)} songs, {fewest} of them of the rarest label ({error}); "
            "give more songs of it, deal more folds, or choose another model or other settings"
        ) from error


def _chosen(system: System, systems: Mapping[str, System], columns: tuple[str, ...], *songs: Any) -> Any:
    """The unfitted estimator of a system, its settings searched."""
    if system.vote is None:
        return _tuned(system, columns, *songs)
    voters = [(name, _tuned(systems[name], columns, *songs)) for name in system.of]
    return _vote(system.vote, voters, *songs)


def _vote(
    kind: str, voters: list[tuple[str, Any]], values: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int
) -> Any:
    if kind != STACKED:
        return VotingClassifier(voters, voting=kind)
    folds = StratifiedGroupKFold(STACKING_FOLDS, shuffle=True, random_state=seed).split(values, labels, groups)
    return StackingClassifier(voters, LogisticRegression(max_iter=MOST_STEPS), cv=list(folds))


def probabilities_of(fitted: Any, values: np.ndarray, labels: int) -> np.ndarray:
    """
    Probabilities `(songs, labels)`. A label without training songs has none.

    Of a hard vote its shares, each label with a vote more than it got (Laplace): three voters that agree are not
    certain, and what they take for impossible would decide any temperature alone.
    """
    if getattr(fitted, "voting", None) == "hard":
        votes = fitted.transform(values)
        counts = (votes[:, :, None] == np.arange(len(fitted.classes_))).sum(1)
        found = (counts + 1) / (votes.shape[1] + counts.shape[1])
    else:
        found = fitted.predict_proba(values)
    answers = np.zeros((len(values), labels))
    answers[:, fitted.classes_] = found
    return answers


def new_pipeline(system: System, columns: tuple[str, ...], seed: int) -> Pipeline:
    """
    The steps of a system with a model, unfitted.

    Raises:
        RecipeError: no column has such a name, or the model knows no such setting.
    """
    steps: list[tuple[str, Any]] = []
    if system.columns:
        kept = ColumnTransformer([("kept", "passthrough", _kept(system.columns, columns))])
        steps.append(("columns", kept))
    steps.append(("impute", SimpleImputer(strategy="median", keep_empty_features=True)))
    if system.cap is not None:
        steps.append(("cap", IQRCapping(system.cap)))
    # Yeo-Johnson's transform standardizes too.
    steps.append(("scale", PowerTransformer() if system.power else StandardScaler()))
    if system.limit is not None:
        steps.append(("limit", Limiting(system.limit)))
    if system.select is not None:
        steps.append(("select", DecreaseInAccuracy(system.select, random_state=seed)))
    if system.pca is not None:
        steps.append(("pca", PCA(system.pca, random_state=seed)))
    return Pipeline([*steps, ("model", _model(system, seed))])


def _model(system: System, seed: int) -> Any:
    name = system.model or ""
    _check_libraries(system)
    try:
        model = new_model(name, system.settings, seed)
    except TypeError as error:
        raise RecipeError(f"{name} cannot be made: {error}") from error
    if system.balance == WEIGHTS:
        return _weighted(name, model)
    return model if system.balance is None else Resampled(model, system.balance, seed)


def _check_libraries(system: System) -> None:
    wanted = {"xgboost": system.model == "xgboost", "imblearn": system.balance in SAMPLERS}
    used = [library for library, is_used in wanted.items() if is_used]
    if used and (told := lacking("classical", *used)):
        raise RecipeError(f"{system.model} balanced by {system.balance} {told}")


def _weighted(name: str, model: Any) -> Any:
    weights = [each for each in model.get_params() if each.split("__")[-1] == "class_weight"]
    if not weights:
        raise RecipeError(f"{name} takes no weights of labels; balance it by a sampler such as smote")
    return model.set_params(**dict.fromkeys(weights, "balanced"))


def _kept(beginnings: tuple[str, ...], columns: tuple[str, ...]) -> list[int]:
    for each in beginnings:
        if not any(name.startswith(each) for name in columns):
            raise RecipeError(f"no column begins with {each!r}; they are called {', '.join(columns[:5])} …")
    return [number for number, name in enumerate(columns) if name.startswith(beginnings)]


def _tuned(
    system: System, columns: tuple[str, ...], values: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int
) -> Pipeline:
    pipeline = new_pipeline(system, columns, seed)
    if system.search is None:
        return pipeline
    songs = b"".join(np.ascontiguousarray(part).tobytes() for part in (values, labels, groups))
    key = hashlib.sha256(f"{system} {columns} {seed}".encode() + songs).hexdigest()
    if key not in _searched:
        _searched[key] = _searcher(pipeline, system.search, seed).fit(values, labels, groups=groups).best_params_
    return clone(pipeline).set_params(**_searched[key])


def _searcher(pipeline: Pipeline, search: Search, seed: int) -> Any:
    over = {_place(pipeline, name): values for name, values in search.over.items()}
    folds = StratifiedGroupKFold(search.folds, shuffle=True, random_state=seed)
    settings: dict[str, Any] = {"cv": folds, "scoring": KAPPA, "refit": False, "error_score": "raise"}
    if search.by == OPTUNA:
        return OptunaSearch(pipeline, over, search.candidates or 0, folds, KAPPA, seed)
    if search.candidates is None:
        return GridSearchCV(pipeline, over, **settings)
    return RandomizedSearchCV(pipeline, over, n_iter=search.candidates, random_state=seed, **settings)


def _place(pipeline: Pipeline, name: str) -> str:
    """Where a setting stands in the pipeline: its innermost model's, or a step's such as `pca__n_components`."""
    known = pipeline.get_params()
    found = [each for each in known if each == name or (each.startswith("model__") and each.endswith(f"__{name}"))]
    if not found:
        raise RecipeError(f"search over {name!r}: neither the model nor a step has such a setting")
    return max(found, key=len)
