"""A recipe: all that a training run is made of, read from YAML; an unknown key is refused with the nearest known."""

import dataclasses
import difflib
import inspect
import math
import re
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig

# What the model must share with the extractor follows from `features` and is said there alone.
SET_BY_FEATURES = {"branches", "num_channels", "num_mel_bins", "num_descriptors", "embedding_width", "feature_schema"}

DEALS = ("even", "hashed", "official")


class RecipeError(ValueError):
    """A recipe that says something Tonada does not know, with what it would have understood."""


@dataclass(frozen=True)
class Data:
    """
    Which songs, and how they are dealt into folds of disjoint groups: fold 0 tests, fold 1 validates.

    The deal is one of `DEALS`: `even` and `hashed` as in `datasets_scripts.splits`, or the data set's `official` split.
    """

    script: str
    folder: str
    folds: int = 6
    seed: int = 0
    deal: str = "even"


@dataclass(frozen=True)
class Training:
    """The knobs of the loop; `recipes/emotion.yaml` says what each is for."""

    epochs: int = 20
    patience: int = 10
    batch_size: int = 16
    segments_per_song: int = 2
    learning_rate: float = 5e-4
    weight_decay: float = 0.1
    masked_mels: int = 12
    masked_frames: int = 60
    noise: float = 0.2
    seed: int = 0


@dataclass(frozen=True)
class Recipe:
    """One system: what to load, how to hear it, what to build, how to teach it."""

    name: str
    data: Data
    features: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    training: Training = field(default_factory=Training)


def load_recipe(path: str | Path) -> Recipe:
    """
    Read a recipe.

    Raises:
        RecipeError: the file is missing, is not YAML, lacks a key or has one too many.
    """
    content = load_yaml(path)
    try:
        return _recipe(content)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def load_yaml(path: str | Path) -> Any:
    """
    What a YAML file holds.

    Raises:
        RecipeError: the file is missing, cannot be read or is not YAML.
    """
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: there is no such recipe") from error
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: not UTF-8, or a date that no calendar has
        raise RecipeError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error


def _recipe(content: Any) -> Recipe:
    parts = checked("the recipe", content, _fields(Recipe), required={"name", "data"})
    data = checked("data", parts["data"], _fields(Data), required={"script", "folder"})
    training = checked("training", parts.get("training"), _fields(Training))
    features = checked("features", parts.get("features"), _arguments(TonadaFeatureExtractor))
    model = checked("model", parts.get("model"), _own_fields(TonadaConfig) - SET_BY_FEATURES)
    recipe = Recipe(str(parts["name"]), Data(**data), features, model, Training(**training))
    for part in (recipe.data, recipe.training):
        _check_types(part)
    _check_values(recipe)
    return recipe


def _check_values(recipe: Recipe) -> None:
    if not re.fullmatch(r"[\w-]+", recipe.name) or recipe.name in ("majority", "logistic-regression"):
        raise RecipeError(f"name is {recipe.name!r}; it names a file: letters, digits and hyphens, no baseline's name")
    if recipe.data.folds < 3:
        raise RecipeError(f"data has folds: {recipe.data.folds}; at least 3 are needed to learn, validate and test")
    if recipe.data.deal not in DEALS:
        raise RecipeError(f"data has deal: {recipe.data.deal}; expected one of {', '.join(DEALS)}")
    for name in ("epochs", "batch_size", "segments_per_song"):
        if getattr(recipe.training, name) < 1:
            raise RecipeError(f"training has {name}: {getattr(recipe.training, name)}; it must be at least 1")
    if "waveform" in recipe.features.get("branches", ()):
        raise RecipeError("features has the branch waveform; recipes cannot build a model around an encoder yet")
    for part, build in ((recipe.features, TonadaFeatureExtractor), (recipe.model, TonadaConfig)):
        try:
            build(**part)
        except (TypeError, ValueError) as error:
            raise RecipeError(f"{build.__name__} cannot be built from {part}: {error}") from error


def _check_types(part: Data | Training) -> None:
    for each in dataclasses.fields(part):
        value = getattr(part, each.name)
        allowed = {int: (int,), float: (int, float), str: (str,)}[each.type]  # type: ignore[index]
        if not isinstance(value, allowed) or isinstance(value, bool):
            raise RecipeError(f"{each.name} is {value!r}; expected {' or '.join(kind.__name__ for kind in allowed)}")
        if isinstance(value, (int, float)) and not 0 <= value < math.inf:
            raise RecipeError(f"{each.name} is {value!r}; it cannot be negative or infinite")


def checked(where: str, content: Any, known: Set[str], required: Set[str] = frozenset()) -> dict[str, Any]:
    """The keys of a part of a recipe, none unknown and none of the required missing; else a `RecipeError`."""
    content = {} if content is None and not required else content
    if not isinstance(content, dict):
        raise RecipeError(f"{where} is {content!r}; expected keys among {', '.join(sorted(known))}")
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
            raise RecipeError(f"{where} has an unknown key {key!r}; {hint}")
    if missing := required - content.keys():
        raise RecipeError(f"{where} lacks {', '.join(sorted(missing))}")
    return content


def _fields(kind: type) -> set[str]:
    return {each.name for each in dataclasses.fields(kind)}


def _own_fields(kind: type) -> set[str]:
    return {name for name in kind.__annotations__ if not name.startswith("_")}


def _arguments(kind: type) -> set[str]:
    return set(inspect.signature(kind).parameters) - {"self", "kwargs", "feature_schema"}
