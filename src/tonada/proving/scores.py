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
    count = len(set(groups))
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)  # how often each group
    scores = _macro_f1_of_confusions(drawn, truth, answers, groups)
    if others is not None:
        scores = scores - _macro_f1_of_confusions(drawn, truth, others, groups)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def _macro_f1_of_confusions(drawn: np.ndarray, truth: Sequence, answers: Sequence, groups: Sequence) -> np.ndarray:
    """`macro_f1` of each resample, `(resamples,)`, from how often it drew each group, `(resamples, groups)`."""
    labels = sorted({*truth, *answers})
    places = {group: place for place, group in enumerate(sorted(set(groups)))}
    confusions = np.zeros((len(places), len(labels), len(labels)))
    for true, answer, group in zip(truth, answers, groups, strict=True):
        confusions[places[group], labels.index(true), labels.index(answer)] += 1
    resampled = np.einsum("rg,gta->rta", drawn, confusions)
    occurs, given = resampled.sum(2), resampled.sum(1)
    # F1 = 2 TP / (2 TP + FP + FN), and FP + TP = given, FN + TP = occurs
    f1 = 2 * np.einsum("rtt->rt", resampled) / np.maximum(occurs + given, 1)
    return (f1 * (occurs > 0)).sum(1) / (occurs > 0).sum(1)


def set_coverage(predictions: Iterable[Prediction], threshold: float) -> tuple[float, float]:
    """Of the test songs: the share whose truth has a probability of at least `threshold`, and how many labels do."""
    chosen = [each for each in predictions if each.split == "test"]
    held = [each.probabilities[each.truth] >= threshold for each in chosen]
    sizes = [sum(value >= threshold for value in each.probabilities.values()) for each in chosen]
    return float(np.mean(held)), float(np.mean(sizes))
