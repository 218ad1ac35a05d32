"""Stems as models hear them: side by side for a model that learned from stems, or each alone as a song of its own."""

from collections.abc import Iterator

import numpy as np

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.limits import SILENCE_PEAK, AudioError
from tonada.listening.separation import METHODS, SeparationError, check_method, separate
from tonada.listening.stem_cache import StemCache

LEFT_OVER = 40.0  # decibels below the song: what a method leaves in a stem that has nothing of its own


def as_heard(waveform: np.ndarray, extractor: TonadaFeatureExtractor) -> np.ndarray:
    """
    A mix, `(samples,)`, as the extractor takes it: itself, or `(stems, samples)` from the cache of stems.

    Raises:
        SeparationError: the extractor hears stems that cannot be had here.
    """
    if extractor.stems is None:
        return waveform
    check_stems_of(extractor)
    stems = separate(waveform, extractor.sampling_rate, extractor.separation, StemCache())
    return np.stack([{"mix": waveform, **stems}[name] for name in extractor.stems])


def check_stems_of(extractor: TonadaFeatureExtractor) -> None:
    """
    Refuse an extractor whose stems cannot be had on this machine.

    Raises:
        SeparationError: saying what is missing.
    """
    if extractor.stems is None:
        return
    check_method(extractor.separation)
    made = ("mix", *METHODS[extractor.separation].stems)
    if missing := [name for name in extractor.stems if name not in made]:
        raise SeparationError(f"{extractor.separation} makes no stem {missing[0]!r}; it makes {', '.join(made)}")


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
