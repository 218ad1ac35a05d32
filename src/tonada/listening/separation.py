"""Separation: a mix in, its stems out by any method, in blocks, so that an hour takes no more room than its stems."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tonada.listening.stem_cache import StemCache
from tonada.listening.unmixing import (
    HDEMUCS,
    SeparationError,
    check_hdemucs,
    harmonic_percussive,
    hdemucs,
    repet_sim,
    voice_percussion,
)

OVERLAP_SECONDS = 2.0  # over which one block fades into the next


@dataclass(frozen=True)
class Method:
    """
    A way to separate.

    Attributes:
        stems: what it makes, in this order.
        split: from `(samples,)` and a rate to float32 `(stems, samples)`, which add up to what came.
        block_seconds: how much it hears at once.
        check: raises a `SeparationError` if it cannot work on this machine.
    """

    stems: tuple[str, ...]
    split: Callable[[np.ndarray, int], np.ndarray]
    block_seconds: float = 60.0
    check: Callable[[], None] = lambda: None


METHODS = {
    "none": Method(("mix",), lambda mix, rate: mix[np.newaxis]),
    "repet-sim": Method(("voice", "accompaniment"), repet_sim),
    "harmonic-percussive": Method(("harmonic", "percussive"), harmonic_percussive),
    "voice-percussion": Method(("voice", "accompaniment", "percussion"), voice_percussion),
    "hdemucs": Method(HDEMUCS, hdemucs, 10.0, check_hdemucs),
}
"""By name. Models learn what a method makes and caches keep it: one that makes something else is a new name."""


def separate(waveform: np.ndarray, rate: int, method: str, cache: StemCache | None = None) -> dict[str, np.ndarray]:
    """
    Separate a mix.

    Args:
        waveform: one channel, `(samples,)`, finite floats.
        rate: hertz.
        method: a key of `METHODS`.
        cache: where stems are kept and looked for; nowhere by default.

    Returns:
        Each stem by name, in the method's order, float32 `(samples,)`; they add up to the mix.

    Raises:
        SeparationError: the method is unknown or cannot work here, or the waveform is not one.
    """
    check_method(method)
    mix = np.asarray(waveform, dtype=np.float32)
    if mix.ndim != 1 or not len(mix) or not np.isfinite(mix.sum(dtype=np.float64)):
        raise SeparationError(
            f"only one channel of finite samples, (samples,), can be separated; this has shape {mix.shape}"
        )
    names = METHODS[method].stems
    if cache is None or method == "none":
        stems = _in_blocks(mix, rate, METHODS[method])
    else:
        stems = cache.get_or_make(mix, rate, method, len(names), lambda: _in_blocks(mix, rate, METHODS[method]))
    return dict(zip(names, stems, strict=True))


def check_method(name: str) -> None:
    """
    Refuse a method that is unknown or cannot work on this machine.

    Raises:
        SeparationError: saying what is known, or what is missing and how to get it.
    """
    if name not in METHODS:
        raise SeparationError(f"there is no separation method {name!r}; choose among {', '.join(METHODS)}")
    METHODS[name].check()


def _in_blocks(mix: np.ndarray, rate: int, method: Method) -> np.ndarray:
    """
    `(stems, samples)`. A long mix is heard in blocks of one length, spread evenly, each faded into the next:

        |==========|
                |==========|
                        |==========|
    """
    length, overlap = round(method.block_seconds * rate), round(OVERLAP_SECONDS * rate)
    if len(mix) <= length:
        return method.split(mix, rate)
    count = math.ceil((len(mix) - overlap) / (length - overlap))
    stems = np.empty((len(method.stems), len(mix)), np.float32)
    done = 0
    for start in np.linspace(0, len(mix) - length, count).round().astype(int):
        block = method.split(mix[start : start + length], rate)
        faded = done - start  # samples that the block before has made too
        rising = np.linspace(0, 1, max(faded, 0), dtype=np.float32)
        stems[:, start:done] += rising * (block[:, : max(faded, 0)] - stems[:, start:done])
        stems[:, done : start + length] = block[:, max(faded, 0) :]
        done = start + length
    return stems
