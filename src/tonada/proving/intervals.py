"""How far chance could have moved a score: the bootstrap over whole groups, of one system or two on the same songs."""

import math
from collections.abc import Iterator

import numpy as np

from tonada.proving.judged import Judged
from tonada.proving.weighted_scores import Score

RESAMPLES = 2000
CONFIDENCE = 0.95
AT_ONCE = 100  # resamples, so that ten thousand segments take 8 MB each time


def interval(score: Score, judged: Judged, other: Judged | None = None, seed: int = 0) -> tuple[float, float]:
    """
    95 % percentile interval of a score, or of what it is above that of another system on the same songs.

    Whole groups (artists) are resampled with replacement (Efron & Tibshirani 1993, ch. 13): songs of one artist are not
    independent witnesses, nor are segments of one song. Resamples that leave the score undefined are left out. Of one
    group nothing can be resampled: NaN.

    Raises:
        ValueError: the other system answered other songs.
    """
    if other is not None:
        check_same_songs(judged, other)
    if not judged.groups.any():  # ids from 0
        return float("nan"), float("nan")
    scores = np.concatenate(
        [
            score(judged, weights) - (0 if other is None else score(other, weights))
            for weights in resamples(judged.groups, seed)
        ]
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def value(score: Score, judged: Judged) -> float:
    """The score of the songs as they are."""
    return float(score(judged, np.ones((1, len(judged.truth))))[0])


def with_interval(number: float, score: Score, judged: Judged) -> dict[str, float | None]:
    """`value`, `low` and `high` for JSON; `number` is the score, perhaps by a library."""
    return plain(number, *(interval(score, judged) if not math.isnan(number) else (number, number)))


def plain(number: float, low: float, high: float) -> dict[str, float | None]:
    """`value`, `low` and `high` for JSON, which has no NaN."""
    bounds = {"value": number, "low": low, "high": high}
    return {name: None if math.isnan(each) else each for name, each in bounds.items()}


def scored(score: Score, judged: Judged) -> str:
    """The score and its interval, for a table."""
    low, high = interval(score, judged)
    return f"{value(score, judged):.3f} [{low:.3f}, {high:.3f}]"


def gained(score: Score, judged: Judged, other: Judged) -> str:
    """What the score is above that of another system on the same songs, and its interval, for a table."""
    low, high = interval(score, judged, other)
    return f"{value(score, judged) - value(score, other):+.3f} [{low:+.3f}, {high:+.3f}]"


def check_same_songs(judged: Judged, other: Judged) -> None:
    """Refuse to compare what cannot be compared."""
    same = np.array_equal(judged.truth, other.truth) and np.array_equal(judged.groups, other.groups)
    if not same or judged.labels != other.labels:
        raise ValueError("the systems answered other songs, or in another order; only the same songs can be compared")


def resamples(groups: np.ndarray, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each song counts, `(AT_ONCE, songs)` a time."""
    count = int(groups.max()) + 1
    generator = np.random.default_rng(seed)
    for _ in range(RESAMPLES // AT_ONCE):
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=AT_ONCE)  # how often each group
        yield drawn[:, groups].astype(float)
