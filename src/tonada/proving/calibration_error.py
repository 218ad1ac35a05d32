"""
Expected calibration error of the answers, in ten bins of equal mass (Nguyen & O'Connor 2015; Roelofs et al. 2022).

Songs sorted by the probability of their answer are cut into ten bins as equal as they can be; the error is the distance
of each bin's accuracy from its mean probability, averaged with its songs. Songs of equal probability are in no order:
each counts with the accuracy of all of them, wherever a bin ends. The error is never 0 on few songs, so beside it
stands what a system whose probabilities were exactly true would show on them, by simulation: the mean, and the value
that one such system in twenty exceeds (a consistency test, Vaicenavicius et al. 2019).
"""

from typing import Any

import numpy as np

BINS = 10
SIMULATIONS = 1000


def calibration_errors(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """
    The error, that of a calibrated system, and the bins of the reliability diagram.

    Args:
        truth: ids of labels, `(songs,)`.
        probabilities: `(songs, labels)`.
    """
    sure, right = probabilities.max(1), probabilities.argmax(1) == truth
    order = np.argsort(sure, kind="stable")
    sure, right = sure[order], _shared(sure[order], right[None, order])[0]
    calibrated = np.random.default_rng(0).random((SIMULATIONS, len(sure))) < sure
    errors = expected_calibration_error(sure, _shared(sure, calibrated))
    return {
        "ece": float(expected_calibration_error(sure, right[None])[0]),
        "ece_if_calibrated": float(errors.mean()),
        "ece_if_calibrated_95": float(np.quantile(errors, 0.95)),
        "bins": [
            {"songs": len(each), "probability": float(sure[each].mean()), "accuracy": float(right[each].mean())}
            for each in bins(len(sure))
        ],
    }


def expected_calibration_error(sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """
    Of each of several outcomes, `(outcomes,)`.

    Args:
        sure: the probability of each answer, rising, `(songs,)`.
        right: whether it was right, or the share of its ties that were, `(outcomes, songs)`.
    """
    gaps = [abs(right[:, each].mean(1) - sure[each].mean()) * len(each) for each in bins(len(sure))]
    return np.sum(gaps, axis=0) / len(sure)


def _shared(sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """`right`, `(outcomes, songs)`, as the mean over the songs of equal probability, which rises."""
    starts = np.flatnonzero(np.diff(sure, prepend=-1))
    counts = np.diff(starts, append=len(sure))
    return np.repeat(np.add.reduceat(right.astype(float), starts, axis=1) / counts, counts, axis=1)


def bins(songs: int) -> list[np.ndarray]:
    """The places of each bin's songs in their order."""
    return np.array_split(np.arange(songs), min(BINS, songs))
