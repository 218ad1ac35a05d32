"""A classical model as a folder: skops with an explicit list of types, what its numbers are, and a card. No pickle."""

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tonada.extras import lacking
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.classical.checking import check_config, check_estimator
from tonada.learning.classical.rows import schema_hash
from tonada.proving.spread import Spread

MODEL, CONFIG = "model.skops", "config.json"
KIND = "tonada-classical"
MOST_BYTES = 2**30  # unpacked: what a file may claim before it is read
CLASSICAL = "tonada.learning.classical"
TRUSTED = (
    # beside scikit-learn's own estimators and numpy's numbers, which skops trusts
    *("sklearn.calibration._CalibratedClassifier", "sklearn.calibration._TemperatureScaling"),
    *("numpy.dtype", "sklearn.utils._bunch.Bunch", "sklearn.tree._tree.Tree"),
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    *(f"sklearn.neural_network._stochastic_optimizers.{name}Optimizer" for name in ("Adam", "SGD")),
    *("xgboost.core.Booster", "xgboost.sklearn.XGBClassifier"),
    *(f"{CLASSICAL}.capping.IQRCapping", f"{CLASSICAL}.capping.Limiting"),
    *(f"{CLASSICAL}.importance.DecreaseInAccuracy", f"{CLASSICAL}.balancing.Resampled"),
)


class ClassicalModelError(ValueError):
    """A folder that is no classical model, or not one to be trusted, in one line."""


@dataclass(frozen=True)
class ClassicalModel:
    """
    A fitted system and all that is needed to use it.

    Attributes:
        estimator: with `predict` and probabilities; see `probabilities_of`.
        name: of the recipe.
        columns: that it hears, in order.
        labels: in the order of their ids.
        parents: child label to parent label.
        temperature: divides the log-probabilities; fitted on songs that were answered without their group.
        conformal_quantile: labels of a probability of at least one minus it form the answer's set.
        threshold: of two labels, the probability from which the first is answered; where one was chosen.
        scaling: mean and standard deviation of each column over the training songs.
        extractor: makes the columns of audio; `None` for a model of tables.
        recipe: what it was trained by.
        spreads: how each column lies in the training songs, which later songs are compared with.
    """

    estimator: Any
    name: str
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    parents: dict[str, str] = field(default_factory=dict)
    temperature: float = 1.0
    conformal_quantile: float | None = None
    threshold: float | None = None
    scaling: dict[str, list[float]] = field(default_factory=dict)
    extractor: TonadaFeatureExtractor | None = None
    recipe: dict[str, Any] = field(default_factory=dict)
    spreads: list[Spread] = field(default_factory=list)

    @property
    def schema(self) -> str:
        """Hash of what the numbers are."""
        return schema_hash(self.columns, self.extractor)


def save_classical(model: ClassicalModel, folder: Path, card: str) -> None:
    """
    Write the folder: the estimator, its config and its card.

    Raises:
        ClassicalModelError: the estimator is larger than what is read back.
    """
    from skops.io import dump

    folder.mkdir(parents=True, exist_ok=True)
    dump(model.estimator, folder / MODEL)
    _check_size(folder / MODEL)
    facts = {name: value for name, value in model.__dict__.items() if name not in ("estimator", "extractor")}
    facts["spreads"] = [asdict(spread) for spread in model.spreads]
    settings = None if model.extractor is None else model.extractor.to_dict()
    config = {"kind": KIND, **facts, "schema": model.schema, "extractor": settings}
    text = json.dumps(config, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / CONFIG).write_text(f"{text}\n", encoding="utf-8")
    (folder / "README.md").write_text(card, encoding="utf-8")


def is_classical_model(model: str | Path, revision: str | None = None) -> bool:
    """Whether a folder, or a repository of the Hub by its id, says that it holds a classical model."""
    path = file_of(model, CONFIG, revision)
    try:
        return path is not None and json.loads(path.read_text(encoding="utf-8")).get("kind") == KIND
    except (OSError, ValueError, AttributeError):
        return False


def folder_of(model: str | Path, revision: str | None = None) -> Path:
    """
    The folder with config and model: itself, or the snapshot of a repository of the Hub, which is fetched.

    Raises:
        ClassicalModelError: one of the two is not to be had.
    """
    config, weights = (file_of(model, name, revision) for name in (CONFIG, MODEL))
    if config is None or weights is None:
        raise ClassicalModelError(f"{model} lacks {CONFIG} or {MODEL}; give a folder that `tonada train` made")
    return config.parent


def file_of(model: str | Path, name: str, revision: str | None) -> Path | None:
    """A file of a folder or of the Hub; `None` where it is not to be had. Only OWNER/NAME is looked for on the Hub."""
    if Path(model).is_dir() or str(model).count("/") != 1:
        path = Path(model) / name
        return path if path.is_file() else None
    from transformers.utils import cached_file

    try:
        found = cached_file(str(model), name, revision=revision)
    except (OSError, ValueError):
        return None
    return None if found is None else Path(found)


def load_classical_model(folder: str | Path) -> ClassicalModel:
    """
    Read what `save_classical` wrote.

    Raises:
        ClassicalModelError: a part is missing or damaged, holds a type that is not on the list, or the parts disagree.
    """
    path = Path(folder)
    try:
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        settings, schema = config.pop("extractor"), config.pop("schema")
        if config.pop("kind") != KIND:
            raise ValueError("it is another kind of model")
        extractor = None if settings is None else TonadaFeatureExtractor.from_dict(settings)
        check_config(config)
        lists = {name: tuple(config[name]) for name in ("columns", "labels")}
        config["spreads"] = [Spread(**each) for each in config.get("spreads", [])]
        model = ClassicalModel(estimator=_estimator(path / MODEL), extractor=extractor, **{**config, **lists})
        _check_schema(model, schema)
        check_estimator(model.estimator, len(model.columns), len(model.labels))
    except ClassicalModelError:
        raise
    except Exception as error:  # what a folder of anyone's may hold fails in more ways than can be listed
        reason = (" ".join(str(error).split()) or type(error).__name__)[:300]
        raise ClassicalModelError(f"{folder} cannot be loaded: {reason}") from error
    return model


def _estimator(path: Path) -> Any:
    from skops.io import get_untrusted_types, load

    if not zipfile.is_zipfile(path):
        raise ClassicalModelError(f"{path} is no skops file; nothing else is opened, and pickles never are")
    _check_size(path)
    unknown = [name for name in get_untrusted_types(file=path) if name not in TRUSTED]
    if unknown:
        raise ClassicalModelError(f"{path} holds {', '.join(unknown)}, which no Tonada model does; it was not loaded")
    try:
        return load(path, trusted=list(TRUSTED))
    except ModuleNotFoundError as error:  # of a model by xgboost
        raise ClassicalModelError(f"{path} {lacking('classical') or error}") from error


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        claimed = sum(each.file_size for each in archive.infolist())
    if claimed > MOST_BYTES:
        raise ClassicalModelError(
            f"{path} unpacks to {claimed} bytes; up to {MOST_BYTES} are read. Train it with fewer or smaller trees, "
            "such as settings: {n_estimators: 100, max_depth: 20}"
        )


def _check_schema(model: ClassicalModel, schema: str) -> None:
    if model.schema != schema:
        raise ValueError(
            f"it was trained on descriptors of schema {schema}, and here they would be {model.schema}: another version "
            "makes other numbers; train it anew"
        )
    if model.extractor is not None and tuple(model.extractor.columns) != model.columns:
        raise ValueError("its columns are not those that its extractor makes")


def plain(recipe: Any) -> dict[str, Any]:
    """A recipe as JSON can hold it."""
    return json.loads(json.dumps(asdict(recipe)))
