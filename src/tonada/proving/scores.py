"""Scores of song labels, and how far chance could have moved them."""

from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.metrics import f1_score

from tonada.proving.predictions import Prediction

RESAMPLES = 2000
CONFIDENCE = 0.95


def macro_f1(truth: Sequence, answers: Sequence) -> float:
    """F1 of each label that occurs in the truth, averaged with equal weight (scikit-learn)."""
    return float(f1_score(truth, answers, labels=sorted(set(truth)), average="macro", zero_division=0))


def bootstrap_interval(
    truth: Sequence, answers: Sequence, groups: Sequence, others: Sequence | None = None, seed: int = 0
) -> tuple[float, float]:
    """
    95 % percentile interval of macro-F1, or of what it has over that of `others`' answers to the same songs.

    Whole groups (artists) are resampled with replacement: songs of one artist are not independent witnesses.
    """
    rows = [np.asarray(each) for each in (truth, answers, answers if others is None else others)]
    members = [np.flatnonzero(np.asarray(groups) == group) for group in sorted(set(groups))]
    generator = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[index] for index in generator.integers(len(members), size=len(members))])
        true, own, other = (row[drawn] for row in rows)
        scores.append(macro_f1(true, own) - (0 if others is None else macro_f1(true, other)))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def set_coverage(predictions: Iterable[Prediction], threshold: float) -> tuple[float, float]:
    """Of the test songs: the share whose truth has a probability of at least `threshold`, and how many labels do."""
    chosen = [each for each in predictions if each.split == "test"]
    held = [each.probabilities[each.truth] >= threshold for each in chosen]
    sizes = [sum(value >= threshold for value in each.probabilities.values()) for each in chosen]
    return float(np.mean(held)), float(np.mean(sizes))
