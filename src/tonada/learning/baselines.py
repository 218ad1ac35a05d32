"""What any model must beat: the most frequent label, and logistic regression on what it hears, averaged over a song."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tonada.learning.augmentation import Batch
from tonada.learning.recipes import Recipe
from tonada.learning.songs import Song
from tonada.proving.predictions import HELD_OUT, Prediction

Splits = dict[str, list[Song]]
Baseline = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]
"""From numbers of songs `(songs, columns)`, their labels' ids, others' numbers and how many labels there are to the
others' probabilities `(others, labels)`."""


def baselines(songs: Splits, labels: list[str], recipe: Recipe, test: str = "test") -> dict[str, list[Prediction]]:
    """
    The baselines' predictions of the held-out songs, by name; of a waveform alone logistic regression can tell nothing.

    Args:
        songs: of each side.
        labels: names, in the order of ids.
        recipe: names the seed.
        test: what the test songs' side is called.
    """
    called = {"test": test}
    held_out = [(called.get(split, split), song) for split in HELD_OUT for song in songs[split]]
    known, asked = (_numbers(some) for some in (songs["train"], [song for _, song in held_out]))
    truth = np.array([song.label for song in songs["train"]])
    return {
        name: _predictions(held_out, baseline(known, truth, asked, len(labels)), labels, recipe)
        for name, baseline in BASELINES.items()
        if known.size or baseline is majority
    }


def majority(known: np.ndarray, truth: np.ndarray, asked: np.ndarray, labels: int) -> np.ndarray:
    """Every song has each label with the share that it has of the songs known."""
    return np.tile(np.bincount(truth, minlength=labels) / len(truth), (len(asked), 1))


def logistic_regression(known: np.ndarray, truth: np.ndarray, asked: np.ndarray, labels: int) -> np.ndarray:
    """Scaled, regularised at scikit-learn's default strength; of songs of one label there is nothing to learn."""
    if len(set(truth)) == 1:
        return majority(known, truth, asked, labels)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    classifier.fit(known, truth)
    probabilities = np.zeros((len(asked), labels))  # a label without training songs keeps its zero
    probabilities[:, classifier.classes_] = classifier.predict_proba(asked)
    return probabilities


BASELINES: dict[str, Baseline] = {"majority": majority, "logistic-regression": logistic_regression}


def _numbers(songs: list[Song]) -> np.ndarray:
    """Each song as numbers `(songs, columns)`, read once; no columns of a waveform."""
    return np.stack([_mean_of({name: song.features[name] for name in song.features}).numpy() for song in songs])


def _mean_of(heard: Batch) -> torch.Tensor:
    """The mean of a song's descriptors or steps, or mean and standard deviation of each band of its spectrogram."""
    if "descriptors" in heard:
        return heard["descriptors"].mean(0)
    if "embeddings" in heard:
        return heard["embeddings"][heard["step_mask"].bool()].mean(0)
    if "spectrogram" in heard:
        frames = heard["spectrogram"].permute(0, 3, 1, 2)[heard["frame_mask"].bool()].flatten(1)
        return torch.cat([frames.mean(0), frames.std(0, correction=0)])
    return torch.zeros(0)


def _predictions(
    held_out: list[tuple[str, Song]], values: np.ndarray, labels: list[str], recipe: Recipe
) -> list[Prediction]:
    return [
        Prediction(
            song.song_id,
            song.group,
            split,
            recipe.training.seed,
            labels[song.label],  # type: ignore[index]  # songs held out all have one
            dict(zip(labels, map(float, row), strict=True)),
        )
        for (split, song), row in zip(held_out, values, strict=True)
    ]
