"""The curve of a segment's energy on which rhythm is read: how often events begin in it, how clear their pulse is."""

import torch

from .frames_tonada import Frames, framing, once, power_of_two
from .peaks_tonada import prominent_peaks
from .spectrum_tonada import Spectrum, computed_once

SECONDS, RATE = 0.1, 100.0
STEP = 7e-5  # seconds whose energy is added up first
PROMINENCE = 0.1  # of the curve's range, by which an event stands out
SHORTEST, LONGEST = 0.3, 1.5  # seconds between beats: 200 and 40 a minute
FAVOURITE = 0.5  # seconds between beats that are felt most easily
TINY = torch.finfo(torch.float32).tiny


@computed_once
def energy_curve(spectrum: Spectrum, seconds: float = SECONDS, rate: float = RATE, step: float = STEP) -> Frames:
    """
    Energy in Hann windows of `seconds`, about `rate` a second, the largest of a segment one: MIRtoolbox's onset curve.

    MIRtoolbox adds up the power spectrum of each window, which by Parseval's theorem is its energy. Here the energy of
    short steps is added up first, and windows are as long and as far apart as a number of steps.
    """
    samples = max(1, int(step * spectrum.sampling_rate + 0.5))
    hop = max(1, int(spectrum.sampling_rate / rate / samples + 0.5))
    length = int(seconds * spectrum.sampling_rate / samples + 0.5)
    frames = framing(spectrum, length * samples / spectrum.sampling_rate, spectrum.sampling_rate / (hop * samples))
    missing = max(0, length * samples - spectrum.waveform.shape[1])
    waveform = torch.nn.functional.pad(spectrum.waveform, (0, missing))
    whole = waveform.shape[1] // samples * samples
    middle = (torch.arange(length, dtype=torch.float64) + 0.5) / length  # of each step in the window
    window = torch.sin(torch.pi * middle).square()
    energy = _in_windows(_in_steps(waveform.square()[:, :whole], samples), window.square(), hop)
    offset = _in_windows(_in_steps(waveform[:, :whole], samples), window, hop)
    curve = power_of_two(length * samples) * energy + offset.square()  # 0 Hz has no mirror image and counts twice
    curve = curve[..., : frames.mask.shape[1]] * frames.mask.unsqueeze(1)
    return Frames(curve / curve.amax(-1, keepdim=True).clamp(min=TINY), frames.mask, frames.rate)


def _in_steps(values: torch.Tensor, samples: int) -> torch.Tensor:
    """Sum over each step of so many samples, `(segments, steps)`."""
    return values.unflatten(1, (-1, samples)) @ torch.ones(samples, device=values.device)


def _in_windows(steps: torch.Tensor, window: torch.Tensor, hop: int) -> torch.Tensor:
    """Sum over each window of `(segments, steps)`, `(segments, 1, frames)`."""
    return torch.nn.functional.conv1d(steps.unsqueeze(1), window.to(steps).view(1, 1, -1), stride=hop)


@computed_once
def event_density(spectrum: Spectrum) -> Frames:
    """Peaks of the energy curve, a second."""
    curve = energy_curve(spectrum)
    heard = curve.values.squeeze(1)
    real = curve.mask.bool()
    lowest = heard.masked_fill(~real, torch.inf).amin(1, keepdim=True)
    level = (heard - lowest) / (1 - lowest).clamp(min=TINY)
    row, _ = prominent_peaks(level, PROMINENCE, real, ends=True)
    counts = torch.bincount(row, minlength=len(heard))
    return once((counts / real.sum(1) * curve.rate).unsqueeze(1))


@computed_once
def pulse_clarity(spectrum: Spectrum) -> Frames:
    """
    Largest autocorrelation of the energy curve's rise and fall at intervals between beats, weighted by how easily each
    is felt (Lartillot et al. 2008).
    """
    curve = energy_curve(spectrum)
    _, similarity = beat_similarity(curve)
    return once(similarity.amax(1, keepdim=True))


def beat_similarity(curve: Frames, per_sample: int = 1, smoothing: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """
    How alike a curve's rise and fall is to itself one interval between beats later.

    Args:
        curve: of one column.
        per_sample: intervals to a sample of the curve; more are interpolated, as the curve has no faster parts.
        smoothing: time constant in seconds of a low-pass filter run over the curve there and back; none by default.

    Returns:
        intervals `(intervals,)` in seconds, and `(segments, intervals)`, 1 for identity, weighted.
    """
    real = curve.mask[:, 1:].bool()
    moves = (curve.values[:, 0, 1:] - curve.values[:, 0, :-1]).double() * real
    count = real.sum(1, keepdim=True).clamp(min=1)
    moves = (moves - moves.sum(1, keepdim=True) / count) * real

    size = 2 ** (2 * curve.mask.shape[1]).bit_length()
    power = torch.fft.rfft(moves, n=size).abs().square()
    speeds = torch.arange(power.shape[1], device=power.device) * (2 * torch.pi * curve.rate / size)
    power = power / (1 + (speeds * smoothing).square()).square()
    similarity = torch.fft.irfft(power, n=size * per_sample)

    rate = curve.rate * per_sample
    lags = torch.arange(-int(-SHORTEST * rate // 1), -int(-LONGEST * rate // 1) + 1, device=power.device)
    intervals = lags / rate
    felt = (1 - 0.25 * (intervals / FAVOURITE).log2().square()).clamp(min=0)
    similarity = similarity[:, lags.clamp(max=similarity.shape[1] - 1)] / similarity[:, :1].clamp(min=TINY)
    return intervals, similarity * (felt / felt.max())


__all__ = ["beat_similarity", "energy_curve", "event_density", "pulse_clarity"]
