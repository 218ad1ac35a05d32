"""Predictions of one system as arrays, the form that every score is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tonada.proving.predictions import Prediction

SUMS_TO = 1e-3  # how far probabilities may be from summing to one: they are kept in decimals
ROUNDING = 1e-9


@dataclass(frozen=True)
class Judged:
    """
    Songs (or segments), what they are, and how probable each label was said to be.

    Attributes:
        labels: their words, by id.
        truth: ids of the labels, `(songs,)`.
        probabilities: `(songs, labels)`, each row summing to one.
        groups: ids of the performers, `(songs,)`.
    """

    labels: list[str]
    truth: np.ndarray
    probabilities: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, predictions: Sequence[Prediction]) -> "Judged":
        """
        Of predictions that all have the same labels.

        Raises:
            ValueError: there are none, a truth has no probability, or probabilities do not sum to one.
        """
        if not predictions:
            raise ValueError("there are no predictions to score")
        labels = list(predictions[0].probabilities)
        if unknown := {each.truth for each in predictions} - set(labels):
            raise ValueError(f"{sorted(unknown)[0]!r} is a truth without a probability; there are {', '.join(labels)}")
        ids = {label: number for number, label in enumerate(labels)}
        _, groups = np.unique([each.group for each in predictions], return_inverse=True)
        values = np.array([[each.probabilities[label] for label in labels] for each in predictions])
        return cls(labels, np.array([ids[each.truth] for each in predictions]), normalised(values), groups)

    @property
    def answers(self) -> np.ndarray:
        """Ids of the most probable labels, `(songs,)`."""
        return self.probabilities.argmax(1)


def normalised(probabilities: np.ndarray) -> np.ndarray:
    """
    Probabilities `(songs, labels)` that sum to one.

    Raises:
        ValueError: they are no probabilities.
    """
    sums = probabilities.sum(1, keepdims=True)
    if not (np.all(probabilities >= 0) and np.allclose(sums, 1, rtol=0, atol=SUMS_TO)):
        raise ValueError("expected probabilities, a row a song, of at least 0 and summing to 1")
    return probabilities / np.where(np.abs(sums - 1) < ROUNDING, 1, sums)  # dividing by it would break ties
