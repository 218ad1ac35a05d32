"""The microphone, second by second: the last ten seconds are judged whenever a new one comes."""

from dataclasses import dataclass, field, replace

import numpy as np

from answer_card import headline
from judging import Judge
from limits import MIN_SECONDS, SILENCE_PEAK
from texts import TEXTS

WINDOW_SECONDS = 10
REMEMBERED = 60  # answers


@dataclass(frozen=True)
class Heard:
    """
    What one visitor's microphone has brought so far.

    Attributes:
        window: its last seconds, float32 `(samples,)`.
        history: index of the label and its probability, of each answer, the latest last.
    """

    window: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    history: tuple[tuple[int, float], ...] = ()

    def with_more(self, sound: np.ndarray, rate: int) -> "Heard":
        """With what came since."""
        return replace(self, window=np.concatenate([self.window, sound])[-WINDOW_SECONDS * rate :])

    def with_answer(self, index: int, probability: float) -> "Heard":
        """With one answer more."""
        return replace(self, history=(*self.history, (index, probability))[-REMEMBERED:])


def listen(judge: Judge, heard: Heard, sound: np.ndarray, language: str) -> tuple[str, Heard]:
    """The next second of sound, `(samples,)`: what the page shows now, and what is remembered."""
    texts = TEXTS[language]
    heard = heard.with_more(sound, judge.rate)
    if len(heard.window) < MIN_SECONDS * judge.rate:
        return live_card(f'<p class="waiting">{texts["live_waiting"]}</p>', heard, language), heard
    if np.abs(heard.window).max() < SILENCE_PEAK:
        return live_card(f'<p class="waiting">{texts["live_silent"]}</p>', heard, language), heard
    answer = judge.hear(heard.window)
    heard = heard.with_answer(judge.labels.index(answer.label), answer.probability)
    return live_card(headline(answer, "", language), heard, language), heard


def live_card(now: str, heard: Heard, language: str) -> str:
    """What is heard now, and a bar for each answer before: its label's colour, as high as it was probable."""
    if not heard.history:
        return f'<article class="live">{now}</article>'
    bars = "".join(
        f'<span class="label-{index}" style="height:{probability:.0%}"></span>' for index, probability in heard.history
    )
    title = TEXTS[language]["live_history"]
    return f'<article class="live">{now}<h3>{title}</h3><div class="history" aria-hidden="true">{bars}</div></article>'
