"""Labelled songs as features, from the cache or made once, dealt into training, validation and test by group."""

from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset
from tqdm import tqdm

from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipe_parts import Data
from tonada.learning.recipes import RecipeError
from tonada.listening.feature_cache import FeatureCache, Features
from tonada.listening.inputs import check_input_of
from tonada.listening.many_features import features_of

SIDES = {"train", "validation", "test"}
TRAINING_OVERLAP = 0.75  # training draws its segments at quarter steps, so that an epoch rarely repeats the last


@dataclass(frozen=True)
class Song:
    """One labelled recording: its features as the extractor makes them, without the songs dimension."""

    song_id: str
    group: str
    label: int
    features: Features


def load_songs(
    data: Data,
    root: Path,
    extractor: TonadaFeatureExtractor,
    cache: FeatureCache | None = None,
    workers: int = 1,
) -> tuple[dict[str, list[Song]], list[str]]:
    """
    The songs of each split, and the names of the labels.

    Splits are dealt by groups, so that no artist stands on two sides.

    Args:
        data: which data set, and how it is dealt.
        root: the folder that holds `data.folder`.
        extractor: hears validation and test songs as it will hear any song, and training songs in
            overlapping segments.
        cache: where features are kept, the person's own by default.
        workers: processes that make those that are not.
    """
    try:
        load = data_set(data.script).load
    except ValueError as error:
        raise RecipeError(f"data.script is {error}") from error
    rows = load(root / data.folder)
    if "audio" not in rows.features:
        raise RecipeError(f"data.script is {data.script!r}, which has no audio; a recipe learns from audio")
    dealt = split_of(rows, data, root).of(rows["song_id"])
    overlapping = TonadaFeatureExtractor.from_dict({**extractor.to_dict(), "segment_overlap": TRAINING_OVERLAP})
    check_input_of(extractor)  # before an hour of listening
    songs: dict[str, list[Song]] = {"train": [], "validation": [], "test": []}
    hearing = [
        (row["audio"]["path"], overlapping if split == "train" else extractor)
        for row, split in zip(rows, dealt, strict=True)
    ]
    heard = tqdm(features_of(hearing, cache or FeatureCache(), workers), "listening", len(hearing), unit="song")
    for row, split, features in zip(rows, dealt, heard, strict=True):
        songs[split].append(Song(row["song_id"], row["group"], row["label"], features))
    return songs, rows.features["label"].names


def split_of(rows: Dataset, data: Data, root: Path = Path()) -> splits.Split:
    """Which songs train, validate and test, as a recipe deals them; `root` is the folder of all, where a split lies."""
    if data.deal == "official":
        return splits.official(rows)
    earlier = splits.load(root / data.split) if data.split else None
    if data.deal == "saved" and earlier is not None:
        return earlier if set(earlier.parts.values()) <= SIDES else earlier.sides()
    if data.deal == "extended":
        return splits.extended(rows, data.folds, data.seed, earlier).sides()
    deal = splits.hashed if data.deal == "hashed" else splits.even
    return deal(rows, data.folds, data.seed).sides()


def split_from(songs: dict[str, list[Song]]) -> splits.Split:
    """The split that songs were dealt by, as data."""
    parts = {song.song_id: part for part, members in songs.items() for song in members}
    return splits.Split(parts, {song.song_id: song.group for members in songs.values() for song in members})
