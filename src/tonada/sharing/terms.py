"""On what terms trained weights may be used: the code is Tonada's, what they learned from is others'."""

from collections.abc import Iterator

from tonada.datasets_scripts.licences import licence_of
from tonada.datasets_scripts.registry import data_set
from tonada.embedding.published import EMBEDDERS
from tonada.learning.recipe_parts import Recipe

FOLDERS = ("music", "non_music")
"""Options of `music_or_not` that name folders."""
CHAPTER = """The code is Apache-2.0. Whether weights are a copy of what they learned from, no court has said: who wants
to be safe uses them on the terms of the songs:

{songs}
"""


def licence_in_head(recipe: Recipe) -> str:
    """For a card's head: the Hub's name of the one licence that all songs of a recipe are under, else `other`."""
    names = {name for script, _ in _licences(recipe) for name in licence_of(data_set(script)).hub}
    return names.pop() if len(names) == 1 and "start" not in recipe.model else "other"


def licence_chapter(recipe: Recipe) -> str:
    """What each data set's licence is, in its own words."""
    terms = [*_licences(recipe), *_before(recipe)]
    return CHAPTER.format(songs="\n".join(f"- `{source}`: {words}" for source, words in terms))


def _licences(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Each data set and the words of its licence, and which folders those are of, where a recipe names some."""
    folders: dict[str, list[str]] = {}
    for source in (*recipe.data.sources, *recipe.teachers.also):
        options = source.get("options") or {}
        named = [str(folder) for label in FOLDERS for folder in options.get(label) or ()]
        folders.setdefault(source["script"], []).extend(named)
    for script, named in folders.items():
        of = f" (of {', '.join(named)})" if named else ""
        yield script, f"{data_set(script).LICENSE}{of}"


def _before(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Models that taught this one something, and where their own terms stand."""
    if "start" in recipe.model:
        yield recipe.model["start"], "the model that this one began from, on the terms of its own card"
    for name in recipe.teachers.names:
        yield name, f"a teacher, which learned from {EMBEDDERS[name].learned_from}; none of its weights are here"
