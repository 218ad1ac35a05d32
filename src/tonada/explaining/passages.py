"""The seconds that decided, long enough to be recognised, and an excerpt to hear them in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tonada.explaining.instants import Instant

SECONDS, PASSAGES = 3.0, 3
FADE, GAP = 0.01, 0.25  # seconds: no click at a cut, and a breath between passages


@dataclass(frozen=True)
class Passage:
    """
    A stretch of the song.

    Attributes:
        start: seconds of the song.
        end: seconds of the song.
        contribution: of all instants in it.
        at: seconds into the excerpt where it begins.
    """

    start: float
    end: float
    contribution: float
    at: float


def contribution_until(instants: Sequence[Instant], seconds: np.ndarray) -> np.ndarray:
    """All that spoke for the label before each of some times, `(times,)`; an instant speaks evenly while it lasts."""
    slopes = [each.contribution / (each.end - each.start) for each in instants]
    times = np.array([each.start for each in instants] + [each.end for each in instants])
    changes = np.array(slopes + [-slope for slope in slopes])
    order = np.argsort(times, kind="stable")
    times, changes = times[order], changes[order]
    # Between its corners the sum is straight:  height += slope * (next corner - corner)
    heights = np.concatenate([[0.0], np.cumsum(np.cumsum(changes)[:-1] * np.diff(times))])
    return np.interp(seconds, times, heights)


def deciding_passages(instants: Sequence[Instant], duration: float) -> list[Passage]:
    """
    The passages that spoke most for the label, at most three, apart from each other, in the order of the song.

    Each lasts three seconds, or as long as an instant where instants are longer, and begins with an instant. After
    the first, only those that spoke for the label at all.

    Args:
        instants: of the song, one at least.
        duration: of the song, seconds.
    """
    longest = max(each.end - each.start for each in instants)
    length = min(max(SECONDS, longest), duration)
    starts = np.unique([max(0.0, min(each.start, duration - length)) for each in instants])
    spoken = contribution_until(instants, starts + length) - contribution_until(instants, starts)
    chosen: list[tuple[float, float]] = []
    for index in np.argsort(-spoken, kind="stable"):
        apart = all(abs(starts[index] - start) >= length for start, _ in chosen)
        if apart and (not chosen or spoken[index] > 0):
            chosen.append((float(starts[index]), float(spoken[index])))
        if len(chosen) == PASSAGES:
            break
    return [
        Passage(start, start + length, value, place * (length + GAP))
        for place, (start, value) in enumerate(sorted(chosen))
    ]


def excerpt(waveform: np.ndarray, rate: int, passages: Sequence[Passage]) -> np.ndarray:
    """The passages of a song, `(samples,)`, one after the other with a short silence between; float32 `(samples,)`."""
    pieces = [_faded(waveform[round(each.start * rate) : round(each.end * rate)], rate) for each in passages]
    heard = np.zeros(round(passages[-1].at * rate) + len(pieces[-1]), np.float32)
    for passage, piece in zip(passages, pieces, strict=True):
        first = round(passage.at * rate)
        heard[first : first + len(piece)] = piece[: len(heard) - first]
    return heard


def _faded(piece: np.ndarray, rate: int) -> np.ndarray:
    faded, samples = piece.astype(np.float32), min(round(FADE * rate), len(piece) // 2)
    ramp = np.linspace(0, 1, samples, endpoint=False, dtype=np.float32)
    faded[:samples] *= ramp
    faded[len(faded) - samples :] *= ramp[::-1]
    return faded
