"""What each column spoke for and against, of any model of a table's rows: Shapley values by sampled orders."""

from collections.abc import Callable

import numpy as np

PAIRS = 8  # of an order and its reverse


def shapley_values(
    score: Callable[[np.ndarray], np.ndarray], values: np.ndarray, average: np.ndarray, pairs: int = PAIRS
) -> np.ndarray:
    """
    Contributions `(columns,)` to a song's score; they add up to `score(values) - score(average)`, whatever the model.

    Columns of the average song become the song's own one after the other, in a random order and then in its reverse
    (antithetic sampling); what the score rises by is the column's (Štrumbelj & Kononenko 2014). Every order adds up, so
    that sampling touches only how the whole is shared out.

    Args:
        score: of rows `(rows, columns)`, `(rows,)`.
        values: of the song, `(columns,)`.
        average: of the songs it is held against, `(columns,)`.
        pairs: of orders, drawn from seed 0.
    """
    generator = np.random.default_rng(0)
    found = np.zeros(len(values))
    for _ in range(pairs):
        order = generator.permutation(len(values))
        for each in (order, order[::-1]):
            found[each] += np.diff(score(_on_the_way(values, average, each)))
    return found / (2 * pairs)


def _on_the_way(values: np.ndarray, average: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rows `(columns + 1, columns)`, from the average song to this one, a column more in each."""
    place = np.argsort(order)
    return np.where(np.arange(len(order) + 1)[:, None] > place, values, average)
