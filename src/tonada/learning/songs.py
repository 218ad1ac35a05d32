"""Labelled songs in memory as features, each decoded once, dealt into training, validation and test by group."""

from dataclasses import dataclass
from pathlib import Path

import torch
from datasets import Dataset
from tqdm import tqdm

from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipes import Data, RecipeError
from tonada.listening.decoding import decode
from tonada.listening.inputs import as_heard, check_input_of

TRAINING_OVERLAP = 0.75  # training draws its segments at quarter steps, so that an epoch rarely repeats the last


@dataclass(frozen=True)
class Song:
    """One labelled recording: its features as the extractor makes them, without the songs dimension."""

    song_id: str
    group: str
    label: int
    features: dict[str, torch.Tensor]


def load_songs(data: Data, root: Path, extractor: TonadaFeatureExtractor) -> tuple[dict[str, list[Song]], list[str]]:
    """
    The songs of each split, and the names of the labels.

    Splits are dealt by groups, so that no artist stands on two sides.

    Args:
        data: which data set, and how it is dealt.
        root: the folder that holds `data.folder`.
        extractor: hears validation and test songs as it will hear any song, and training songs in
            overlapping segments.
    """
    try:
        load = data_set(data.script).load
    except ValueError as error:
        raise RecipeError(f"data.script is {error}") from error
    rows = load(root / data.folder)
    if "audio" not in rows.features:
        raise RecipeError(f"data.script is {data.script!r}, which has no audio; a recipe learns from audio")
    dealt = split_of(rows, data).of(rows["song_id"])
    overlapping = TonadaFeatureExtractor.from_dict({**extractor.to_dict(), "segment_overlap": TRAINING_OVERLAP})
    check_input_of(extractor)  # before an hour of listening
    songs: dict[str, list[Song]] = {"train": [], "validation": [], "test": []}
    for row, split in zip(tqdm(rows, desc="listening", unit="song"), dealt, strict=True):
        waveform = as_heard(decode(row["audio"]["path"], extractor.sampling_rate), extractor)
        hear = overlapping if split == "train" else extractor
        features = hear(waveform, sampling_rate=extractor.sampling_rate, return_tensors="pt")
        song = {name: tensor[0] for name, tensor in features.items()}
        songs[split].append(Song(row["song_id"], row["group"], row["label"], song))
    return songs, rows.features["label"].names


def split_of(rows: Dataset, data: Data) -> splits.Split:
    """Which songs train, validate and test, as a recipe deals them."""
    if data.deal == "official":
        return splits.official(rows)
    deal = splits.hashed if data.deal == "hashed" else splits.even
    return deal(rows, data.folds, data.seed).sides()


def split_from(songs: dict[str, list[Song]]) -> splits.Split:
    """The split that songs were dealt by, as data."""
    parts = {song.song_id: part for part, members in songs.items() for song in members}
    return splits.Split(parts, {song.song_id: song.group for members in songs.values() for song in members})
