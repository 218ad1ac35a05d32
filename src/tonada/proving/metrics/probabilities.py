"""How well probabilities rank songs, and what they cost where they were wrong."""

import numpy as np
from sklearn import metrics

from tonada.proving.metrics.base import SongMetric


class ProbabilityScores(SongMetric):
    """
    ROC-AUC and PR-AUC (average precision) of each label against the rest, averaged over the labels that occur; log-loss
    in nats; and Brier's score as he defined it in 1950, squared errors summed over labels, 0 to 2 (scikit-learn).
    """

    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Four numbers; the areas are NaN where every song is of one label."""
        ids = list(range(probabilities.shape[1]))
        certain = np.eye(len(ids))[truth]  # one-hot, since scikit-learn takes two labels otherwise than three
        both = [label for label in ids if 0 < certain[:, label].sum() < len(truth)]
        return {
            "roc_auc": _mean([metrics.roc_auc_score(certain[:, each], probabilities[:, each]) for each in both]),
            "pr_auc": _mean(
                [metrics.average_precision_score(certain[:, each], probabilities[:, each]) for each in both]
            ),
            "log_loss": float(metrics.log_loss(truth, probabilities, labels=ids)),
            "brier": float(metrics.brier_score_loss(truth, probabilities, labels=ids, scale_by_half=False)),
        }


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
