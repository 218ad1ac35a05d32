"""How long things take beside each other."""

import time
from collections.abc import Callable

RUNS = 15


def best_seconds(*works: Callable[[], object]) -> list[float]:
    """Of `RUNS` runs of each, in turn, after one to warm up: a busy machine slows all of them."""
    best = [float("inf")] * len(works)
    for run in range(RUNS + 1):
        for index, work in enumerate(works):
            start = time.perf_counter()
            work()
            if run:
                best[index] = min(best[index], time.perf_counter() - start)
    return best
