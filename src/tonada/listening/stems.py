"""Stems, each judged alone as a song of its own."""

from collections.abc import Iterator

import numpy as np

from tonada.listening.limits import SILENCE_PEAK, AudioError
from tonada.listening.separation import separate
from tonada.listening.stem_cache import StemCache

LEFT_OVER = 40.0  # decibels below the song: what a method leaves in a stem that has nothing of its own


def each_stem(waveform: np.ndarray, rate: int, method: str) -> Iterator[tuple[str, np.ndarray]]:
    """Name and waveform, `(samples,)`, of each stem of a mix, from the cache of stems."""
    yield from separate(waveform, rate, method, StemCache()).items()


def check_sounds(stem: np.ndarray, mix: np.ndarray) -> None:
    """
    Refuse a stem in which nothing sounds.

    Raises:
        AudioError: it is silent, or holds no more than a method leaves behind.
    """
    below = 10 * np.log10(max(float(np.square(stem).mean()), 1e-30) / max(float(np.square(mix).mean()), 1e-30))
    if np.abs(stem).max() < SILENCE_PEAK or below < -LEFT_OVER:
        raise AudioError("silent", f"is silent ({-below:.0f} dB below the song); there is nothing to judge")
