"""Uploads to answers: some decoded side by side, and those that are ready heard by the model together."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

import numpy as np

from tonada.listening.answers import Answer
from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError
from tonada.listening.listener import Listener
from tonada.listening.waveforms import listen_to
from tonada.serving.metrics import Metrics

T = TypeVar("T")


@dataclass(eq=False)  # two uploads of one song are two
class Song:
    """A decoded upload that waits for the model, float32 `(samples,)`."""

    waveform: np.ndarray
    path: str
    level: int | None
    answer: "asyncio.Future[Answer]"


class Hearing:
    """
    Classifies uploads, as many at once as its limit says, the others in the order they came.

    Nobody waits for company: what becomes ready while the model is busy is heard together when it is free, so that
    batches grow with the load. Company changes no answer, and if a batch fails each of its songs is heard alone.

    Args:
        listener: who judges.
        songs: decoded and not yet answered at most.
        metrics: where it counts.
    """

    def __init__(self, listener: Listener, songs: int, metrics: Metrics):
        self.listener, self.songs, self.metrics = listener, songs, metrics
        self.open()

    def open(self) -> None:
        """Begin with no song, on whatever event loop comes: who starts an application again gets a new one."""
        self._places = asyncio.Semaphore(self.songs)
        self._ready: deque[Song] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._decoders = ThreadPoolExecutor(min(self.songs, os.cpu_count() or 1), "decode")
        self._model = ThreadPoolExecutor(1, "model")

    async def classify(self, file: BinaryIO, path: str, level: int | None) -> Answer:
        """
        The answer to an upload, or why there is none; the file is closed when nobody reads it any more.

        Who is cancelled goes at once, or, once a thread is at the song, when that has done its part.
        """
        with file:
            async with self._places:
                try:
                    return await self._heard(file, path, level)
                except AudioError as problem:
                    return Answer(path, problem.status, str(problem))
                except Exception as problem:  # one strange file must not take the service with it
                    said = f"{type(problem).__name__}: {problem}".splitlines()[0]
                    return Answer(path, "failed", f"{path}: could not be judged ({said}); please report this file")

    def close(self) -> None:
        """Take on nothing more, until it is opened again."""
        self._decoders.shutdown(wait=False, cancel_futures=True)
        self._model.shutdown(wait=False, cancel_futures=True)

    async def _heard(self, file: BinaryIO, path: str, level: int | None) -> Answer:
        rate = self.listener.extractor.sampling_rate
        decoding = self._decoders.submit(decode, file, rate, self.listener.limits, path)
        waveform = await _result(asyncio.wrap_future(decoding), decoding.cancel)
        song = Song(waveform, path, level, asyncio.get_running_loop().create_future())
        self._ready.append(song)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await _result(song.answer, lambda: self._withdraw(song))

    def _withdraw(self, song: Song) -> bool:
        """Whether the model has not begun with a song, and now never will."""
        waits = song in self._ready
        if waits:
            self._ready.remove(song)
        return waits

    async def _drain(self) -> None:
        while self._ready:
            level = self._ready[0].level
            batch = [song for song in self._ready if song.level == level]
            self._ready = deque(song for song in self._ready if song.level != level)
            self.metrics.batches.observe(len(batch))
            try:
                await self._judge(batch)
            except Exception:
                for song in batch:
                    await self._judge_alone(song)
            finally:
                for song in batch:
                    song.answer.cancel()  # of whom has none, as the service ends meanwhile: nobody may wait for it

    async def _judge(self, batch: list[Song]) -> None:
        waveforms, paths = [song.waveform for song in batch], [song.path for song in batch]
        given = (self.listener, waveforms, paths, batch[0].level)
        answers = await asyncio.get_running_loop().run_in_executor(self._model, listen_to, *given)
        for song, answer in zip(batch, answers, strict=True):
            song.answer.set_result(answer)

    async def _judge_alone(self, song: Song) -> None:
        try:
            await self._judge([song])
        except Exception as problem:
            song.answer.set_exception(problem)


async def _result(work: "asyncio.Future[T]", withdraw: Callable[[], bool]) -> T:
    """
    What comes of work that a thread does, or will do.

    A thread cannot be stopped, and until it ends its song takes memory: who is cancelled withdraws the work, or, where
    it has begun, waits for its end.
    """
    try:
        await asyncio.wait({work})
    except asyncio.CancelledError:
        if not withdraw():
            await asyncio.wait({work})
            work.exception()  # looked at, lest asyncio report that nobody did
        raise
    return work.result()
