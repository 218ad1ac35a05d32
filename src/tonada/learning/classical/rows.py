"""Labelled songs as rows of numbers: a data set's table, its audio heard once, or a table of one's own."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.classical.recipe import ClassicalRecipe, Songs
from tonada.learning.recipes import RecipeError
from tonada.listening.feature_cache import FeatureCache
from tonada.listening.limits import AudioError
from tonada.listening.many_features import tried_features_of
from tonada.modeling.tree_tonada import ancestors
from tonada.proving.number_tables import is_numeric, numbers_of, read_table

logger = logging.getLogger(__name__)

IDS = ("song_id", "path")  # columns that name a row wherever a model answers tables, and so are never learned from
NUMBERED = "row "  # and its number, where nothing names it
LONGEST = 40  # word of a cell that a warning shows, characters


@dataclass(frozen=True)
class Rows:
    """
    Songs as numbers.

    Attributes:
        values: `(songs, columns)`, float64, NaN where a number is missing.
        columns: their names.
        labels: `(songs,)`, places in `names`.
        names: of the labels.
        parents: child label to parent label.
        song_ids: `(songs,)`.
        groups: `(songs,)`; a group is never on two sides.
        extractor: that made the numbers of audio; `None` for a table.
    """

    values: np.ndarray
    columns: tuple[str, ...]
    labels: np.ndarray
    names: tuple[str, ...]
    song_ids: np.ndarray
    groups: np.ndarray
    parents: dict[str, str] = field(default_factory=dict)
    extractor: TonadaFeatureExtractor | None = None


def load_rows(recipe: ClassicalRecipe, root: Path, cache: FeatureCache | None = None, workers: int = 1) -> Rows:
    """
    The songs of a recipe, with the labels that any of them has.

    Args:
        recipe: says which, and by which descriptors.
        root: the folder that holds `data.folder` or `data.table`.
        cache: where descriptors of audio are kept, the person's own by default.
        workers: processes that make those that are not.

    Raises:
        RecipeError: there is no such data set or column, what it holds does not fit `features`, or no song of it can be
            judged.
    """
    if recipe.data.table is not None:
        rows = _own_table(recipe.data, root / recipe.data.table)
    else:
        rows = _data_set(recipe, root, cache, workers)
    return _with_songs(_unique(rows) if recipe.data.unique else rows)


def _unique(rows: Rows) -> Rows:
    """One row of those whose numbers are all equal, and missing in the same places: the first."""
    # Bytes make a missing number equal to another; first every NaN has the same, and so have 0 and -0.
    alike = np.where(np.isnan(rows.values), np.nan, rows.values + 0.0)
    first: dict[bytes, int] = {}
    for place, row in enumerate(alike):
        first.setdefault(row.tobytes(), place)
    kept = np.array(list(first.values()), dtype=int)
    by_song = {name: getattr(rows, name)[kept] for name in ("values", "labels", "song_ids", "groups")}
    return replace(rows, **by_song)


def _with_songs(rows: Rows) -> Rows:
    """Without labels that no song has, as a part of a data set may lack some: nothing can be learned of them."""
    present, labels = np.unique(rows.labels, return_inverse=True)
    names = tuple(rows.names[label] for label in present)
    if absent := [name for name in rows.names if name not in names]:
        logger.warning("Left out, for no song has them: the labels %s", ", ".join(absent))
    known = {label for name in names for label in (name, *ancestors(name, rows.parents))}
    parents = {label: above for label, above in rows.parents.items() if label in known}
    return replace(rows, labels=labels, names=names, parents=parents)


def _data_set(recipe: ClassicalRecipe, root: Path, cache: FeatureCache | None, workers: int) -> Rows:
    try:
        module = data_set(str(recipe.data.script))
        rows = module.load(root / recipe.data.folder, **recipe.data.options)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"data: {error}") from error
    answer = "label" if recipe.data.level is None else f"level_{recipe.data.level}"
    if answer not in rows.features:
        raise RecipeError(f"data.level is {recipe.data.level}; {recipe.data.script} has {', '.join(rows.features)}")
    is_audio = "audio" in rows.features
    if is_audio != ("set" in recipe.features):
        wanted = "features: {set: hsf90} or another set" if is_audio else "no features, for it is a table of numbers"
        raise RecipeError(f"data.script {recipe.data.script} needs {wanted}")
    extractor = _extractor(recipe.features) if recipe.features else None
    if "embeddings" in rows.features:
        values = np.stack([module.scaled(steps).ravel() for steps in rows["embeddings"]]).astype(float)
    elif extractor is None:
        values = np.asarray(rows["descriptors"], dtype=float)
    else:
        values, heard = _heard(rows, extractor, cache or FeatureCache(), workers)
        rows = rows.select(heard)
    columns = _columns(module, values.shape[1]) if extractor is None else tuple(extractor.columns)
    return Rows(
        values,
        columns,
        np.array(rows[answer]),
        tuple(rows.features[answer].names),
        np.array(rows["song_id"]),
        np.array(splits.units(rows["song_id"], rows["group"])),
        dict(module.PARENTS) if rows.features[answer].names == module.LABELS else {},
        extractor,
    )


def schema_hash(columns: Sequence[str], extractor: TonadaFeatureExtractor | None) -> str:
    """What the numbers are: the extractor's own hash, or for a table SHA-256 of its columns' names."""
    if extractor is not None:
        return str(extractor.feature_schema["hash"])
    return hashlib.sha256(json.dumps(list(columns)).encode()).hexdigest()


def _extractor(features: dict[str, Any]) -> TonadaFeatureExtractor:
    settings = {name: value for name, value in features.items() if name != "set"}
    try:
        return TonadaFeatureExtractor.for_set(features["set"], **{**settings, "segment_seconds": None})
    except (TypeError, ValueError) as error:
        raise RecipeError(f"features: {error}") from error


def _heard(
    rows: Any, extractor: TonadaFeatureExtractor, cache: FeatureCache, workers: int
) -> tuple[np.ndarray, list[int]]:
    """The numbers `(songs, columns)` of the songs that can be judged, and their places; the others are told."""
    hearing = [(song["path"], extractor) for song in rows["audio"]]
    heard = tqdm(tried_features_of(hearing, cache, workers), "listening", len(hearing), unit="song", disable=None)
    values, places = [], []
    for place, song in enumerate(heard):
        if isinstance(song, AudioError):
            logger.warning("Left out: %s", song)
        else:
            values.append(np.asarray(song["descriptors"][0], dtype=float))
            places.append(place)
    if not places:
        raise RecipeError("none of the songs can be judged")
    return np.stack(values), places


def descriptors_of(waveform: np.ndarray, extractor: TonadaFeatureExtractor) -> np.ndarray:
    """A whole song's descriptors `(columns,)`, float64."""
    heard = extractor(waveform, sampling_rate=extractor.sampling_rate, return_tensors="np")
    return np.asarray(heard["descriptors"][0, 0], dtype=float)


def _columns(module: Any, width: int) -> tuple[str, ...]:
    """The names a data set gives its columns, or numbers."""
    names = getattr(module, "COLUMNS", None) or [f"column_{number}" for number in range(1, width + 1)]
    return tuple(names)


def _own_table(data: Songs, path: Path) -> Rows:
    table = read_table(path)
    facts = {"label": data.label, "group": data.group, "song_id": data.song_id}
    for role, name in facts.items():
        if name is not None and name not in table:
            raise RecipeError(f"data.{role} is {name!r}; the columns of {path} are {', '.join(table)}")
    bare = [str(row) for row, word in enumerate(table[data.label], start=1) if _is_bare(word)]
    if bare:
        raise RecipeError(f"{path} has no {data.label} in {len(bare)} rows, the first in row {bare[0]}; leave them out")
    words = [str(each) for each in table[data.label]]
    names = tuple(sorted(set(words)))
    numbered = [f"{NUMBERED}{number}" for number in range(1, len(words) + 1)]
    ids = numbered if data.song_id is None else _filled(table[data.song_id], numbered)
    # What is known of no group is nobody's sibling: each such song is a group of its own.
    alone = list(map(group_of_one, ids))
    groups = ids if data.group is None else _filled(table[data.group], alone)
    measured = {name: cells for name, cells in table.items() if name not in (*facts.values(), *IDS)}
    _warn_of_words(path, measured)
    columns, values = numbers_of(measured)
    return Rows(
        values,
        columns,
        np.array([names.index(word) for word in words]),
        names,
        np.array(ids),
        np.array(splits.units(ids, groups)),
    )


def is_numbered(song_id: str) -> bool:
    """Whether a song has the number of its row for an id, having none of its own."""
    return song_id.startswith(NUMBERED) and song_id.removeprefix(NUMBERED).isdecimal()


def group_of_one(song_id: str) -> str:
    """The group of a song of which none is known."""
    return f"song {song_id}"


def _filled(cells: Sequence[Any], others: Sequence[str]) -> list[str]:
    """The words of cells, and of one that is missing or blank the other's."""
    return [other if _is_bare(each) else str(each) for each, other in zip(cells, others, strict=True)]


def _is_bare(cell: Any) -> bool:
    return cell is None or cell != cell or not str(cell).strip()  # only NaN is unequal to itself


def _warn_of_words(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Name the columns that cannot be learned from: one word among a thousand numbers is a column less."""
    if wordy := [f"{name!r} ({_word(cells)})" for name, cells in columns.items() if not is_numeric(cells)]:
        logger.warning(
            "%s: left out %d columns that hold words: %s; leave a cell without a number empty",
            path,
            len(wordy),
            ", ".join(wordy),
        )


def _word(cells: Sequence[Any]) -> str:
    """The first cell that is no number, and its row; in a column with words its numbers are words too."""
    wordy = [(row, cell) for row, cell in enumerate(cells, start=1) if not is_numeric([cell])]
    row, cell = next((each for each in wordy if not _reads_as_number(each[1])), wordy[0])
    return f"{str(cell)[:LONGEST]!r} in row {row}"


def _reads_as_number(cell: Any) -> bool:
    """Whether a word is that of a number, or of none at all."""
    try:
        float(str(cell).strip() or "nan")
    except ValueError:
        return False
    return True
