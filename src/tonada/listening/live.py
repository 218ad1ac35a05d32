"""A stream of sound, judged every second by its last seconds, in constant memory."""

import math
from dataclasses import dataclass, replace

import numpy as np
import soxr

from tonada.listening.answers import Answer
from tonada.listening.decoding import mean_of_channels
from tonada.listening.limits import SILENCE_PEAK, finite_range
from tonada.listening.listener import SECONDS_OF_A_SONG, Listener
from tonada.listening.steady import Smoother, Steady
from tonada.listening.waveforms import listen_to

EVERY_SECONDS = 1
SMOOTHING_SECONDS = 5.0


@dataclass(frozen=True)
class Moment:
    """
    What a stream sounds like at one moment.

    Attributes:
        start: of the window that was heard, seconds since the stream began.
        end: of the window; the moment itself.
        answer: to the window alone: what `Listener.listen` says of a file that holds it, but for its path, and for its
            segments, whose seconds are the stream's; `silent` where nothing sounds.
        steady: what is said of this moment and those before it, without flicker.
    """

    start: float
    end: float
    answer: Answer
    steady: Steady


class Live:
    """
    Judges a stream as it comes.

    The last `window_seconds` are heard as a song of their own, by the same weights and features as a file, so that the
    answer to a window is the answer to a file of it, and a recording no longer than the window ends with the
    recording's own answer. What is kept is the window.

    Args:
        listener: who judges; its limits hold, but for the length: a stream may last as long as it likes.
        sampling_rate: of the sound that will be fed, hertz.
        window_seconds: how much is heard at once; a segment of the model if not given.
        smoothing_seconds: time constant of what is said, see `Smoother`.
        level: as `Listener.listen` has it.

    Raises:
        AudioError: the rate is beyond the listener's limits.
        ValueError: the window is shorter than an answer needs.

    Example:
        live = Live(Listener.bundled("emotion"), sampling_rate=44_100)
        for block in blocks:  # float32, (samples,) or (samples, channels), of any length
            for moment in live.feed(block):
                print(moment.end, moment.steady.label)
    """

    def __init__(
        self,
        listener: Listener,
        sampling_rate: int,
        window_seconds: float | None = None,
        smoothing_seconds: float = SMOOTHING_SECONDS,
        level: int | None = None,
    ):
        self.listener = listener
        self.sampling_rate = sampling_rate
        self.window_seconds = window_seconds or listener.extractor.segment_seconds or SECONDS_OF_A_SONG
        self.level = level
        limits = listener.limits
        limits.check_sound(sampling_rate, 1, 0.0)
        if self.window_seconds < limits.min_seconds:
            raise ValueError(
                f"the window is {self.window_seconds:g} s, an answer needs at least {limits.min_seconds:g} s; widen it"
            )
        self._rate = listener.extractor.sampling_rate
        self._resampler = soxr.ResampleStream(sampling_rate, self._rate, 1, dtype="float32")
        self._smoother = Smoother(listener.model.config, smoothing_seconds)
        self._window: np.ndarray = np.empty(0, np.float32)
        self._fed = 0  # samples at the stream's rate
        self._heard = 0  # samples at the model's rate, of which the window holds the last
        self._judged = 0  # of them, at the last answer
        self._due = math.ceil(limits.min_seconds / EVERY_SECONDS) * EVERY_SECONDS * self._rate

    def feed(self, block: np.ndarray) -> list[Moment]:
        """
        Hear more of the stream; the moments it completes, one a second from the first on that can be judged.

        Args:
            block: floats in about [-1, 1], `(samples,)` or `(samples, channels)`, of any length, none too.

        Raises:
            AudioError: it has samples that are no numbers, or more channels than the limits allow.
            ValueError: it is no block of floats.
        """
        moments = []
        for first in range(0, len(block), self.sampling_rate):  # a second, whose copies are small
            mono = self._mono(np.asarray(block[first : first + self.sampling_rate]))
            finite_range(mono, self._fed / self.sampling_rate)
            self._fed += len(mono)
            moments += self._hear(self._resampler.resample_chunk(mono))
        return moments

    def finish(self) -> list[Moment]:
        """
        The stream has ended: the moments of what was not yet judged, the last of which ends with it.

        Raises:
            AudioError: it ended before anything could be judged.
        """
        moments = self._hear(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
        if not self._judged:
            self.listener.limits.check_whole(self._fed / self.sampling_rate, 0.0, math.inf)
        return moments if self._judged == self._heard else [*moments, self._judge()]

    def _mono(self, block: np.ndarray) -> np.ndarray:
        if block.ndim not in (1, 2) or not np.issubdtype(block.dtype, np.floating):
            raise ValueError(
                f"a block is floats, (samples,) or (samples, channels); this has shape {block.shape} and dtype "
                f"{block.dtype}; of 16-bit samples give block / 32768"
            )
        if block.ndim == 1:
            return block.astype(np.float32, copy=False)
        self.listener.limits.check_sound(self.sampling_rate, block.shape[1], 0.0)
        return mean_of_channels(block.astype(np.float32, copy=False))

    def _hear(self, sound: np.ndarray) -> list[Moment]:
        moments = []
        while self._heard + len(sound) >= self._due:
            sound = self._keep(sound, self._due - self._heard)
            moments.append(self._judge())
            self._due += EVERY_SECONDS * self._rate
        self._keep(sound, len(sound))
        return moments

    def _keep(self, sound: np.ndarray, count: int) -> np.ndarray:
        """Move the first samples into the window, and what they push out of it away; what is left of them."""
        length = round(self.window_seconds * self._rate)
        self._window = np.concatenate([self._window, sound[:count]])[-length:]
        self._heard += count
        return sound[count:]

    def _judge(self) -> Moment:
        self._judged = self._heard
        end = self._heard / self._rate
        start = end - len(self._window) / self._rate
        answer = self._answer()
        segments = [replace(each, start=start + each.start, end=start + each.end) for each in answer.segments]
        answer = replace(answer, segments=segments)
        return Moment(start, end, answer, self._smoother.add(answer, end))

    def _answer(self) -> Answer:
        if np.ptp(self._window) / 2 < SILENCE_PEAK:
            listener, seconds = self.listener, len(self._window) / self._rate
            return Answer("", "silent", duration=seconds, model=listener.name, revision=listener.revision)
        return listen_to(self.listener, [self._window], [""], self.level)[0]
