"""Labelled songs as features, from the cache or made once, dealt into training, validation and test by group."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets
from tqdm import tqdm

from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipe_parts import Data
from tonada.learning.recipes import RecipeError
from tonada.listening.feature_cache import FeatureCache, Features
from tonada.listening.inputs import check_input_of
from tonada.listening.limits import AudioError
from tonada.listening.many_features import tried_features_of

logger = logging.getLogger(__name__)

SHARED = ["audio", "label", "song_id", "group"]  # columns that all data sets of audio have
SIDES = {"train", "validation", "test"}
TRAINING_OVERLAP = 0.75  # training draws its segments at quarter steps, so that an epoch rarely repeats the last


@dataclass(frozen=True)
class Song:
    """One recording: its features as the extractor makes them, without the songs dimension, and its label's id."""

    song_id: str
    group: str
    label: int | None
    features: Features
    path: str


def load_songs(
    data: Data,
    root: Path,
    extractor: TonadaFeatureExtractor,
    cache: FeatureCache | None = None,
    workers: int = 1,
    split: splits.Split | None = None,
) -> tuple[dict[str, list[Song]], list[str]]:
    """
    The songs of each split, and the names of the labels.

    Splits are dealt by groups, so that no artist stands on two sides. A file that cannot be heard (silent, damaged, too
    short) is left out, which is said.

    Args:
        data: which data set, and how it is dealt.
        root: the folder that holds `data.folder`.
        extractor: hears validation and test songs as it will hear any song, and training songs in
            overlapping segments.
        cache: where features are kept, the person's own by default.
        workers: processes that make those that are not.
        split: where each song stands, if not as `data` says.
    """
    rows = rows_of(data, root)
    dealt = (split or split_of(rows, data, root)).of(rows["song_id"])
    ears = {"train": overlapping(extractor)}
    check_input_of(extractor)  # before an hour of listening
    songs: dict[str, list[Song]] = {"train": [], "validation": [], "test": []}
    hearing = [(row["audio"]["path"], ears.get(side, extractor)) for row, side in zip(rows, dealt, strict=True)]
    heard = tqdm(tried_features_of(hearing, cache or FeatureCache(), workers), "listening", len(hearing), unit="song")
    for row, side, features in zip(rows, dealt, heard, strict=True):
        if isinstance(features, AudioError):
            logger.warning("Left out: %s", features)
        else:
            songs[side].append(Song(row["song_id"], row["group"], row["label"], features, row["audio"]["path"]))
    return songs, rows.features["label"].names


def overlapping(extractor: TonadaFeatureExtractor) -> TonadaFeatureExtractor:
    """The same ear, with segments at quarter steps."""
    return TonadaFeatureExtractor.from_dict({**extractor.to_dict(), "segment_overlap": TRAINING_OVERLAP})


def rows_of(data: Data, root: Path) -> Dataset:
    """
    The rows of a recipe's data set.

    Raises:
        RecipeError: there is no such data set, or it has no audio.
    """
    parts = [rows_of_source(source, root) for source in data.sources]
    labels = [part.features["label"].names for part in parts]
    for source, names in zip(data.also, labels[1:], strict=True):
        if names != labels[0]:
            raise RecipeError(f"data.also: the labels of {source['script']} are {names}, of {data.script} {labels[0]}")
    return concatenate_datasets([part.select_columns(SHARED) for part in parts]) if data.also else parts[0]


def rows_of_source(source: dict[str, Any], root: Path) -> Dataset:
    """
    The rows of one data set, `script` in `folder` under `root`, loaded with its `options`.

    Raises:
        RecipeError: there is no such data set or option, or it has no audio.
    """
    script = source["script"]
    try:
        load = data_set(script).load
    except ValueError as error:
        raise RecipeError(f"data.script is {error}") from error
    try:
        rows = load(root / source["folder"], **(source.get("options") or {}))
    except TypeError as error:
        raise RecipeError(f"the options of {script}: {error}") from error
    if "audio" not in rows.features:
        raise RecipeError(f"data.script is {script!r}, which has no audio; a recipe learns from audio")
    return rows


def split_of(rows: Dataset, data: Data, root: Path = Path()) -> splits.Split:
    """Which songs train, validate and test, as a recipe deals them; `root` is the folder of all, where a split lies."""
    dealt = deal(rows, data, root)
    return dealt if set(dealt.parts.values()) <= SIDES else dealt.sides()


def deal(rows: Dataset, data: Data, root: Path = Path()) -> splits.Split:
    """The folds that a recipe deals, or the sides of an official or saved split."""
    if data.deal == "official":
        return splits.official(rows)
    earlier = splits.load(root / data.split) if data.split else None
    if data.deal == "saved" and earlier is not None:
        return earlier
    if data.deal == "extended":
        return splits.extended(rows, data.folds, data.seed, earlier)
    return splits.DEALS[data.deal](rows, data.folds, data.seed)


def split_from(songs: dict[str, list[Song]]) -> splits.Split:
    """The split that songs were dealt by, as data."""
    parts = {song.song_id: part for part, members in songs.items() for song in members}
    return splits.Split(parts, {song.song_id: song.group for members in songs.values() for song in members})
