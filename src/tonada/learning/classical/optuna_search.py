"""Settings searched by Optuna, which asks for each candidate by what those before it scored."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from tonada.extras import lacking
from tonada.learning.recipes import RecipeError


class OptunaSearch:
    """
    What scikit-learn's searches are to a pipeline, by a tree-structured Parzen estimator (Bergstra et al. 2011).

    Args:
        pipeline: unfitted; see `best_params_`.
        over: by the setting's place in the pipeline a list of values, or a range `{low, high, log}` of numbers.
        candidates: how many are tried.
        folds: scikit-learn's, of the training songs.
        scoring: a scorer.
        seed: of the estimator.

    Raises:
        RecipeError: optuna is not installed.
    """

    def __init__(self, pipeline: Any, over: Mapping[str, Any], candidates: int, folds: Any, scoring: Any, seed: int):
        if told := lacking("optuna"):
            raise RecipeError(f"search by optuna {told}")
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        self.pipeline, self.over, self.candidates = pipeline, over, candidates
        self.folds, self.scoring = folds, scoring

    @property
    def best_params_(self) -> dict[str, Any]:
        """The settings that scored best, by their places in the pipeline."""
        return self.study.best_params

    def fit(self, values: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> "OptunaSearch":
        """Try the candidates on rows `(songs, columns)`, no group on two sides; returns itself."""

        def score(trial: Any) -> float:
            chosen = {place: _suggested(trial, place, asked) for place, asked in self.over.items()}
            candidate = clone(self.pipeline).set_params(**chosen)
            given = {"groups": groups, "cv": self.folds, "scoring": self.scoring, "error_score": "raise"}
            return float(np.mean(cross_val_score(candidate, values, labels, **given)))

        self.study.optimize(score, n_trials=self.candidates)
        return self


def _suggested(trial: Any, place: str, asked: Any) -> Any:
    if isinstance(asked, list):
        return trial.suggest_categorical(place, asked)
    low, high, log = asked["low"], asked["high"], asked.get("log", False)
    whole = isinstance(low, int) and isinstance(high, int)
    return (trial.suggest_int if whole else trial.suggest_float)(place, low, high, log=log)
