"""How the numbers of a column lie among each other: all that is kept of a population to hold later ones against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TENTHS = np.linspace(0, 1, 11)[1:-1]


@dataclass(frozen=True)
class Spread:
    """
    The numbers of one population in bins by its own tenths.

    Attributes:
        edges: between the tenths, each once.
        is_tied: of each edge, whether several numbers are equal to it.
        counts: of the numbers, below the first edge, at it, between it and the second, and so on.
        missing: rows without a number.
        mean: of the numbers, `None` if there are none.
    """

    edges: Sequence[float]
    is_tied: Sequence[bool]
    counts: Sequence[int]
    missing: int
    mean: float | None

    @classmethod
    def of(cls, cells: Sequence[Any]) -> "Spread":
        """Of a column, in which a number may be missing."""
        values = finite(cells)
        edges = np.unique(np.quantile(values, TENTHS)) if len(values) else np.empty(0)
        is_tied = [int((values == edge).sum()) > 1 for edge in edges]
        counts = _counts(values, edges, np.array(is_tied, dtype=bool)).tolist()
        mean = float(values.mean()) if len(values) else None
        return cls(edges.tolist(), is_tied, counts, len(cells) - len(values), mean)

    def counted(self, values: np.ndarray) -> np.ndarray:
        """How many of other numbers are in each bin."""
        return _counts(values, np.array(self.edges, dtype=float), np.array(self.is_tied, dtype=bool))


def finite(cells: Sequence[Any]) -> np.ndarray:
    """The numbers of a column that are there."""
    values = np.array([np.nan if each is None else each for each in cells], dtype=float)
    return values[np.isfinite(values)]


def _counts(values: np.ndarray, edges: np.ndarray, is_tied: np.ndarray) -> np.ndarray:
    """
    Even bins are between the edges and odd ones at them.

    A value that many rows share, as a zero often is, has a bin of its own: what leaves it must not arrive in the same.
    Any other edge belongs to the bin above it.
    """
    below, at_most = (np.searchsorted(edges, values, side=side) for side in ("left", "right"))
    bins = below + at_most
    at_edge = at_most > below
    bins[at_edge] += ~is_tied[below[at_edge]]
    return np.bincount(bins, minlength=2 * len(edges) + 1)
