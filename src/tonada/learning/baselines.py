"""What any model must beat: the most frequent label, and logistic regression on the same descriptors."""

from collections import Counter

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tonada.learning.recipes import Recipe
from tonada.learning.songs import Song
from tonada.proving.predictions import HELD_OUT, Prediction

Splits = dict[str, list[Song]]


def baselines(songs: Splits, labels: list[str], recipe: Recipe) -> dict[str, list[Prediction]]:
    """The baselines' predictions of the held-out songs, by name; logistic regression needs the descriptor branch."""
    shares = _label_shares(songs["train"], labels)
    held_out = [(split, song) for split in HELD_OUT for song in songs[split]]
    found = {"majority": np.tile(shares, (len(held_out), 1))}
    if "descriptors" in songs["train"][0].features:
        songs_to_answer = [song for _, song in held_out]
        found["logistic-regression"] = _logistic_regression(songs["train"], songs_to_answer, len(labels))
    return {name: _predictions(held_out, values, labels, recipe) for name, values in found.items()}


def _label_shares(songs: list[Song], labels: list[str]) -> np.ndarray:
    counts = Counter(song.label for song in songs)
    return np.array([counts[index] for index in range(len(labels))]) / len(songs)


def _logistic_regression(train: list[Song], held_out: list[Song], labels: int) -> np.ndarray:
    """Scaled, regularised at scikit-learn's default strength, fitted on each song's mean descriptors."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    classifier.fit(_song_descriptors(train), [song.label for song in train])
    probabilities = np.zeros((len(held_out), labels))  # a label without training songs keeps its zero
    probabilities[:, classifier.classes_] = classifier.predict_proba(_song_descriptors(held_out))
    return probabilities


def _song_descriptors(songs: list[Song]) -> np.ndarray:
    return np.stack([song.features["descriptors"].mean(0).numpy() for song in songs])


def _predictions(
    held_out: list[tuple[str, Song]], values: np.ndarray, labels: list[str], recipe: Recipe
) -> list[Prediction]:
    return [
        Prediction(
            song.song_id,
            song.group,
            split,
            recipe.training.seed,
            labels[song.label],
            dict(zip(labels, map(float, row), strict=True)),
        )
        for (split, song), row in zip(held_out, values, strict=True)
    ]
