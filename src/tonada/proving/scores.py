"""Scores of song labels, and how far chance could have moved them."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import f1_score

RESAMPLES = 2000
CONFIDENCE = 0.95


def macro_f1(truth: Sequence, answers: Sequence) -> float:
    """F1 of each label that occurs in the truth, averaged with equal weight (scikit-learn)."""
    return float(f1_score(truth, answers, labels=sorted(set(truth)), average="macro", zero_division=0))


def bootstrap_interval(truth: Sequence, answers: Sequence, groups: Sequence, seed: int = 0) -> tuple[float, float]:
    """
    95 % percentile interval of macro-F1, resampling whole groups (artists) with replacement: songs of one artist
    are not independent witnesses.
    """
    pairs = np.array([truth, answers])
    members = [np.flatnonzero(np.asarray(groups) == group) for group in sorted(set(groups))]
    generator = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[index] for index in generator.integers(len(members), size=len(members))])
        scores.append(macro_f1(*pairs[:, drawn]))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)
