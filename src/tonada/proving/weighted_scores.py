"""
Scores of songs that count several times: what the bootstrap needs thousands of times over, so all resamples at once.

Each function takes what was judged and how often each song counts, `(resamples, songs)`, and gives a score each,
`(resamples,)`, NaN where a resample leaves it undefined. With every song counted once they are the scores of
`tonada.proving.metrics`, which scikit-learn computes.
"""

from collections.abc import Callable

import numpy as np

from tonada.proving.judged import Judged

Score = Callable[[Judged, np.ndarray], np.ndarray]


def accuracy(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """Share of right answers."""
    return mean(judged.truth == judged.answers, weights)


def balanced_accuracy(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """Mean over the labels that occur of the share of their songs that is answered right."""
    right, occurs, _ = _counts(judged, weights)
    return mean(_ratio(right, occurs), occurs > 0)


def macro_f1(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """F1 of the labels that occur, averaged with equal weight."""
    right, occurs, given = _counts(judged, weights)
    return mean(_ratio(2 * right, occurs + given), occurs > 0)


def weighted_f1(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """F1 of each label, averaged with its number of songs."""
    right, occurs, given = _counts(judged, weights)
    return mean(_ratio(2 * right, occurs + given), occurs)


def cohen_kappa(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """Accuracy above that of answers dealt by chance in the same shares, as a share of what is above it."""
    right, occurs, given = _counts(judged, weights)
    total = weights.sum(1)
    by_chance = (occurs * given).sum(1) / total**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(by_chance < 1, (right.sum(1) / total - by_chance) / (1 - by_chance), np.nan)


def log_loss(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """Mean of minus the logarithm of the truth's probability, which counts as no less than float64's epsilon."""
    truth = np.take_along_axis(judged.probabilities, judged.truth[:, None], 1)[:, 0]
    return mean(-np.log(truth.clip(min=np.finfo(float).eps)), weights)


def brier(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """Mean squared distance from certainty of the truth, summed over the labels: 0 to 2 (Brier 1950)."""
    certain = np.eye(len(judged.labels))[judged.truth]
    return mean(np.square(judged.probabilities - certain).sum(1), weights)


def roc_auc(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """Chance that a song of a label has more of it than another song, averaged over the labels that occur."""
    return _over_labels(_roc_auc, judged, weights)


def pr_auc(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """Average precision, averaged over the labels that occur."""
    return _over_labels(_average_precision, judged, weights)


SCORES: dict[str, Score] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "macro_f1": macro_f1,
    "weighted_f1": weighted_f1,
    "cohen_kappa": cohen_kappa,
    "roc_auc": roc_auc,
    "pr_auc": pr_auc,
    "log_loss": log_loss,
    "brier": brier,
}


def _counts(judged: Judged, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each label `(resamples, labels)`: how often it is right, true, and answered."""
    one_hot = np.eye(len(judged.labels))
    true, answered = one_hot[judged.truth], one_hot[judged.answers]
    return weights @ (true * answered), weights @ true, weights @ answered


def _over_labels(score: Callable, judged: Judged, weights: np.ndarray) -> np.ndarray:
    of_labels = [
        score(judged.truth == label, judged.probabilities[:, label], weights) for label in range(len(judged.labels))
    ]
    return mean(np.nan_to_num(of_labels), ~np.isnan(of_labels), axis=0)


def _roc_auc(is_label: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mann and Whitney's statistic; songs of equal probability count half."""
    with_it, without = _by_rising_probability(is_label, probability, weights)
    below = without.cumsum(1) - without / 2
    return _ratio((with_it * below).sum(1), with_it.sum(1) * without.sum(1), undefined=np.nan)


def _average_precision(is_label: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> np.ndarray:
    with_it, without = (each[:, ::-1] for each in _by_rising_probability(is_label, probability, weights))
    found = with_it.cumsum(1)
    precision = _ratio(found, found + without.cumsum(1))
    undefined = without.sum(1) == 0
    return np.where(undefined, np.nan, _ratio((with_it * precision).sum(1), with_it.sum(1), undefined=np.nan))


def _by_rising_probability(
    is_label: np.ndarray, probability: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How often each probability occurs, `(resamples, probabilities)`, in songs of the label and in others."""
    order = np.argsort(probability, kind="stable")
    starts = np.flatnonzero(np.diff(probability[order], prepend=-1))
    counted = weights[:, order]
    return (
        np.add.reduceat(counted * is_label[order], starts, axis=1),
        np.add.reduceat(counted * ~is_label[order], starts, axis=1),
    )


def mean(values: np.ndarray, weights: np.ndarray, axis: int = -1) -> np.ndarray:
    """Of values that count so often, NaN where none counts."""
    return _ratio((values * weights).sum(axis), weights.sum(axis), undefined=np.nan)


def _ratio(above: np.ndarray, below: np.ndarray, undefined: float = 0.0) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(below), undefined), where=below > 0)
