"""Which songs of a data set a model learned from, so that nothing is called a test that is none."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset
from transformers.utils import cached_file

from tonada.datasets_scripts import splits
from tonada.learning.recipes import Recipe, RecipeError, load_recipe
from tonada.learning.songs import split_of

RECIPE, SPLIT = "recipe.yaml", "split.json"  # what `tonada train` leaves beside a model
UNKNOWN = "unknown"
NOT_GIVEN = {
    "_raise_exceptions_for_gated_repo": False,
    "_raise_exceptions_for_missing_entries": False,
    "_raise_exceptions_for_connection_errors": False,
}


class EvaluationError(ValueError):
    """A model that cannot be evaluated on a data set, in one line that says what to do."""


@dataclass(frozen=True)
class Sides:
    """
    The part that each song of a data set had for a model.

    Attributes:
        parts: `train`, `validation`, `test` or `unknown`, a row each.
        source: how that is known, in words.
        seed: of the model's training.
    """

    parts: list[str]
    source: str
    seed: int = 0


def sides(
    rows: Dataset, data: str, model: str, revision: str | None, recipe: Path | None, folder: Path = Path()
) -> Sides:
    """
    What the songs of a data set were to a model.

    Args:
        rows: of the data set.
        data: its name in the registry.
        model: a folder or a Hub id, in which `tonada train` left a recipe and its split.
        revision: of the Hub id.
        recipe: deals the songs anew instead, as it says.
        folder: where the data set lies, and beside it the split that a recipe names.

    Raises:
        EvaluationError: the recipe is of another data set, or recipe or split cannot be read.
    """
    try:
        if recipe is not None:
            return _dealt(rows, data, load_recipe(recipe), recipe, folder)
        own, split = (cached_file(model, name, revision=revision, **NOT_GIVEN) for name in (RECIPE, SPLIT))
        if own is None or split is None:
            return Sides([UNKNOWN] * len(rows), f"{model} does not say which songs it learned from")
        return _kept(rows, data, load_recipe(own), splits.load(split))
    except (RecipeError, splits.SplitError, OSError) as error:
        raise EvaluationError(str(error)) from error


def _dealt(rows: Dataset, data: str, recipe: Recipe, path: Path, folder: Path) -> Sides:
    if recipe.data.script != data:
        raise EvaluationError(f"{path} deals the songs of {recipe.data.script}, not of {data}; give a recipe of {data}")
    inner = Path(recipe.data.folder).parts
    root = Path(*folder.absolute().parts[: -len(inner) or None])  # the recipe names both from the folder of all
    parts = split_of(rows, recipe.data, root).of(rows["song_id"])
    return Sides(parts, f"dealt as {path} says", recipe.training.seed)


def _kept(rows: Dataset, data: str, recipe: Recipe, split: splits.Split) -> Sides:
    seed = recipe.training.seed
    known = data in [source["script"] for source in recipe.data.sources]
    if not known and are_others(split, rows["song_id"], rows["group"]):
        return Sides(["test"] * len(rows), f"the model learned from {recipe.data.script}, all of these are new", seed)
    if recipe.report.crossvalidate:  # its folds were for measuring; what is kept learned from all
        split = split.leaving_out("none")
    parts = parts_of(split, rows["song_id"], rows["group"])
    return Sides(parts, f"the split {split.hash[:12]} saved with the model", seed)


def are_others(split: splits.Split, song_ids: Iterable[str], groups: Iterable[str]) -> bool:
    """Whether no song is one of the split by its id and its group; a data set may be read under two names."""
    return set(split.groups.items()).isdisjoint(zip(song_ids, groups, strict=True))


def parts_of(split: splits.Split, song_ids: Iterable[str], groups: Iterable[str]) -> list[str]:
    """The part of each song, an entry each in both arguments."""
    taught = {split.groups[song] for song, part in split.parts.items() if part == "train"}
    return [_part(split, taught, *each) for each in zip(song_ids, groups, strict=True)]


def _part(split: splits.Split, taught: set[str], song: str, group: str) -> str:
    """A song that came after the split is a test, unless the model learned from its performer."""
    return split.parts.get(song, "train" if group in taught else "test")
