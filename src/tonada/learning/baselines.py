"""What any model must beat: the most frequent label, and logistic regression on the same descriptors."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tonada.learning.recipes import Recipe
from tonada.learning.songs import Song
from tonada.proving.predictions import HELD_OUT, Prediction

Splits = dict[str, list[Song]]
Baseline = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]
"""From descriptors `(songs, columns)`, their labels' ids, others' descriptors and how many labels there are to the
others' probabilities `(others, labels)`."""


def baselines(songs: Splits, labels: list[str], recipe: Recipe, test: str = "test") -> dict[str, list[Prediction]]:
    """
    The baselines' predictions of the held-out songs, by name; logistic regression needs the descriptor branch.

    Args:
        songs: of each side.
        labels: names, in the order of ids.
        recipe: names the seed.
        test: what the test songs' side is called.
    """
    called = {"test": test}
    held_out = [(called.get(split, split), song) for split in HELD_OUT for song in songs[split]]
    has_descriptors = "descriptors" in songs["train"][0].features
    known, asked = (_song_descriptors(some) for some in (songs["train"], [song for _, song in held_out]))
    truth = np.array([song.label for song in songs["train"]])
    return {
        name: _predictions(held_out, baseline(known, truth, asked, len(labels)), labels, recipe)
        for name, baseline in BASELINES.items()
        if has_descriptors or baseline is majority
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


def _song_descriptors(songs: list[Song]) -> np.ndarray:
    """Each song's mean descriptors `(songs, columns)`; no columns without the branch."""
    none = torch.zeros(1, 0)
    return np.stack([song.features.get("descriptors", none).mean(0).numpy() for song in songs])


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
