"""
Time and memory of decoding two hours of each format, each in a fresh process on one thread: part of `make bench`.

This program imports nothing heavy: a process begins with the peak memory of the one that started it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from songs import long_recording

SECONDS = 7150  # two hours are the limit, and a repeated mp3 is a little longer than it was told to be
DECODE = """
import json, sys, time
import torchcodec.decoders
from tonada.listening.decoding import decode

def megabytes(what):
    return int(open("/proc/self/status").read().split(what + ":")[1].split()[0]) * 1024 / 1e6

before, start = megabytes("VmRSS"), time.perf_counter()
waveform = decode(sys.argv[1], 22050)
print(json.dumps([time.perf_counter() - start, waveform.nbytes / 1e6, megabytes("VmHWM") - before]))
"""


def main() -> None:
    """Measure and print."""
    print("\n| two hours as | MB on disk | seconds | MB of waveform | MB added at the peak |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("wav", "flac", "ogg", "mp3", "m4a"):
            path = long_recording(suffix, SECONDS, Path(folder))
            run = [sys.executable, "-c", DECODE, path]
            done = subprocess.run(run, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, check=True)
            seconds, waveform, added = json.loads(done.stdout)
            size = path.stat().st_size / 1e6
            print(f"| {suffix} | {size:.0f} | {seconds:.1f} | {waveform:.0f} | {added:.0f} |", flush=True)


if __name__ == "__main__":
    main()
