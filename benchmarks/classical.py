"""
What the classical models and samplers cost: `python benchmarks/classical.py [--rows 10000] [--resampled 104343]`.

Synthetic rows of 518 columns and 16 labels in the shares of source S3's genres (a hundred times as many of the most
frequent as of the rarest). Each is run in a process of its own, whose peak memory is printed beside its time.
"""

import argparse
import json
import subprocess
import sys
import time

import numpy as np
from memory import peak_megabytes

from tonada.learning.classical.balancing import SAMPLERS, new_sampler
from tonada.learning.classical.models import MODELS, new_model

COLUMNS, LABELS = 518, 16
SHARES = np.geomspace(100, 1, LABELS) / np.geomspace(100, 1, LABELS).sum()


def rows_of(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows `(count, 518)`, float32, and their labels: normal around a centre a label, scaled already."""
    generator = np.random.default_rng(0)
    labels = generator.choice(LABELS, count, p=SHARES)
    centres = generator.normal(scale=0.3, size=(LABELS, COLUMNS)).astype(np.float32)
    return generator.standard_normal((count, COLUMNS), np.float32) + centres[labels], labels


def model_costs(name: str, count: int) -> list[str]:
    """Seconds to fit and to answer as many rows again."""
    values, labels = rows_of(count)
    model = new_model(name, {}, 0)
    start = time.perf_counter()
    model.fit(values, labels)
    fitted = time.perf_counter()
    model.predict(values)
    return [name, f"{fitted - start:.1f}", f"{time.perf_counter() - fitted:.1f}", _peak()]


def sampler_costs(name: str, count: int) -> list[str]:
    """Seconds to resample, and the rows that are left."""
    values, labels = rows_of(count)
    start = time.perf_counter()
    rows, _ = new_sampler(name, labels, 0).fit_resample(values, labels)
    return [name, f"{time.perf_counter() - start:.1f}", f"{len(rows):,}", _peak()]


def _peak(process: int | str = "self") -> str:
    """Gigabytes, of a process that may have just ended."""
    peak = peak_megabytes(process)
    return "-" if peak is None else f"{peak / 1000:.1f}"


def _apart(kind: str, name: str, count: int, seconds: int) -> list[str]:
    """The cells of a row, measured in a process of its own; of one that is given up, the memory that it had taken."""
    command = [sys.executable, __file__, "--alone", kind, name, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            peak = _peak(process.pid)
            process.kill()
            return [name, f"more than {seconds}", "-", peak]
    return json.loads(said.splitlines()[-1]) if process.returncode == 0 else [name, "failed", "-", "-"]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--resampled", type=int, default=104_343)
    parser.add_argument("--samplers", nargs="*", default=SAMPLERS)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--seconds", type=int, default=1800, help="after which one is given up")
    parser.add_argument("--alone", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        kind, name, count = given.alone
        print(json.dumps({"model": model_costs, "sampler": sampler_costs}[kind](name, int(count))))
        return
    print(f"| model | fit {given.rows:,} rows, s | answer them, s | peak memory, GB |\n|---|---|---|---|")
    for name in given.models:
        print(f"| {' | '.join(_apart('model', name, given.rows, given.seconds))} |", flush=True)
    print(f"\n| sampler | resample {given.resampled:,} rows, s | rows then | peak memory, GB |\n|---|---|---|---|")
    for name in given.samplers:
        print(f"| {' | '.join(_apart('sampler', name, given.resampled, given.seconds))} |", flush=True)


if __name__ == "__main__":
    main()
