"""A recipe: all that a training run is made of, read from YAML; an unknown key is refused with the nearest known."""

import dataclasses
import difflib
import functools
import inspect
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Set
from pathlib import Path
from typing import Any

import yaml

from tonada.embedding.published import EMBEDDERS
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipe_parts import CHOICES, Data, Recipe, Report, Teachers, Training
from tonada.modeling import TonadaConfig

# What the model must share with the extractor follows from `features` and is said there alone.
SET_BY_FEATURES = {"branches", "num_channels", "num_mel_bins", "num_descriptors", "embedding_width", "feature_schema"}
# What recipes say of a model beside its config.
NO_SHAPE = ("preset", "start", "encoder_revision")
# What disguises which branch; said of another it would do nothing.
DISGUISES = {"spectrogram": {"masked_mels", "masked_frames", "shifted_frames", "gain"}, "descriptors": {"noise"}}
# What only `TonadaForAudioClassification.with_encoder` can know.
SET_BY_ENCODER = {"encoder_config", "encoder_processor", "encoder_remote_code"}
# What is fitted after training, whatever a recipe would say.
SET_BY_CALIBRATION = {"temperature", "conformal_quantile"}
# What is said of an encoder inside the model; without one it would do nothing.
OF_ENCODER = {"encoder_unfrozen", "encoder_layer", "encoder_revision"}
# What is said of songs with labels, or disguises what is no mix.
OF_LABELS = {"patience", "segments_per_song", "class_balance", "frozen_epochs", "mixup"}.union(*DISGUISES.values())
SEEDS = 2**32  # numpy's


class RecipeError(ValueError):
    """A recipe that says something Tonada does not know, with what it would have understood."""


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
        return yaml.load(Path(path).read_text(encoding="utf-8"), _EachKeyOnce)  # safe_load's loader, and stricter
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: there is no such recipe") from error
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: not UTF-8, or a date that no calendar has
        raise RecipeError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error


class _EachKeyOnce(yaml.SafeLoader):
    """YAML that says a key twice is refused: PyYAML takes the last one and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        said = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<")
        if twice := [key for key, times in said.items() if times > 1]:
            raise yaml.constructor.ConstructorError(problem=f"the key {twice[0]!r} is there twice")
        return super().construct_mapping(node, deep)


def _recipe(content: Any) -> Recipe:
    parts = checked("the recipe", content, _fields(Recipe), required={"name", "data"})
    data = checked("data", parts["data"], _fields(Data), required={"script"})
    if "folder" not in data and "revision" not in (data.get("options") or {}):
        raise RecipeError("data lacks folder; or options: {revision: …}, the commit of a data set on the Hub")
    data = {**data, "also": _sources("data", data.get("also"))}
    training = checked("training", parts.get("training"), _fields(Training))
    features = checked("features", parts.get("features"), _arguments(TonadaFeatureExtractor))
    model = checked("model", parts.get("model"), _model_settings())
    teachers, report = _teachers(parts.get("teachers")), checked("report", parts.get("report"), _fields(Report))
    recipe = Recipe(str(parts["name"]), Data(**data), features, model, Training(**training), teachers, Report(**report))
    for part in (recipe.data, recipe.training, recipe.report):
        _check_types(part)
    _check_values(recipe)
    if any(source in _places(recipe.data.sources) for source in _places(teachers.also)):
        raise RecipeError("teachers.also names songs of data; its held-out ones would be heard in training")
    if recipe.report.crossvalidate and "patience" in training:
        raise RecipeError("report has crossvalidate, where no song tells when to stop; leave out training's patience")
    _check_disguises(features.get("branches", ("spectrogram", "descriptors")), training.keys())
    if teachers.mixes:
        _check_mixes(parts, training.keys())
    return recipe


def _check_mixes(parts: dict[str, Any], said: Set[str]) -> None:
    """Refuse what would do nothing where mixes are learned from teachers alone."""
    if idle := sorted(said & OF_LABELS):
        raise RecipeError(f"teachers has mixes, which training's {idle[0]} does nothing for; leave it out")
    if parts.get("report"):
        raise RecipeError("teachers has mixes, and without labels there is nothing to report; leave out report")
    if idle := sorted(parts["teachers"].keys() & {"also", "weight"}):
        raise RecipeError(f"teachers has mixes, of the songs of data alone; leave out {idle[0]}")


def _check_disguises(branches: Collection[str], said: Set[str]) -> None:
    for branch, disguises in DISGUISES.items():
        if branch not in branches and (idle := sorted(disguises & said)):
            raise RecipeError(f"training has {idle[0]}, but no {branch} among features.branches, which it is for")


def _teachers(content: Any) -> Teachers:
    if content is None:
        return Teachers()
    parts = checked("teachers", content, _fields(Teachers), required={"names"})
    names = parts["names"]
    if not isinstance(names, list) or not names or any(str(name) not in EMBEDDERS for name in names):
        raise RecipeError(f"teachers has names: {names!r}; list some of {', '.join(EMBEDDERS)}")
    teachers = Teachers(**{**parts, "names": tuple(names), "also": _sources("teachers", parts.get("also"))})
    _check_types(teachers)
    if teachers.components < 1:
        raise RecipeError(f"teachers has components: {teachers.components}; it must be at least 1")
    return teachers


def _places(sources: Iterable[dict[str, Any]]) -> list[tuple[str, Path]]:
    return [(source["script"], Path(source["folder"])) for source in sources]


def _sources(where: str, content: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(content or [], list):
        raise RecipeError(f"{where} has also: {content!r}; list data sets, {{script: …, folder: …}} each")
    for source in content or []:
        checked(f"{where}.also", source, {"script", "folder", "options"}, required={"script", "folder"})
    return tuple(content or [])


def _check_values(recipe: Recipe) -> None:
    if not re.fullmatch(r"[\w-]+", recipe.name) or recipe.name in ("majority", "logistic-regression"):
        raise RecipeError(f"name is {recipe.name!r}; it names a file: letters, digits and hyphens, no baseline's name")
    if recipe.data.folds < 3:
        raise RecipeError(f"data has folds: {recipe.data.folds}; at least 3 are needed to learn, validate and test")
    if recipe.training.seed >= SEEDS:
        raise RecipeError(f"training has seed: {recipe.training.seed}; it must be below 2**32")
    if (recipe.data.deal == "saved") > bool(recipe.data.split):
        raise RecipeError("data has deal: saved but no split; name the file of the split")
    if recipe.data.split and recipe.data.deal not in ("saved", "extended"):
        raise RecipeError(f"data has a split, which deal: {recipe.data.deal} does not read; say saved or extended")
    for name in ("epochs", "patience", "batch_size", "accumulate", "segments_per_song"):
        if getattr(recipe.training, name) < 1:
            raise RecipeError(f"training has {name}: {getattr(recipe.training, name)}; it must be at least 1")
    model = {name: value for name, value in recipe.model.items() if name not in NO_SHAPE}
    shape = functools.partial(TonadaConfig.preset, recipe.model.get("preset", "default"))
    for kind, part, build in (
        ("TonadaFeatureExtractor", recipe.features, TonadaFeatureExtractor),
        ("TonadaConfig", model, shape),
    ):
        try:
            build(**part)
        except (TypeError, ValueError) as error:
            raise RecipeError(f"{kind} cannot be built from {part}: {error}") from error
    _check_encoder(recipe)


def _check_encoder(recipe: Recipe) -> None:
    is_inside = "waveform" in recipe.features.get("branches", [])
    if is_inside != ("encoder" in recipe.model):
        raise RecipeError(
            "an encoder inside the model needs both the branch waveform among features and its Hub id or folder as "
            f"encoder under model; branches is {recipe.features.get('branches')}, encoder {recipe.model.get('encoder')}"
        )
    if not is_inside and (idle := sorted(OF_ENCODER & recipe.model.keys())):
        raise RecipeError(f"model has {idle[0]}, but no encoder, which it is for")
    is_ready = recipe.model.get("encoder_unfrozen") or "start" in recipe.model
    if recipe.training.frozen_epochs and not is_ready:
        raise RecipeError(
            "training has frozen_epochs, but nothing was learned before, or learns after them; set encoder_unfrozen or "
            "start under model"
        )


def _check_types(part: Data | Training | Teachers | Report) -> None:
    kinds: dict[Any, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,), bool: (bool,)}
    for each in dataclasses.fields(part):
        value, allowed = getattr(part, each.name), kinds.get(each.type, (tuple, dict))
        if not isinstance(value, allowed) or isinstance(value, bool) > (bool in allowed):
            expected = " or ".join(kind.__name__ for kind in allowed)
            is_number = float in allowed and re.fullmatch(r"[-+]?\d+e[-+]?\d+", str(value), re.IGNORECASE)
            hint = "; YAML reads 5e-4 as a word, 5.0e-4 as a number" if is_number else ""
            raise RecipeError(f"{each.name} is {value!r}; expected {expected}{hint}")
        if each.name in CHOICES and value not in CHOICES[each.name]:
            raise RecipeError(f"{each.name} is {value!r}; choose among {', '.join(CHOICES[each.name])}")
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


def _model_settings() -> set[str]:
    own = {name for name in TonadaConfig.__annotations__ if not name.startswith("_")}
    return own - SET_BY_FEATURES - SET_BY_ENCODER - SET_BY_CALIBRATION | {"preset", "start"}


def _arguments(kind: type) -> set[str]:
    return set(inspect.signature(kind).parameters) - {"self", "kwargs", "feature_schema"}
