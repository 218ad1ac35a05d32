"""Scores of song labels."""

from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.metrics import f1_score

from tonada.proving.predictions import Prediction


def macro_f1(truth: Sequence, answers: Sequence) -> float:
    """F1 of each label that occurs in the truth, averaged with equal weight (scikit-learn)."""
    return float(f1_score(truth, answers, labels=sorted(set(truth)), average="macro", zero_division=0))


def set_coverage(predictions: Iterable[Prediction], threshold: float) -> tuple[float, float]:
    """Of the test songs: the share whose truth has a probability of at least `threshold`, and how many labels do."""
    chosen = [each for each in predictions if each.split == "test"]
    held = [each.probabilities[each.truth] >= threshold for each in chosen]
    sizes = [sum(value >= threshold for value in each.probabilities.values()) for each in chosen]
    return float(np.mean(held)), float(np.mean(sizes))
