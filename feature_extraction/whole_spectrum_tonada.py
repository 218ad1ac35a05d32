"""
A whole segment's spectrum, every sample in one Fourier transform, and the shape of it.

MIRtoolbox's operators do this unless they are told to cut frames. Definitions are its own (Lartillot & Toiviainen
2007): magnitudes in a Hamming window, zeros up to a power of two. Each descriptor has one frame.
"""

import torch

from .frames_tonada import Frames, once, power_of, power_of_two
from .spectrum_tonada import Spectrum, computed_once

BRIGHT_FROM = 1500.0  # hertz
ROLLOFF_SHARE = 0.85
TINY = torch.finfo(torch.float32).tiny


@computed_once
def whole_magnitude(spectrum: Spectrum) -> torch.Tensor:
    """
    Magnitude of each segment's transform up to the highest frequency heard, float32 `(segments, bins)`.

    Transformed in double precision: codecs leave bands empty, and there single precision would hear its own rounding.
    """
    samples = spectrum.waveform.shape[1]
    size = power_of_two(samples)
    bins = int(spectrum.max_frequency * size / spectrum.sampling_rate) + 1
    magnitude = torch.empty(len(spectrum.waveform), bins, device=spectrum.waveform.device)
    for index, (waveform, sound) in enumerate(zip(spectrum.waveform, spectrum.sounds.tolist(), strict=True)):
        window = torch.hamming_window(sound, periodic=False, dtype=torch.float64)  # as long as a song: not kept
        windowed = waveform[:sound] * window.to(waveform.device)
        magnitude[index] = power_of(torch.fft.rfft(windowed, n=size)[:bins]).float().sqrt()
    return magnitude


@computed_once
def whole_frequencies(spectrum: Spectrum) -> torch.Tensor:
    """Centre of each bin of `whole_magnitude` in hertz, `(bins,)`."""
    bins = whole_magnitude(spectrum).shape[1]
    step = spectrum.sampling_rate / power_of_two(spectrum.waveform.shape[1])
    return torch.arange(bins, dtype=torch.float64, device=spectrum.waveform.device).mul(step).float()


def whole_centroid(spectrum: Spectrum) -> Frames:
    """Mean frequency weighted by magnitude, hertz; 0 in silence."""
    return once(_moments(spectrum)[0])


def whole_spread(spectrum: Spectrum) -> Frames:
    """Standard deviation of frequency weighted by magnitude, hertz; 0 in silence."""
    return once(_moments(spectrum)[1].sqrt())


def whole_skewness(spectrum: Spectrum) -> Frames:
    """Third central moment of frequency weighted by magnitude, over the spread cubed; 0 in silence."""
    return once(_standardised(spectrum, 3))


def whole_kurtosis(spectrum: Spectrum) -> Frames:
    """Fourth central moment of frequency weighted by magnitude, over the spread to the fourth; 0 in silence."""
    return once(_standardised(spectrum, 4))


def whole_flatness(spectrum: Spectrum) -> Frames:
    """Geometric over arithmetic mean of magnitude: 0.845 for white noise, near 0 for a tone; 0 in silence."""
    magnitude = whole_magnitude(spectrum)
    mean = magnitude.mean(1, keepdim=True)
    return once(magnitude.clamp(min=TINY).log().mean(1, keepdim=True).exp() / mean.clamp(min=TINY) * (mean > TINY))


def whole_entropy(spectrum: Spectrum) -> Frames:
    """
    Shannon entropy of magnitude as a distribution over n bins, as a share of log n; 0 in silence. With p = m / sum m,

        - sum p log p  =  log sum m  -  sum m log m / sum m
    """
    magnitude = whole_magnitude(spectrum)
    total = magnitude.sum(1, keepdim=True)
    weighted = (magnitude * magnitude.clamp(min=TINY).log()).sum(1, keepdim=True)
    entropy = total.clamp(min=TINY).log() - weighted / total.clamp(min=TINY)
    return once(torch.where(total > TINY, entropy / torch.tensor(magnitude.shape[1] + 1e-9).log(), 0.0))


def whole_brightness(spectrum: Spectrum) -> Frames:
    """Share of the summed magnitude above 1,500 Hz; 0 in silence."""
    magnitude = whole_magnitude(spectrum)
    above = int((whole_frequencies(spectrum) <= BRIGHT_FROM).sum())
    bright = magnitude[:, above:].sum(1, keepdim=True)
    return once(bright / magnitude.sum(1, keepdim=True).clamp(min=TINY))


def whole_rolloff(spectrum: Spectrum) -> Frames:
    """Lowest frequency, hertz, below and at which lie 85 % of the summed magnitude; 0 in silence."""
    summed = whole_magnitude(spectrum).cumsum(1, dtype=torch.float64)
    below = torch.searchsorted(summed, ROLLOFF_SHARE * summed[:, -1:])
    return once(below * (spectrum.sampling_rate / power_of_two(spectrum.waveform.shape[1])))


@computed_once
def _moments(spectrum: Spectrum) -> list[torch.Tensor]:
    """Mean of frequency weighted by magnitude, then the second to fourth moments about it, each `(segments, 1)`."""
    magnitude, frequencies = whole_magnitude(spectrum), whole_frequencies(spectrum)
    total = magnitude.sum(1, keepdim=True).clamp(min=TINY)
    moments = [(magnitude * frequencies).sum(1, keepdim=True) / total]
    deviation = frequencies - moments[0]
    weighted = magnitude * deviation
    for _ in range(3):
        weighted *= deviation
        moments.append(weighted.sum(1, keepdim=True) / total)
    return moments


def _standardised(spectrum: Spectrum, power: int) -> torch.Tensor:
    moments = _moments(spectrum)
    spread = moments[1].sqrt()
    return torch.where(spread > 0, moments[power - 1] / spread.clamp(min=TINY).pow(power), 0.0)


__all__ = [
    "whole_brightness",
    "whole_centroid",
    "whole_entropy",
    "whole_flatness",
    "whole_frequencies",
    "whole_kurtosis",
    "whole_magnitude",
    "whole_rolloff",
    "whole_skewness",
    "whole_spread",
]
