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

from songs import EXAMPLES, long_recording, repeated

TONADA = Path(sys.executable).parent / "tonada"
RUNS = 3
FEW, MANY = 6, 246  # clips; the difference of two commands leaves the start out


def command(*arguments: object) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes (10 ** 6 bytes) of one `tonada` command."""
    start = time.perf_counter()
    process = subprocess.Popen([TONADA, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"tonada {' '.join(map(str, arguments))} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e6


def clips(count: int, folder: Path) -> Path:
    """A folder of links to the example clips, again and again."""
    made = folder / f"{count}-clips"
    made.mkdir()
    examples = sorted(path for path in EXAMPLES.iterdir() if path.suffix in (".flac", ".mp3", ".ogg"))
    for number in range(count):
        clip = examples[number % len(examples)]
        (made / f"{number:03}{clip.suffix}").symlink_to(clip)
    return made


def print_features(folder: Path) -> None:
    """Songs a second of `tonada features`, and what a whole song of 15 minutes takes."""
    few, many = clips(FEW, folder), clips(MANY, folder)
    long = repeated(EXAMPLES / "island-dreams.mp3", 890, folder)
    print("\n| tonada features | songs a second, 1 worker | 2 workers | peak MB a process, clips | a 15-minute mp3 |")
    print("|---|---|---|---|---|")
    for name in ("hsf90", "bag32", "fma518", "fma518_published"):
        rates, peaks = [], []
        for workers in (1, 2):
            measured = []
            for songs in (few, many):
                table = folder / f"{name}-{workers}-{songs.name}.parquet"
                options = ["--set", name, "--output", table, "--workers", workers]
                measured.append(command("features", songs, *options))
            rates.append((MANY - FEW) / (measured[1][0] - measured[0][0]))
            peaks.append(measured[1][1])
        _, peak = command("features", long, "--set", name, "--output", folder / f"{name}-long.parquet")
        print(f"| {name} | {rates[0]:.1f} | {rates[1]:.1f} | {max(peaks):.0f} | {peak:.0f} |", flush=True)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = {
            "tonada --help": ["--help"],
            "tonada classify, one 30-s clip, from a cold start": ["classify", EXAMPLES / "the-king-is-dead.ogg"],
            "tonada classify, a one-hour mp3": ["classify", long_recording("mp3", 3600, folder)],
            "tonada classify, a one-hour m4a": ["classify", long_recording("m4a", 3600, folder)],
            "tonada classify, a two-hour mp3": ["classify", long_recording("mp3", 7150, folder)],
        }
        print("\n| command | seconds | peak MB |\n|---|---|---|")
        for what, arguments in commands.items():
            runs = [command(*arguments) for _ in range(RUNS)]
            seconds, peak = statistics.median(run[0] for run in runs), max(run[1] for run in runs)
            print(f"| {what} | {seconds:.2f} | {peak:.0f} |", flush=True)
        print_features(folder)


if __name__ == "__main__":
    main()
