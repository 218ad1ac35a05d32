"""Whether new songs still look like those a model learned from: population stability, label shares, confidence."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2

from tonada.proving.number_tables import TableError, is_numeric
from tonada.proving.spread import Spread, finite

Column = Sequence[Any] | Spread
"""Cells, or of old numbers how they lie."""
MODERATE, MAJOR = 0.1, 0.25  # of the index (Siddiqi 2006): below the one nothing, from the other on a change
CHANCE = 0.001  # how often rows of one population may look so far apart
DRIFTED_COLUMNS = 0.1  # share of the descriptors from which on a model hears other music; our choice
# Columns of `tonada classify --format csv`; those of `tonada tag` have the task before them, as in emotion_label.
LABEL, CONFIDENCE, AGREEMENT = "label", "probability", "agreement"
FACTS = ("path", "status", "message", "bytes", "modified", "duration", "start", "end", "agreement", "content", "tagged")
COST = "seconds"  # that a song took: told, but no model learns anything from it
STATUS, JUDGED = "status", "ok"  # all else is a file that could not be read, say, of which nothing is known
EMPTY = 0.5  # rows that an empty bin counts as, whose logarithm there would not be


@dataclass(frozen=True)
class Drift:
    """
    What became of one column.

    Attributes:
        name: of the column.
        index: population stability index: sum over bins of (new - old) ln(new / old), in shares.
        by_chance: the index that rows of one population stay below, but for one time in a thousand.
        old, new: mean of the column's numbers, NaN if it has none; or for labels the share of the one that changed
            most.
        label: that label; `None` of a number.
    """

    name: str
    index: float
    by_chance: float
    old: float
    new: float
    label: str | None = None

    @property
    def word(self) -> str:
        """`stable`, `moderate` or `major`; what chance alone could do is stable."""
        if self.index < MODERATE or self.index < self.by_chance:
            return "stable"
        return "moderate" if self.index < MAJOR else "major"


def drifts(old: Mapping[str, Column], new: Mapping[str, Sequence[Any]]) -> list[Drift]:
    """
    What became of each column that both tables have, the farthest first: numbers by tenths of the old ones and by how
    many are missing, labels by their shares. Songs that could not be judged, as a column `status` says, are passed
    over, and so are labels of which either table has none.

    Raises:
        TableError: they share neither a label nor a column of numbers.
    """
    old, new = _judged(old), _judged(new)
    shared = [name for name in old if name in new and name not in FACTS and not _is(AGREEMENT, name)]
    labels = [name for name in shared if _is(LABEL, name) and _said(old[name]) and _said(new[name])]
    numeric = [name for name in shared if _are_numbers(old[name], new[name])]
    found = [_labels(name, old[name], new[name]) for name in labels]
    found += [_numbers(name, old[name], new[name]) for name in numeric]
    if not found:
        raise TableError(
            f"the tables share no numbers and no labels; shared are {', '.join(shared) or 'no columns'}, "
            "which hold other words or nothing: give two tables of the same command"
        )
    return sorted(found, key=lambda each: -each.index)


def reasons_to_retrain(found: Sequence[Drift]) -> list[str]:
    """Why retraining is due, a line each; none if it is not."""
    major = [each for each in found if each.word == "major"]
    reasons = [f"other labels are answered: {_told(each)}" for each in major if _is(LABEL, each.name)]
    reasons += [
        f"answers are as sure as they were no longer: {_told(each)}" for each in major if _is(CONFIDENCE, each.name)
    ]
    heard = [each for each in found if each.name != COST and not _is_answer(each.name)]
    changed = [each for each in heard if each in major]
    if heard and len(changed) > DRIFTED_COLUMNS * len(heard):
        reasons.append(f"the songs sound otherwise: {len(changed)} of {len(heard)} columns changed")
    return reasons


def _is(what: str, name: str) -> bool:
    return name == what or name.endswith(f"_{what}")


def _is_answer(name: str) -> bool:
    """Whether a column tells what was answered, a label's own probability too, and not what was heard."""
    by_label = name.startswith(f"{CONFIDENCE} of ") or f"_{CONFIDENCE}_" in name
    return by_label or _is(LABEL, name) or _is(CONFIDENCE, name)


def _told(drift: Drift) -> str:
    return f"{drift.label or drift.name} {drift.old:.3g} before, {drift.new:.3g} now"


def _judged(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rows of a table with something to tell: a file that cannot be read is no song whose numbers went missing."""
    if STATUS not in table:
        return table
    rows = [row for row, status in enumerate(table[STATUS]) if status == JUDGED]
    return {name: [cells[row] for row in rows] for name, cells in table.items()} if rows else table


def _are_numbers(old: Column, new: Sequence[Any]) -> bool:
    """Whether both columns hold numbers; one of them may have lost all of its."""
    if isinstance(old, Spread):
        return is_numeric(new) and (any(old.counts) or bool(len(finite(new))))
    return is_numeric(old) and is_numeric(new) and bool(len(finite(old)) or len(finite(new)))


def _numbers(name: str, old: Column, new: Sequence[Any]) -> Drift:
    before = old if isinstance(old, Spread) else Spread.of(old)
    after = finite(new)
    counts = [np.array(before.counts), before.counted(after)]
    if not _is(CONFIDENCE, name) or not all(each.any() for each in counts):  # a song without an answer is not unsure
        missing = before.missing, len(new) - len(after)
        counts = [np.append(*each) for each in zip(counts, missing, strict=True)]
    return Drift(name, *_index(*counts), math.nan if before.mean is None else before.mean, _mean(after))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _said(cells: Column) -> list[str]:
    """The labels of the rows that have one."""
    return [] if isinstance(cells, Spread) else [str(each) for each in cells if each not in (None, "")]


def _labels(name: str, old: Column, new: Sequence[Any]) -> Drift:
    before, after = Counter(_said(old)), Counter(_said(new))
    labels = sorted({*before, *after})
    counts = [np.array([each[label] for label in labels]) for each in (before, after)]
    shares = [each / each.sum() for each in counts]
    most = int(np.abs(shares[1] - shares[0]).argmax())
    return Drift(name, *_index(*counts), float(shares[0][most]), float(shares[1][most]), labels[most])


def _index(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """The index of counts, and what it stays below by chance: near (1/n + 1/m) chi2 (Yurdakul & Naranjo 2020)."""
    if not before.sum() or not after.sum():
        raise TableError("a table has no rows to compare; give two with songs")
    is_used = before + after > 0  # what neither table has could not have drifted
    before, after = before[is_used], after[is_used]
    old, new = (np.maximum(each, EMPTY) / np.maximum(each, EMPTY).sum() for each in (before, after))
    chance = (1 / before.sum() + 1 / after.sum()) * chi2.ppf(1 - CHANCE, max(1, len(before) - 1))
    return float(((new - old) * np.log(new / old)).sum()), float(chance)
