"""
Seconds and memory of whole commands, as a person waits for them: part of `make bench`.

This program imports nothing heavy: a process begins with the peak memory of the one that started it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from songs import EXAMPLES, as_m4a, repeated

TONADA = Path(sys.executable).parent / "tonada"
RUNS = 3


def command(*arguments: object) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes (10 ** 6 bytes) of one `tonada` command."""
    start = time.perf_counter()
    process = subprocess.Popen([TONADA, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"tonada {' '.join(map(str, arguments))} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e6


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = {
            "tonada --help": ["--help"],
            "tonada classify, one 30-s clip, from a cold start": ["classify", EXAMPLES / "the-king-is-dead.ogg"],
            "tonada classify, a one-hour mp3": ["classify", repeated(EXAMPLES / "island-dreams.mp3", 3600, folder)],
            "tonada classify, a one-hour m4a": [
                "classify",
                repeated(as_m4a("island-dreams.mp3", folder), 3600, folder),
            ],
        }
        print("\n| command | seconds | peak MB |\n|---|---|---|")
        for what, arguments in commands.items():
            runs = [command(*arguments) for _ in range(RUNS)]
            seconds, peak = statistics.median(run[0] for run in runs), max(run[1] for run in runs)
            print(f"| {what} | {seconds:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
