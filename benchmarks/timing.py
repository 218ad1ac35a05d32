"""How long things take beside each other."""

import time
from collections.abc import Callable

SERIES, RUNS = 5, 5


def best_seconds(*works: Callable[[], object]) -> list[float]:
    """
    Of five series of each, in turn, so that a busy machine slows all of them. A series is one run to warm up and five
    more, as in a folder of songs: straight after another work a run finds its memory given back and the cache cold.
    """
    best = [float("inf")] * len(works)
    for _ in range(SERIES):
        for index, work in enumerate(works):
            work()
            best[index] = min(best[index], *(_seconds(work) for _ in range(RUNS)))
    return best


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
