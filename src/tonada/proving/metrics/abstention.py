"""What it is worth to say nothing of the songs that a system is least sure of."""

from typing import Any

import numpy as np

from tonada.proving.metrics.base import SongMetric

COVERAGES = np.linspace(0.05, 1, 20)


class Abstention(SongMetric):
    """
    Accuracy of the surest share of the answers, and the area below that curve: the mean over every number of songs
    answered (1 minus the area of Geifman, Uziel & El-Yaniv 2019). Songs of equal probability are answered in no order:
    they count with their mean.
    """

    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        """The area, and the curve as `{coverage, accuracy, above}`: the share answered, and how sure these are."""
        sure, right = probabilities.max(1), probabilities.argmax(1) == truth
        order = np.argsort(-sure, kind="stable")
        answered = np.arange(1, len(truth) + 1)
        accuracies = _right_of_first(sure[order], right[order]) / answered
        counts = np.unique(np.ceil(COVERAGES * len(truth)).astype(int))
        return {
            "abstention_area": float(accuracies.mean()),
            "curve": [
                {
                    "coverage": count / len(truth),
                    "accuracy": float(accuracies[count - 1]),
                    "above": float(sure[order][count - 1]),
                }
                for count in counts
            ],
        }


def _right_of_first(sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How many of the first one, two and so on are right, `(songs,)`, sorted; between ties as many as expected."""
    last_of_tie = np.append(np.flatnonzero(np.diff(sure)), len(sure) - 1)
    return np.interp(np.arange(len(sure)), np.append(-1, last_of_tie), np.append(0, right.cumsum()[last_of_tie]))
