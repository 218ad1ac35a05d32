"""From which probability on to answer yes, where precision or recall matters more than accuracy (source S2)."""

import numpy as np
from sklearn.metrics import precision_recall_curve


def threshold_for(precision: float, truth: np.ndarray, probabilities: np.ndarray) -> float:
    """
    The lowest threshold whose answers reach a precision: of those, it has the most recall.

    Args:
        precision: share of the songs answered yes that must be so.
        truth: `(songs,)`, whether a song is so.
        probabilities: `(songs,)`, that it is, of songs the model had not seen.

    Raises:
        ValueError: no threshold reaches it; says what the best one has.
    """
    reached, _, thresholds = precision_recall_curve(truth, probabilities)
    enough = np.flatnonzero(reached[:-1] >= precision)
    if not len(enough):
        raise ValueError(f"no threshold has a precision of {precision}; the best has {reached[:-1].max():.3f}")
    return float(thresholds[enough[0]])


def threshold_for_recall(recall: float, truth: np.ndarray, probabilities: np.ndarray) -> float:
    """The highest threshold whose answers reach a recall: of those, it is the most precise; as `threshold_for`."""
    _, found, thresholds = precision_recall_curve(truth, probabilities)
    return float(thresholds[np.flatnonzero(found[:-1] >= recall)[-1]])
