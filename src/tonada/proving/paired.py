"""Two systems on the same songs: what one has over the other, and whether chance would explain it."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from tonada.proving.intervals import check_same_songs, interval, value
from tonada.proving.judged import Judged
from tonada.proving.weighted_scores import SCORES

COMPARED = ("macro_f1", "accuracy")


@dataclass(frozen=True)
class Comparison:
    """
    What a system has over another.

    Attributes:
        gains: of each score compared: the difference and its 95 % interval, resampling groups.
        only_first: songs that only the first answered right.
        only_second: songs that only the second did.
        mcnemar: how likely a split of these at least as uneven is if both are right equally often (McNemar's exact
            test). It takes songs for independent, which those of one artist are not: the interval does not.
    """

    gains: dict[str, tuple[float, float, float]]
    only_first: int
    only_second: int
    mcnemar: float


def compare(first: Judged, second: Judged) -> Comparison:
    """
    What the first has over the second.

    Raises:
        ValueError: they answered other songs.
    """
    check_same_songs(first, second)
    right, also = first.answers == first.truth, second.answers == second.truth
    only_first, only_second = int(np.sum(right & ~also)), int(np.sum(also & ~right))
    differ = only_first + only_second
    return Comparison(
        {name: _gain(name, first, second) for name in COMPARED},
        only_first,
        only_second,
        float(binomtest(only_first, differ).pvalue) if differ else 1.0,
    )


def _gain(name: str, first: Judged, second: Judged) -> tuple[float, float, float]:
    score = SCORES[name]
    return value(score, first) - value(score, second), *interval(score, first, second)
