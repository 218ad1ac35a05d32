"""How far a recording is tuned from A = 440 Hz, estimated from the peaks of its spectrum as librosa does."""

import math

import torch

from .spectrum_tonada import Spectrum, computed_once

LOWEST, HIGHEST = 150.0, 4000.0  # hertz; where peaks are looked for
LOUD = 0.1  # a peak rises above this share of its frame's maximum
STEPS = 100  # resolution: hundredths of a semitone


@computed_once
def tuning(spectrum: Spectrum, exponent: int = 1, rate: int | None = None) -> torch.Tensor:
    """
    Deviation from A = 440 Hz in semitones, `(segments,)`, in [-0.5, 0.5) to a hundredth; 0 without a peak.

    librosa's `estimate_tuning`: peaks of each frame, refined by a parabola (`piptrack`); of those at least as loud as
    the median peak, the most frequent deviation. A histogram's mode jumps where two hundredths are level, so that
    rounding can move it and whatever depends on it.

    Args:
        spectrum: of which segments.
        exponent: 1 to look for peaks in magnitudes, 2 in power; librosa's chroma takes power, its CQT magnitudes.
        rate: that bins are taken to have instead of their own, hertz.
    """
    step = (rate or spectrum.sampling_rate) / spectrum.n_fft
    peaks = _peaks(spectrum, math.ceil(LOWEST / step), min(math.ceil(HIGHEST / step), spectrum.n_fft // 2))
    segment, bin_ = peaks[:2]
    left, top, right, loudest = peaks[2:] ** exponent

    # The parabola through (-1, left), (0, top), (1, right) has its vertex at -slope / curvature.
    slope, curvature = (right - left) / 2, right + left - 2 * top
    shift = torch.where(slope.abs() >= curvature.abs(), 0.0, -slope / curvature)
    frequency, loudness = (bin_ + shift) * step, top + slope * shift / 2
    is_loud = top > LOUD * loudest
    counts = torch.bincount(segment[is_loud].int(), minlength=len(spectrum.frame_mask)).tolist()
    found = map(_most_frequent, frequency[is_loud].split(counts), loudness[is_loud].split(counts))
    return torch.tensor(list(found))


@computed_once
def _peaks(spectrum: Spectrum, first: int, last: int) -> torch.Tensor:
    """
    Bins from `first` up to before `last` that are above both neighbours and loud: `(6, peaks)`, which are the segment,
    the bin, the magnitudes below, at and above it, and the loudest of its frame.
    """
    frames = spectrum.magnitude.transpose(1, 2)
    below, here, above = (frames[..., first + offset : last + offset] for offset in (-1, 0, 1))
    loudest = frames.amax(-1)
    is_peak = (here > LOUD * loudest.unsqueeze(-1)) & (here > below) & (here >= above)
    is_peak &= spectrum.frame_mask.bool().unsqueeze(-1)
    where = is_peak.nonzero(as_tuple=True)
    return torch.stack(
        [where[0].float(), where[2].float() + first, below[where], here[where], above[where], loudest[where[:2]]]
    )


def _most_frequent(frequency: torch.Tensor, loudness: torch.Tensor) -> float:
    if not len(frequency):
        return 0.0
    median = loudness.kthvalue(len(loudness) // 2 + 1).values
    semitones = 12 * torch.log2(frequency[loudness >= median].double() / 440)
    deviation = torch.remainder(semitones + 0.5, 1.0)  # 0 is half a semitone flat
    counts = torch.bincount((deviation * STEPS).long().clamp(max=STEPS - 1), minlength=STEPS)
    return int(counts.argmax()) / STEPS - 0.5


__all__ = ["tuning"]
