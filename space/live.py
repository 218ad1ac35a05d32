"""The microphone, second by second: its last ten seconds, and what has been answered so far."""

import time
from dataclasses import dataclass, field

import numpy as np

from answer_card import headline
from audio_files import resampled
from judging import Judge
from limits import MIN_SECONDS, SILENCE_PEAK
from texts import TEXTS

WINDOW_SECONDS = 10
STALE_SECONDS = 3  # without a piece, of which ten a second come
REMEMBERED = 60  # answers

History = tuple[tuple[int, float], ...]
"""Index of the label and its probability, of each answer, the latest last."""


@dataclass(frozen=True)
class Heard:
    """
    The last seconds of one visitor's microphone.

    Attributes:
        window: float32 `(samples,)`.
        rate: of the microphone, hertz; 0 before it is known.
        latest: when the last of them came, by the monotonic clock.
    """

    window: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    rate: int = 0
    latest: float = field(default_factory=time.monotonic)

    def with_more(self, rate: int, sound: np.ndarray) -> "Heard":
        """With what came since: int16 `(samples,)` or `(samples, channels)`."""
        mono = sound.reshape(len(sound), -1).mean(1, dtype=np.float32) / 2**15
        before = self.window if rate == self.rate else self.window[:0]
        return Heard(np.concatenate([before, mono])[-WINDOW_SECONDS * rate :], rate)

    @property
    def is_enough(self) -> bool:
        """Whether it can be answered."""
        return self.rate > 0 and len(self.window) >= MIN_SECONDS * self.rate

    @property
    def is_stale(self) -> bool:
        """Whether nothing came for so long that an answer would be about the past."""
        return time.monotonic() - self.latest > STALE_SECONDS

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to answer."""
        return float(np.abs(self.window).max(initial=0)) < SILENCE_PEAK


def answer_now(judge: Judge, heard: Heard, history: History, language: str) -> tuple[str, History]:
    """What the page shows now, and the answers up to this one."""
    if not heard.is_enough or heard.is_silent:
        said = TEXTS[language]["live_silent" if heard.is_enough else "live_waiting"]
        return live_card(f'<p class="waiting" role="status">{said}</p>', history, language), history
    answer = judge.hear(resampled(heard.window, heard.rate, judge.rate))
    history = (*history, (judge.labels.index(answer.label), answer.probability))[-REMEMBERED:]
    return live_card(headline(answer, "", language), history, language), history


def live_card(now: str, history: History, language: str) -> str:
    """What is heard now, and a bar for each answer: its label's colour, as high as it was probable."""
    if not history:
        return f'<article class="live">{now}</article>'
    bars = "".join(f'<span class="label-{index}" style="height:{chance:.0%}"></span>' for index, chance in history)
    title = TEXTS[language]["live_history"]
    return f'<article class="live">{now}<h3>{title}</h3><div class="history" aria-hidden="true">{bars}</div></article>'
