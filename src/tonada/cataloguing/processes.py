"""
Work on many files in processes of their own, each file within a time.

Each worker is a pool of one process, so that a file that ends its process, or holds it too long, is known by name and
costs no other.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import torch

from tonada.memory import keep_freed_blocks

SPAWN = multiprocessing.get_context("spawn")  # a fork would copy torch's locks without the threads that hold them
TRIES = 3  # a process may be killed for what other processes do; who ends three of them does it himself

Result = TypeVar("Result")
Work = Callable[[str], Result]


class HearingError(Exception):
    """No process can be had to hear with, in one line."""


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Lost:
    """
    Why there is no result of a file.

    Attributes:
        status: `crashed` for a file that ended its processes, `timeout` for one that held its process too long.
        message: one line that says so and what to do.
    """

    status: str
    message: str


class Crew(Generic[Result]):
    """
    Processes that work on a file each, on one thread; a context manager that ends them.

    They end when it is left, and also when this process is killed.

    Args:
        prepare: called once in each process, and makes what is then called with each path; both must pickle.
        count: of processes, started when there is something to do.
        seconds: that a file may take; for ever, if not given.
    """

    def __init__(self, prepare: Callable[[], Work[Result]], count: int = 1, seconds: float | None = None):
        self.prepare = prepare
        self.count = count
        self.seconds = seconds
        self._lifeline, self._end = SPAWN.Pipe(duplex=False)
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def each(self, paths: Iterable[str]) -> Iterator[tuple[str, Result | Lost]]:
        """
        Each path and its result as soon as it is known, in whatever order that is.

        No more paths are taken than there are processes, and nothing waits in them but the file that each works on.

        Raises:
            HearingError: a process ends before it works on anything.
        """
        waiting = iter(paths)
        try:
            while True:
                for path in islice(waiting, self.count - len(self._busy)):
                    self._assign(path)
                if not self._busy:
                    return
                yield from self._results()
        finally:
            for worker in self._busy:  # of somebody who wants no more of them
                worker.kill()
            self._busy.clear()

    def close(self) -> None:
        """End the processes."""
        self._end.close()
        for worker in [*self._idle, *self._busy]:
            worker.pool.shutdown(cancel_futures=True)
        self._lifeline.close()

    def _assign(self, path: str, tries: int = TRIES) -> None:
        worker = self._idle.pop() if self._idle else _Worker(self.prepare, self._lifeline)
        try:
            worker.give(path, tries)
        except BrokenProcessPool:  # it died with nothing to do; whatever ended it was no file
            worker = _Worker(self.prepare, self._lifeline)
            worker.give(path, tries)
        self._busy.append(worker)

    def _results(self) -> Iterator[tuple[str, Result | Lost]]:
        """Of what is done next, or of what has been waited for long enough; nothing where a process has just begun."""
        soonest = min(worker.deadline(self.seconds) for worker in self._busy)
        patience = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
        done = wait([worker.awaited for worker in self._busy], patience, FIRST_COMPLETED).done
        for worker in list(self._busy):
            if worker.awaited in done and isinstance(worker.awaited.exception(), BrokenProcessPool):
                self._busy.remove(worker)
                if worker.tries > 1:
                    self._assign(worker.path, worker.tries - 1)
                else:
                    yield worker.path, worker.end()
            elif worker.awaited in done and worker.since is None:
                worker.begin()
            elif worker.awaited in done:
                self._busy.remove(worker)
                self._idle.append(worker)
                yield worker.path, worker.awaited.result()
            elif self.seconds is not None and time.monotonic() >= worker.deadline(self.seconds):
                self._busy.remove(worker)
                worker.kill()
                yield worker.path, _late(worker.path, self.seconds)


class _Worker:
    """A process and the file it works on."""

    def __init__(self, prepare: Callable[[], Work[Any]], lifeline: Connection):
        self.pool = ProcessPoolExecutor(1, SPAWN, _prepare, (prepare, lifeline))
        self._started = _submit_shielded(self.pool)
        self._process: int | None = None
        self.path = ""
        self.tries = 0
        self.since: float | None = None

    def give(self, path: str, tries: int) -> None:
        """Work on a file, at once or as soon as the process has started; may raise BrokenProcessPool."""
        self._result: Future = self.pool.submit(_work_on, path)
        self.path, self.tries = path, tries
        self.since = None if self._process is None else time.monotonic()

    @property
    def awaited(self) -> Future:
        """The start of the process, and then its result."""
        return self._started if self.since is None else self._result

    def begin(self) -> None:
        """The process has started, which costs the file no time."""
        self._process, self.since = self._started.result(), time.monotonic()

    def end(self) -> Lost:
        """The process has ended, with the file or before it began."""
        if self.since is None:
            raise HearingError(
                "a process ended before it heard a song; free some memory or give fewer workers, and from a program "
                'of your own call this under `if __name__ == "__main__":`'
            )
        return _crashed(self.path)

    def deadline(self, seconds: float | None) -> float:
        """When the file has had its time."""
        return float("inf") if seconds is None or self.since is None else self.since + seconds

    def kill(self) -> None:
        """End the process without waiting for it: what hangs in the kernel may take its time to die."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
        self.pool.shutdown(wait=False, cancel_futures=True)


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


def _crashed(path: str) -> Lost:
    reason = f"ended {TRIES} processes that heard it, for want of memory or by a fault in a decoder"
    advice = "try again with fewer --workers, and if it happens again please report this file"
    return Lost("crashed", f"{path}: {reason}; {advice}")


def _late(path: str, seconds: float) -> Lost:
    advice = "see whether its disk answers, and if it is only slow raise --timeout"
    return Lost("timeout", f"{path}: was not done after {seconds:g} s and was left; {advice}")


# In a worker's process ------------------------------------------------------------------------------------------------

_prepared: Work[Any]


def _prepare(prepare: Callable[[], Work[Any]], lifeline: Connection) -> None:
    global _prepared
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    torch.set_num_threads(1)
    keep_freed_blocks()
    _prepared = prepare()


def _end_with(lifeline: Connection) -> None:
    """End this process when the other end is closed, by its owner or by the owner's death."""
    lifeline.poll(None)
    os._exit(0)


def _work_on(path: str) -> Any:
    return _prepared(path)
