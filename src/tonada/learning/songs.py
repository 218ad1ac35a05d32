"""Labelled songs in memory as features, each decoded once, dealt into training, validation and test by group."""

import importlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipes import Data, RecipeError
from tonada.listening.decoding import decode
from tonada.listening.inputs import as_heard, check_input_of

SPLIT_OF_FOLD = {0: "test", 1: "validation"}
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

    Splits are folds of a stratified k-fold over groups (scikit-learn), so that no artist stands on two sides.

    Args:
        data: which data set, how many folds, and their seed.
        root: the folder that holds `data.folder`.
        extractor: hears validation and test songs as it will hear any song, and training songs in
            overlapping segments.
    """
    try:
        load = importlib.import_module(f"tonada.datasets_scripts.{data.script}").load
    except (ModuleNotFoundError, AttributeError) as error:
        raise RecipeError(f"data.script is {data.script!r}; datasets_scripts/ has no data set of that name") from error
    rows = load(root / data.folder)
    folds = assign_folds(rows["label"], rows["group"], data.folds, data.seed)
    overlapping = TonadaFeatureExtractor.from_dict({**extractor.to_dict(), "segment_overlap": TRAINING_OVERLAP})
    check_input_of(extractor)  # before an hour of listening
    splits: dict[str, list[Song]] = {"train": [], "validation": [], "test": []}
    for row, fold in zip(tqdm(rows, desc="listening", unit="song"), folds, strict=True):
        split = SPLIT_OF_FOLD.get(int(fold), "train")
        waveform = as_heard(decode(row["audio"]["path"], extractor.sampling_rate), extractor)
        hear = overlapping if split == "train" else extractor
        features = hear(waveform, sampling_rate=extractor.sampling_rate, return_tensors="pt")
        song = {name: tensor[0] for name, tensor in features.items()}
        splits[split].append(Song(row["song_id"], row["group"], row["label"], song))
    return splits, rows.features["label"].names


def assign_folds(labels: list[int], groups: list[str], folds: int, seed: int) -> np.ndarray:
    """The fold of each song, `(songs,)`: labels in even shares, each group in one fold only."""
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    assigned = np.empty(len(labels), dtype=int)
    for fold, (_, members) in enumerate(splitter.split(np.zeros(len(labels)), labels, groups)):
        assigned[members] = fold
    return assigned
