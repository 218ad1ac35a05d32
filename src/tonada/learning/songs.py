"""Labelled songs as features, from the cache or made once, dealt into training, validation and test by group."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets
from tqdm import tqdm

from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.pictures import pictured
from tonada.learning.recipe_parts import Data
from tonada.learning.recipes import RecipeError
from tonada.listening.feature_cache import FeatureCache, Features
from tonada.listening.inputs import check_input_of
from tonada.listening.limits import AudioError
from tonada.listening.many_features import tried_features_of

logger = logging.getLogger(__name__)

PICTURE = "mel"  # of a spectrogram
CONTENTS = ("audio", "embeddings", PICTURE)  # what a network can hear, or see
SHARED = ("label", "song_id", "group")  # columns that all data sets have
SIDES = {"train", "validation", "test"}
TRAINING_OVERLAP = 0.75  # training draws its segments at quarter steps, so that an epoch rarely repeats the last


@dataclass(frozen=True)
class Song:
    """
    One recording: its features as the extractor makes them, without the songs dimension, its label's id, and its file,
    where it is not embeddings that somebody published in its place.
    """

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
    songs: dict[str, list[Song]] = {"train": [], "validation": [], "test": []}
    ears = {"train": overlapping(extractor)}
    heard = _heard(rows, [ears.get(side, extractor) for side in dealt], data, cache or FeatureCache(), workers)
    for row, side, features in zip(rows, dealt, heard, strict=True):
        if isinstance(features, AudioError):
            logger.warning("Left out: %s", features)
        else:
            path = row["audio"]["path"] if "audio" in row else ""
            songs[side].append(Song(row["song_id"], row["group"], row["label"], features, path))
    return songs, rows.features["label"].names


def _heard(
    rows: Dataset, ears: list[TonadaFeatureExtractor], data: Data, cache: FeatureCache, workers: int
) -> Iterable[Features | AudioError]:
    """What each row sounds like to its ear; embeddings and pictures that are given need no cache."""
    if PICTURE in rows.features:
        return pictured(rows, PICTURE, ears, data.script)
    if "embeddings" in rows.features:
        if list(ears[0].branches) != ["embeddings"]:
            raise RecipeError(f"{data.script} has embeddings and no audio; say features: {{branches: [embeddings], …}}")
        scaled = data_set(data.script).scaled
        return (_cut(scaled(given), ear) for given, ear in zip(rows["embeddings"], ears, strict=True))
    check_input_of(ears[0])  # before an hour of listening
    hearing = [(audio["path"], ear) for audio, ear in zip(rows["audio"], ears, strict=True)]
    return tqdm(tried_features_of(hearing, cache, workers), "listening", len(hearing), unit="song")


def _cut(embeddings: np.ndarray, extractor: TonadaFeatureExtractor) -> Features:
    heard = extractor(embeddings, return_tensors="pt")
    return Features({name: tensor[0] for name, tensor in heard.items()}, tuple(heard))


def overlapping(extractor: TonadaFeatureExtractor) -> TonadaFeatureExtractor:
    """The same ear, with segments at quarter steps."""
    return TonadaFeatureExtractor.from_dict({**extractor.to_dict(), "segment_overlap": TRAINING_OVERLAP})


def rows_of(data: Data, root: Path) -> Dataset:
    """
    The rows of a recipe's data set.

    Raises:
        RecipeError: there is no such data set, or it has nothing that a network hears or sees.
    """
    parts = [rows_of_source(source, root) for source in data.sources]
    labels = [part.features["label"].names for part in parts]
    for source, names in zip(data.also, labels[1:], strict=True):
        if names != labels[0]:
            raise RecipeError(f"data.also: the labels of {source['script']} are {names}, of {data.script} {labels[0]}")
    if not data.also:
        return parts[0]
    [content, *others] = [next(each for each in CONTENTS if each in part.features) for part in parts]
    if {content, *others} != {"audio"}:
        raise RecipeError("data.also adds recordings to recordings; embeddings and pictures can be joined with nothing")
    return concatenate_datasets([part.select_columns(["audio", *SHARED]) for part in parts])


def rows_of_source(source: dict[str, Any], root: Path) -> Dataset:
    """
    The rows of one data set, `script` in `folder` under `root`, loaded with its `options`; without a folder the Hub's.

    Raises:
        RecipeError: there is no such data set or option, or it has nothing that a network hears or sees.
    """
    script = source["script"]
    try:
        load = data_set(script).load
    except ValueError as error:
        raise RecipeError(f"data.script is {error}") from error
    try:
        rows = load(root / source["folder"] if source["folder"] else None, **(source.get("options") or {}))
    except TypeError as error:
        raise RecipeError(f"the options of {script}: {error}") from error
    if not set(CONTENTS) & rows.features.keys():
        raise RecipeError(
            f"data.script is {script!r}, which has no {' or '.join(CONTENTS)}; a recipe of kind: classical takes tables"
        )
    return rows


def split_of(rows: Dataset, data: Data, root: Path = Path()) -> splits.Split:
    """Which songs train, validate and test, as a recipe deals them; `root` is the folder of all, where a split lies."""
    dealt = deal(rows, data, root)
    if data.deal == "official":
        return splits.with_validation(dealt, rows, data.folds, data.seed)
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
