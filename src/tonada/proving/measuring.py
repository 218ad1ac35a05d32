"""Everything that is measured of one system at one level, songs or segments, from its predictions."""

from collections.abc import Sequence
from typing import Any

import evaluate

from tonada.proving.intervals import plain, with_interval
from tonada.proving.judged import Judged
from tonada.proving.metrics import (
    Abstention,
    AnswerScores,
    Calibration,
    ConformalSets,
    Confusion,
    LabelScores,
    ProbabilityScores,
)
from tonada.proving.paired import COMPARED, compare
from tonada.proving.predictions import Prediction
from tonada.proving.weighted_scores import SCORES

DEALS = ("random-folds", "disjoint-folds")
"""Song by song, and whole groups."""


def measured(predictions: Sequence[Prediction], conformal_quantile: float | None = None) -> dict[str, Any]:
    """
    Every metric of a system, plain for JSON; a score, or an interval, that these songs leave undefined is `None`.

    Args:
        predictions: of songs, or of segments with their song's truth.
        conformal_quantile: of the model's config, if it has one.
    """
    judged = Judged.of(predictions)
    given = {"predictions": judged.probabilities, "references": judged.truth}
    numbers = evaluate.combine([AnswerScores(), ProbabilityScores()]).compute(**given)
    return {
        "count": len(judged.truth),
        "groups": int(judged.groups.max()) + 1,
        "scores": {name: with_interval(number, SCORES[name], judged) for name, number in numbers.items()},
        "labels": _by_label(LabelScores().compute(**given), judged.labels),
        **Confusion().compute(**given),
        "calibration": Calibration().compute(**given),
        "abstention": Abstention().compute(**given),
        "sets": None if conformal_quantile is None else ConformalSets(conformal_quantile).compute(**given),
    }


def compared(first: Sequence[Prediction], second: Sequence[Prediction]) -> dict[str, Any]:
    """What the first system has over the second on the same songs, plain for JSON."""
    found = compare(Judged.of(first), Judged.of(second))
    return {
        **{name: plain(*gain) for name, gain in found.gains.items()},
        "only_first": found.only_first,
        "only_second": found.only_second,
        "mcnemar": found.mcnemar,
    }


def gap_between(folds: dict[str, list[Prediction]]) -> dict[str, Any]:
    """What folds that share groups have over disjoint ones, plain for JSON, from one system's predictions by both."""
    difference = compared(*(folds[name] for name in DEALS))
    return {
        "count": len(folds[DEALS[0]]),
        "folds": list(DEALS),
        **{name: measured(folds[name])["scores"] for name in DEALS},
        "difference": {name: difference[name] for name in COMPARED},
    }


def _by_label(columns: dict[str, list], labels: list[str]) -> dict[str, dict[str, float]]:
    return {label: {name: column[number] for name, column in columns.items()} for number, label in enumerate(labels)}
