"""What is taken for a song: samples that are numbers, in about [-1, 1], and at least one."""

import logging
import math
from typing import Any

import numpy as np
import torch

logger = logging.getLogger(__name__)

SUMMED_AT_ONCE = 2**20  # samples
LOUDEST = 1e6  # full scale is 1; what is louder by 120 dB is not sound but damage


def check_rate(given: int | None, expected: int) -> None:
    """Refuse sound at another rate, hertz, with a `ValueError`; warn where nobody says at which it is."""
    if given is None:
        logger.warning(
            "No sampling_rate was given; the waveform is taken to be at %d Hz. If it is not, the answer will be "
            "wrong without a sign. Pass sampling_rate=… with every call.",
            expected,
        )
    elif given != expected:
        raise ValueError(
            f"the waveform is at {given} Hz, this model hears {expected} Hz; resample it first, for example "
            f"torchaudio.functional.resample(waveform, {given}, {expected})"
        )


def are_several(songs: Any) -> bool:
    """Whether these are songs and not the samples of one: a list whose first item is no number."""
    return isinstance(songs, (list, tuple)) and len(songs) > 0 and np.ndim(songs[0]) > 0


def as_tensor(waveform: Any) -> torch.Tensor:
    """An array, list or tensor as a tensor on the CPU, whatever is in it."""
    if not isinstance(waveform, torch.Tensor):
        waveform = torch.from_numpy(np.require(waveform, requirements="W"))  # copied if read-only, as torch demands
    return waveform.detach().cpu()


def checked(tensor: torch.Tensor) -> torch.Tensor:
    """The waveform, `(samples,)` or `(stems, samples)`, as float32; refused with a `ValueError` if it is no sound."""
    if tensor.numel() == 0:
        raise ValueError("the waveform is empty; give at least one sample of sound")
    if not tensor.is_floating_point():
        raise ValueError(f"the samples are {tensor.dtype}; give floats in [-1, 1], for 16-bit samples waveform / 32768")
    lowest, highest = tensor.aminmax()  # NaN comes through; no copy of an hour is made
    peak = max(abs(float(lowest)), abs(float(highest)))
    if not math.isfinite(peak):
        raise ValueError("the waveform has samples that are not finite (NaN or infinity); repair or drop them first")
    if peak > LOUDEST:
        raise ValueError(f"the samples reach {peak:.0e}; give floats in about [-1, 1]")
    return tensor.float()


def checked_steps(tensor: torch.Tensor) -> torch.Tensor:
    """A song's embeddings, `(steps, width)`, as float32; refused with a `ValueError` if they are none."""
    if tensor.ndim != 2 or not tensor.numel():
        raise ValueError(
            f"this model hears embeddings and not sound: a song must have shape (steps, width), this one has shape "
            f"{tuple(tensor.shape)}. Embed it first, in Tonada tonada.embedding.embedders.embed(waveform, rate, NAME), "
            "or let `tonada classify` do both"
        )
    if not tensor.isfinite().all():
        raise ValueError("the embeddings have numbers that are not finite (NaN or infinity); repair or drop them first")
    return tensor.float()


def mean_and_rms(waveform: torch.Tensor) -> tuple[float, float]:
    """Mean of `(samples,)`, and root mean square about it."""
    total = squares = 0.0
    for block in waveform.split(SUMMED_AT_ONCE):  # in double precision, where no order of summing matters
        total += float(block.double().sum())
        squares += float(block.double().square().sum())
    mean = total / len(waveform)
    return mean, math.sqrt(max(0.0, squares / len(waveform) - mean**2))


def mixed(waveform: torch.Tensor, stems: list[str] | None = None) -> torch.Tensor:
    """`(samples,)` of a song: of its stems, `(stems, samples)`, the one that is called the mix, or else their sum."""
    if waveform.ndim == 1:
        return waveform
    return waveform[stems.index("mix")] if stems and "mix" in stems else waveform.sum(0)


__all__ = ["are_several", "check_rate", "as_tensor", "checked", "checked_steps", "mean_and_rms", "mixed"]
