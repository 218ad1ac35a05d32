"""From which probability on to answer yes, where precision or recall matters more than accuracy (source S2)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_curve

from tonada.proving.intervals import value, with_interval
from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction
from tonada.proving.weighted_scores import Score, mean


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


def measured_from(threshold: float, predictions: Sequence[Prediction]) -> dict[str, Any]:
    """
    How often the first of two labels is answered if it is from a threshold on, and precision and recall of that with
    their intervals, plain for JSON; `None` where nothing is answered so, or nothing is so.
    """
    judged = Judged.of(predictions)
    answered, is_first = judged.probabilities[:, 0] >= threshold, judged.truth == 0
    scores: dict[str, Score] = {
        "precision": lambda _, weights: mean(is_first[answered], weights[:, answered]),
        "recall": lambda _, weights: mean(answered[is_first], weights[:, is_first]),
    }
    return {
        "label": judged.labels[0],
        "from": threshold,
        "answered": int(answered.sum()),
        **{name: with_interval(value(score, judged), score, judged) for name, score in scores.items()},
    }
