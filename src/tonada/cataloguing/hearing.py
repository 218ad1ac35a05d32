"""
Features of many files at once, on several processes.

Each worker is a pool of one process, so that a file that ends its process is known by name and costs no other.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

import numpy as np
import torch

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError, Limits

SPAWN = multiprocessing.get_context("spawn")  # a fork would copy torch's locks without the threads that hold them


class HearingError(Exception):
    """No process can be had to hear with, in one line."""


@dataclass(frozen=True)
class SongFeatures:
    """
    A song's features, or why there are none.

    Attributes:
        path: the file as it was given.
        status: `ok`, the word of an `AudioError`, `failed`, or `crashed` for a file that ended its process.
        message: empty, or one line that says what went wrong and what to do.
        state: size in bytes and time of modification in microseconds since 1970, as found before reading.
        duration: seconds.
        times: start and end of each segment, seconds.
        values: `(segments, columns)`, float32; `None` without an answer, and where an earlier run has them.
    """

    path: str
    status: str = "ok"
    message: str = ""
    state: tuple[int, int] | None = None
    duration: float | None = None
    times: tuple[tuple[float, float], ...] = ()
    values: np.ndarray | None = None


def file_state(path: str) -> tuple[int, int] | None:
    """What tells that a file has changed: its size and its time of modification; nothing if it cannot be asked."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        return None
    return found.st_size, found.st_mtime_ns // 1000


def hear(path: str, extractor: TonadaFeatureExtractor, limits: Limits | None = None) -> SongFeatures:
    """Features of one file, or the reason why there are none."""
    state = file_state(path)
    rate = extractor.sampling_rate
    try:
        waveform = decode(path, rate, limits)
        with torch.inference_mode():
            values = extractor(waveform, sampling_rate=rate)["descriptors"][0]
            times = tuple(extractor.segment_times(waveform))
    except AudioError as error:
        return SongFeatures(path, error.status, str(error), state)
    except Exception as error:  # one strange file must not take the rest of a catalogue with it
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        message = f"{path}: its features could not be computed ({reason}); please report this file"
        return SongFeatures(path, "failed", message, state)
    return SongFeatures(path, state=state, duration=len(waveform) / rate, times=times, values=values)


def hear_all(
    paths: Iterable[str], extractor: TonadaFeatureExtractor, limits: Limits | None = None, workers: int = 1
) -> Iterator[SongFeatures]:
    """
    Features of each file as soon as they are known, in whatever order that is.

    Nothing waits in the processes but the file that each is hearing. They end when the iterator is closed, and also
    when this process is killed.

    Raises:
        HearingError: a process ends before it hears anything.
    """
    waiting = deque(paths)
    lifeline, end = SPAWN.Pipe(duplex=False)
    pools: list[ProcessPoolExecutor] = []
    running: dict[Future, tuple[ProcessPoolExecutor, str | None]] = {}

    def start() -> None:
        pool = ProcessPoolExecutor(1, SPAWN, _prepare, (extractor, limits, lifeline))
        pools.append(pool)
        running[_submit_shielded(pool)] = (pool, None)

    def feed(pool: ProcessPoolExecutor) -> None:
        if waiting:
            try:
                running[pool.submit(_hear_prepared, waiting[0])] = (pool, waiting[0])
                waiting.popleft()
            except BrokenProcessPool:  # it died with nothing to hear; whatever ended it was not a song
                start()

    try:
        for _ in range(min(workers, len(waiting))):
            start()
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                pool, path = running.pop(future)
                if path is None:
                    _check_started(future)
                    feed(pool)
                elif isinstance(future.exception(), BrokenProcessPool):
                    if waiting:
                        start()
                    yield _crashed(path)
                else:
                    feed(pool)
                    yield future.result()
    finally:
        end.close()
        for pool in pools:
            pool.shutdown(cancel_futures=True)
        lifeline.close()


def _submit_shielded(pool: ProcessPoolExecutor) -> Future:
    """
    Start the pool's process with SIGINT blocked, which it inherits.

    Ctrl-C reaches every process of a terminal; here the parent alone answers it, and ends the others.
    """
    resource_tracker.ensure_running()  # what starts it unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(os.getpid)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _check_started(future: Future) -> None:
    try:
        future.result()
    except BrokenProcessPool as error:
        raise HearingError(
            "a process ended before it heard a song; free some memory or give fewer workers, and from a program of "
            'your own call this under `if __name__ == "__main__":`'
        ) from error


def _crashed(path: str) -> SongFeatures:
    reason = "ended the process that heard it, for want of memory or by a fault in a decoder"
    advice = "try again with fewer --workers, and if it happens again please report this file"
    return SongFeatures(path, "crashed", f"{path}: {reason}; {advice}", file_state(path))


# In a worker's process ------------------------------------------------------------------------------------------------

_prepared: tuple[TonadaFeatureExtractor, Limits | None]


def _prepare(extractor: TonadaFeatureExtractor, limits: Limits | None, lifeline: Connection) -> None:
    global _prepared
    _prepared = extractor, limits
    torch.set_num_threads(1)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    """End this process when the other end is closed, by its owner or by the owner's death."""
    lifeline.poll(None)
    os._exit(0)


def _hear_prepared(path: str) -> SongFeatures:
    return hear(path, *_prepared)
