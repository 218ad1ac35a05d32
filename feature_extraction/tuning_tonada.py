"""How far a recording is tuned from A = 440 Hz, estimated from the peaks of its spectrum as librosa does."""

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
    magnitude = spectrum.magnitude if exponent == 1 else spectrum.power
    step = (rate or spectrum.sampling_rate) / spectrum.n_fft
    highest = min(HIGHEST, step * spectrum.n_fft / 2)
    first, last = -int(-LOWEST // step), -int(-highest // step)  # first <= bin < last
    frames = magnitude.transpose(1, 2)[..., first - 1 : last + 1]  # with a neighbour on both sides
    before, here, after = frames[..., :-2], frames[..., 1:-1], frames[..., 2:]

    is_peak = (here > LOUD * magnitude.amax(1).unsqueeze(-1)) & (here > before) & (here >= after)
    is_peak &= spectrum.frame_mask.bool().unsqueeze(-1)

    # The parabola through (-1, before), (0, here), (1, after) has its vertex at -slope / curvature.
    segment, _, bin_ = is_peak.nonzero(as_tuple=True)
    left, top, right = before[is_peak].double(), here[is_peak].double(), after[is_peak].double()
    slope, curvature = (right - left) / 2, right + left - 2 * top
    shift = torch.where(slope.abs() >= curvature.abs(), 0.0, -slope / curvature)
    frequency = (first + bin_ + shift) * step
    loudness = top + slope * shift / 2
    found = [_mode(frequency[segment == index], loudness[segment == index]) for index in range(len(magnitude))]
    return torch.tensor(found, dtype=torch.float64)


def _mode(frequency: torch.Tensor, loudness: torch.Tensor) -> float:
    if not len(frequency):
        return 0.0
    median = loudness.kthvalue(len(loudness) // 2 + 1).values
    semitones = 12 * torch.log2(frequency[loudness >= median] / 440)
    deviation = torch.remainder(semitones + 0.5, 1.0)  # 0 is half a semitone flat
    counts = torch.bincount((deviation * STEPS).long().clamp(max=STEPS - 1), minlength=STEPS)
    return int(counts.argmax()) / STEPS - 0.5


__all__ = ["tuning"]
