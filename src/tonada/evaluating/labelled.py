"""The labelled songs that a classical model is asked about: a data set's, or the rows of a table of one's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set
from tonada.evaluating.asking import TABLE, Asked
from tonada.evaluating.held_out import SPLIT, UNKNOWN, EvaluationError, Sides, are_others, parts_of
from tonada.learning.classical.listening import ClassicalListener, HeardSong
from tonada.learning.classical.recipe import ClassicalRecipe, Songs
from tonada.learning.classical.rows import group_of_one, is_numbered, load_rows
from tonada.learning.classical.saving import file_of
from tonada.learning.recipes import RecipeError
from tonada.proving.number_tables import TableError


@dataclass(frozen=True)
class Labelled:
    """
    Songs, an entry each in every list.

    Attributes:
        ids: of the songs.
        groups: whose songs stay together.
        truth: their labels.
        hear: the song at a place; raises AudioError where it cannot be judged.
    """

    ids: list[str]
    groups: list[str]
    truth: list[str]
    hear: Callable[[int], HeardSong]


def labelled(listener: ClassicalListener, asked: Asked) -> Labelled:
    """
    The songs asked for.

    Raises:
        EvaluationError: there are none, or the model does not answer their labels or hear their form.
    """
    try:
        songs, names = _recordings(listener, asked) if _has_audio(asked) else _rows(listener, asked)
    except (RecipeError, TableError, TypeError, ValueError, OSError) as error:
        raise EvaluationError(str(error)) from error
    if not set(songs.truth) <= set(listener.model.labels):
        raise EvaluationError(
            f"{asked.data} has the labels {', '.join(names)}; {listener.name} answers "
            f"{', '.join(listener.model.labels)}: give songs of the model's labels"
        )
    return songs


def sides_of(listener: ClassicalListener, asked: Asked, songs: Labelled) -> Sides:
    """
    Which of the songs the model was fitted on, all of which it lists in its `split.json`; their groups count as taught.

    Rows of a table without ids are numbered, which says nothing of songs: their groups decide alone, and of a row
    without id and group nobody can tell.

    Raises:
        EvaluationError: the list cannot be read.
    """
    taught = listener.model.recipe.get("data", {})
    source = taught.get("script") or TABLE
    has_ids = source != TABLE or bool(taught.get("song_id"))
    is_other = asked.data not in (source, TABLE)
    split = file_of(asked.source, SPLIT, listener.revision)
    if split is None and is_other and source != TABLE:
        return Sides(["test"] * len(songs.ids), f"the model learned from {source}, which these are not")
    if split is None or not (has_ids or taught.get("group")):
        return Sides([UNKNOWN] * len(songs.ids), f"{listener.name} does not say which songs it learned from")
    try:
        found = splits.load(split)
    except (splits.SplitError, OSError) as error:
        raise EvaluationError(str(error)) from error
    if is_other and has_ids and are_others(found, songs.ids, songs.groups):
        return Sides(["test"] * len(songs.ids), f"the model learned from {source}, all of these are new")
    parts = parts_of(found, songs.ids, songs.groups)
    if TABLE in (asked.data, source):
        parts = _without_numbers(found, songs, parts)
    if set(parts) == {UNKNOWN}:
        return Sides(parts, f"nothing tells these songs from those that {listener.name} learned from")
    return Sides(parts, f"the songs or groups listed with the model, {found.hash[:12]}")


def _without_numbers(split: splits.Split, songs: Labelled, parts: list[str]) -> list[str]:
    """The parts, but of a row that only has a number its group's, or unknown if it has no group either."""
    taught = {split.groups[song] for song, part in split.parts.items() if part == "train"}
    found = []
    for song, group, part in zip(songs.ids, songs.groups, parts, strict=True):
        if is_numbered(song):
            by_group = "train" if group in taught else "test"
            part = UNKNOWN if group in (song, group_of_one(song)) else by_group
        found.append(part)
    return found


def _has_audio(asked: Asked) -> bool:
    return asked.data != TABLE and "audio" in _load(asked).features


def _recordings(listener: ClassicalListener, asked: Asked) -> tuple[Labelled, list[str]]:
    if listener.model.extractor is None:
        raise EvaluationError(f"{listener.name} knows the columns of a table and no audio; give a table")
    rows = _load(asked)
    level = listener.model.recipe.get("data", {}).get("level")
    answer = "label" if level is None else f"level_{level}"
    if answer not in rows.features:
        raise EvaluationError(f"{asked.data} has no {answer}, which {listener.name} answers")
    names = rows.features[answer].names
    truth = [names[label] for label in rows[answer]]
    groups = splits.units(rows["song_id"], rows["group"])

    def hear(place: int) -> HeardSong:
        return listener.hear(rows[place]["audio"]["path"])[0]

    return Labelled(list(rows["song_id"]), groups, truth, hear), names


def _rows(listener: ClassicalListener, asked: Asked) -> tuple[Labelled, list[str]]:
    """A table's rows, in the model's columns; a table of one's own names label, group and song as the recipe's did."""
    if asked.data == TABLE:
        taught = listener.model.recipe.get("data", {})
        named = {name: taught[name] for name in ("label", "group", "song_id") if taught.get(name)}
        songs, root = Songs(table=asked.folder.name, **named), asked.folder.parent
    else:
        songs, root = Songs(asked.data, options=asked.options), asked.folder
    rows = load_rows(ClassicalRecipe(listener.name, songs, {}, ""), root)
    places = [_place(rows.columns, column, listener.name, asked) for column in listener.model.columns]
    values = np.asarray(rows.values)[:, places]
    truth = [rows.names[label] for label in rows.labels]
    ids, groups = list(map(str, rows.song_ids)), list(map(str, rows.groups))

    def hear(place: int) -> HeardSong:
        return HeardSong(ids[place], ids[place], values[place])

    return Labelled(ids, groups, truth, hear), list(rows.names)


def _place(columns: tuple[str, ...], column: str, name: str, asked: Asked) -> int:
    if column not in columns:
        raise EvaluationError(f"{asked.data} lacks the column {column!r}, which {name} hears")
    return columns.index(column)


def _load(asked: Asked) -> Any:
    try:
        return data_set(asked.data).load(asked.folder, **asked.options)
    except (TypeError, ValueError, OSError) as error:
        raise EvaluationError(str(error)) from error


def options_of(listener: ClassicalListener, asked: Asked) -> dict[str, Any]:
    """What is asked for, and beside it what the model learned by, where it is asked about the same data set."""
    taught = listener.model.recipe.get("data", {})
    own = taught.get("options") or {} if taught.get("script") == asked.data else {}
    return {**own, **asked.options}
