"""Sets of labels instead of one: how often they hold the truth, and how large they are."""

import numpy as np

from tonada.proving.metrics.base import SongMetric


class ConformalSets(SongMetric):
    """
    Coverage and mean size of the sets of labels with a probability of at least `1 - quantile`, and the share of empty
    ones (split conformal prediction; Sadinle, Lei & Wasserman 2019).

    Args:
        quantile: `conformal_quantile` of the model's config.
    """

    def __init__(self, quantile: float):
        super().__init__()
        self.quantile = quantile

    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Three numbers."""
        held = probabilities >= 1 - self.quantile
        return {
            "coverage": float(held[np.arange(len(truth)), truth].mean()),
            "size": float(held.sum(1).mean()),
            "empty": float((~held.any(1)).mean()),
        }
