"""
A stream in real time: how long after its sound an answer comes, in how much memory, and how often what is said changes.

Part of `make bench`. Needs nothing but the examples.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from songs import EXAMPLES

from tonada.listening.decoding import decode
from tonada.listening.listener import Listener
from tonada.listening.live import EVERY_SECONDS, SMOOTHING_SECONDS, Live, Moment
from tonada.listening.steady import MARGIN, Smoother

TONADA = Path(sys.executable).parent / "tonada"
RATE = 44_100
BLOCKS_A_SECOND = 50  # as a sound card gives them
PACED_SECONDS = 60


def paced(songs: list[np.ndarray]) -> tuple[list[float], list[int]]:
    """Seconds from the sound to its answer, of `tonada live` fed in real time; and its megabytes after each answer."""
    sound = (np.resize(np.concatenate(songs), PACED_SECONDS * RATE) * 32767).astype("<i2")
    command = [TONADA, "live", "-", "--raw", str(RATE), "--format", "json"]
    late, memory = [], []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        # It begins when the model is loaded: three seconds at once, and the first answer has come.
        process.stdin.write(sound[: 3 * RATE + RATE // 10].tobytes())
        process.stdin.flush()
        process.stdout.readline()
        begin = time.perf_counter() - 3.1
        feeder = threading.Thread(target=_feed, args=(process.stdin, sound[3 * RATE + RATE // 10 :], begin + 3.1))
        feeder.start()
        for line in process.stdout:
            late.append(time.perf_counter() - begin - json.loads(line)["end"])
            memory.append(_resident(process.pid))
        feeder.join()
    return late[:-1], memory  # the last is the end's


def _feed(pipe, sound: np.ndarray, begin: float) -> None:
    size = RATE // BLOCKS_A_SECOND
    for number in range(len(sound) // size):
        time.sleep(max(0.0, begin + (number + 1) / BLOCKS_A_SECOND - time.perf_counter()))
        pipe.write(sound[number * size : (number + 1) * size].tobytes())
        pipe.flush()
    pipe.close()


def _resident(process: int) -> int:
    """Megabytes of 10 ** 6 bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def streamed(listener: Listener, songs: list[np.ndarray]) -> list[Moment]:
    """The songs one after another, as one stream, as fast as it can be heard."""
    live = Live(listener, listener.extractor.sampling_rate)
    return [moment for song in songs for moment in live.feed(song)]


def changes(listener: Listener, moments: list[Moment], seconds: float, margin: float) -> float:
    """How often a minute what is said changes."""
    smoother = Smoother(listener.model.config, seconds, margin)
    labels = [smoother.add(moment.answer, moment.end).label for moment in moments]
    return 60 * sum(one != other for one, other in pairwise(labels)) / (len(labels) * EVERY_SECONDS)


def main() -> None:
    """Measure and print."""
    files = sorted(path for path in EXAMPLES.iterdir() if path.suffix in (".flac", ".mp3", ".ogg"))
    listener = Listener.bundled("emotion")
    songs = [decode(path, listener.extractor.sampling_rate) for path in files]
    begin = time.process_time()
    moments = streamed(listener, songs)
    each = (time.process_time() - begin) / len(moments)
    print(f"{len(moments)} windows of the examples, {each:.3f} s of processor each")
    print("\n| what is said | changes a minute |\n|---|---|")
    for words, seconds, margin in (
        ("each window's own answer", 0.0, 0.0),
        (f"mean over {SMOOTHING_SECONDS:g} s", SMOOTHING_SECONDS, 0.0),
        (f"margin of {MARGIN:g}", 0.0, MARGIN),
        ("both", SMOOTHING_SECONDS, MARGIN),
    ):
        print(f"| {words} | {changes(listener, moments, seconds, margin):.1f} |", flush=True)

    late, memory = paced([decode(path, RATE) for path in files])
    print(f"\n| `tonada live`, {len(late)} answers in real time | |\n|---|---|")
    print(f"| seconds from the sound to its answer, median | {statistics.median(late):.2f} |")
    print(f"| 99 in 100 within | {np.quantile(late, 0.99):.2f} |")
    print(f"| the latest | {max(late):.2f} |")
    print(f"| MB after 4 seconds and after {PACED_SECONDS} | {memory[0]}, {memory[-1]} |")


if __name__ == "__main__":
    main()
