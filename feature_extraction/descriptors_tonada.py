"""
Low-level descriptors of loudness and timbre, frame by frame.

Each takes a `Spectrum`, and settings of its own, and returns `(segments, columns, frames)`. Definitions are librosa
0.11's where it has one. `rate` is for tables made with frequencies of another rate than the sound's; hertz then scale.
"""

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch

from .spectrum_tonada import Spectrum, computed_once, frame_by_frame

MFCC_MEL_BINS = 128
DECIBEL_FLOOR = 1e-10  # power
DYNAMIC_RANGE = 80.0  # decibels below the loudest of a segment, librosa's `top_db`
NEITHER_SIGN = 1e-10  # librosa counts what is smaller as zero, and zero as positive
ROLLOFF_SHARE = 0.85
CONTRAST_OCTAVES = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)  # hertz, where each band begins
CONTRAST_SHARE = 0.02  # of a band's bins are its peaks, as many its valleys
LARGEST_RATIO = 1e10
TINY = torch.finfo(torch.float32).tiny


@computed_once
def mfcc(spectrum: Spectrum, count: int = 13) -> torch.Tensor:
    """Mel-frequency cepstral coefficients: orthonormal DCT-II of 128 mel bands in decibels."""
    decibels = _within_range(spectrum.mel_decibels(MFCC_MEL_BINS, floor=DECIBEL_FLOOR), spectrum.frame_mask)
    return (dct_matrix(count).to(decibels.device) @ decibels.double()).float()  # differences of large sums


@computed_once
def zero_crossing_rate(spectrum: Spectrum) -> torch.Tensor:
    """Share of neighbouring samples of a frame that differ in sign; a rate in [0, 1], zero counts as positive."""
    half, block = spectrum.n_fft // 2, math.gcd(spectrum.n_fft, spectrum.hop_length)
    negative = spectrum.waveform < -NEITHER_SIGN
    before, after = negative[:, :1].expand(-1, half), negative[:, -1:].expand(-1, half)  # ends go on as they are
    negative = torch.cat([before, negative, after], dim=1)
    crossed = torch.nn.functional.pad(negative[:, 1:] != negative[:, :-1], (0, -(negative.shape[1] - 1) % block))
    # crossed[n] lies between samples n and n + 1. A frame of N samples from s on has its last within it at s + N - 2:
    #   blocks of crossings   |s ........ |.......... |.. s+N-2, s+N-1|
    #   so the one at s + N - 1, between this frame and what follows, is taken off again.
    blocks = crossed.view(torch.uint8).unflatten(1, (-1, block)).sum(-1, dtype=torch.int32)
    summed = torch.nn.functional.pad(blocks.cumsum(1), (1, 0))
    first = torch.arange(spectrum.frame_mask.shape[1], device=crossed.device) * spectrum.hop_length
    last = first + spectrum.n_fft - 1
    inside = summed[:, (last + 1) // block] - summed[:, first // block] - crossed[:, last].int()
    return (inside / spectrum.n_fft).unsqueeze(1)


@computed_once
def amplitude_envelope(spectrum: Spectrum) -> torch.Tensor:
    """Largest sample of each frame, full scale is 1; a frame that reaches past the sound holds zeros there."""
    return _framed(spectrum).amax(-1).unsqueeze(1)


@computed_once
def root_mean_square(spectrum: Spectrum) -> torch.Tensor:
    """Root mean square of each frame's samples; full scale is 1."""
    return _framed(spectrum).square().mean(-1).sqrt().unsqueeze(1)


@computed_once
def spectral_rms(spectrum: Spectrum) -> torch.Tensor:
    """Root mean square of each windowed frame, from its magnitudes by Parseval's theorem: librosa's `rms(S=…)`."""
    power = spectrum.power
    edges = power[:, :1] + power[:, -1:]  # bins without a mirror image
    return (2 * power.sum(1, keepdim=True) - edges).clamp(min=0).sqrt() / spectrum.n_fft


@computed_once
def spectral_rms_per_bin(spectrum: Spectrum) -> torch.Tensor:
    """Root mean square of a frame's magnitudes over bins: `rmse(S=…)` of librosa 0.5, which FMA's table holds."""
    return spectrum.power.mean(1, keepdim=True).sqrt()


@computed_once
def band_energy_ratio(spectrum: Spectrum, split_frequency: float = 2000.0) -> torch.Tensor:
    """Power below `split_frequency` hertz over power from there on, at most 1e10; 0 in silence."""
    split = -int(-split_frequency * spectrum.n_fft // spectrum.sampling_rate)
    low, high = spectrum.power[:, :split].sum(1, keepdim=True), spectrum.power[:, split:].sum(1, keepdim=True)
    return torch.where(low < TINY, 0.0, low / high.clamp(min=TINY)).clamp(max=LARGEST_RATIO)


@computed_once
def spectral_centroid(spectrum: Spectrum, rate: int | None = None) -> torch.Tensor:
    """Mean frequency weighted by magnitude, hertz; 0 in silence."""
    return _mean_of(spectrum, spectrum.frequencies.T) * _stretch(spectrum, rate)


@computed_once
def spectral_bandwidth(spectrum: Spectrum, rate: int | None = None) -> torch.Tensor:
    """Standard deviation of frequency weighted by magnitude, hertz; 0 in silence."""
    # Moments about the segment's own middle, so that their difference keeps its digits for a steady tone, too.
    hertz = spectrum.frequencies.T - spectral_centroid(spectrum).mean(-1, keepdim=True)
    first, second = _mean_of(spectrum, torch.cat([hertz, hertz.square()], dim=1)).chunk(2, dim=1)
    return (second - first.square()).clamp(min=0).sqrt() * _stretch(spectrum, rate)


@computed_once
def spectral_flux(spectrum: Spectrum) -> torch.Tensor:
    """
    Euclidean distance between neighbouring frames' magnitudes, each scaled to sum one, so that only a change of
    colour counts and not of loudness (pyAudioAnalysis takes its square); 0 in the first frame.
    """

    def change(
        before: torch.Tensor, after: torch.Tensor, total: torch.Tensor, next_total: torch.Tensor
    ) -> torch.Tensor:
        return torch.linalg.vector_norm(after / next_total - before / total, dim=-2, keepdim=True)

    magnitude, total = spectrum.magnitude, spectrum.total
    changes = frame_by_frame(change, magnitude[..., :-1], magnitude[..., 1:], total[..., :-1], total[..., 1:])
    return torch.nn.functional.pad(changes, (1, 0))


@computed_once
def spectral_rolloff(spectrum: Spectrum, rate: int | None = None) -> torch.Tensor:
    """Lowest bin, in hertz, below and at which lie 85 % of the summed magnitude; 0 in silence."""

    def bins_below(magnitude: torch.Tensor) -> torch.Tensor:
        summed = magnitude.mT.cumsum(-1)
        return torch.searchsorted(summed, ROLLOFF_SHARE * summed[..., -1:]).mT

    below = frame_by_frame(bins_below, spectrum.magnitude)
    return below * (spectrum.sampling_rate / spectrum.n_fft) * _stretch(spectrum, rate)


@computed_once
def spectral_flatness(spectrum: Spectrum) -> torch.Tensor:
    """Geometric over arithmetic mean of power, at least 1e-10: 1 for a flat spectrum, near 0 for a tone."""

    def of_frames(power: torch.Tensor) -> torch.Tensor:
        power = power.clamp(min=DECIBEL_FLOOR)
        return power.log().mean(-2, keepdim=True).exp() / power.mean(-2, keepdim=True)

    return frame_by_frame(of_frames, spectrum.power)


@computed_once
def spectral_contrast(spectrum: Spectrum, rate: int | None = None) -> torch.Tensor:
    """
    Peaks over valleys in seven octave bands, decibels (Jiang et al. 2002): the mean magnitude of the loudest and of the
    quietest fiftieth of a band's bins, each taken as a power, as librosa's `spectral_contrast` does.
    """
    step = (rate or spectrum.sampling_rate) / spectrum.n_fft
    frames = spectrum.magnitude.transpose(1, 2).cpu().numpy()  # whose partition takes a fifth of torch.topk's time
    extremes = np.empty((2, len(frames), len(CONTRAST_OCTAVES), frames.shape[1]), np.float32)
    for band, (first, last, count) in enumerate(_contrast_bands(frames.shape[2], step)):
        bins = frames[..., first:last]
        extremes[0, :, band] = np.partition(bins, -count, axis=-1)[..., -count:].mean(-1)
        extremes[1, :, band] = np.partition(bins, count - 1, axis=-1)[..., :count].mean(-1)
    peaks, valleys = torch.from_numpy(extremes).to(spectrum.magnitude.device)
    return _decibels(peaks, spectrum.frame_mask) - _decibels(valleys, spectrum.frame_mask)


@lru_cache
def _contrast_bands(bins: int, step: float) -> list[tuple[int, int, int]]:
    """First bin of each band, the one after its last, and how many of its bins are peaks; librosa's borders."""
    bands = []
    for index, (low, high) in enumerate(pairwise((*CONTRAST_OCTAVES, math.inf))):
        is_highest = high == math.inf
        first = math.ceil(low / step) - (index > 0)  # a bin early, into the band below
        end = bins if is_highest else math.floor(high / step) + 1
        count = max(1, round(CONTRAST_SHARE * (end - first)))
        bands.append((first, end - (not is_highest), count))  # the last bin is counted but not heard
    return bands


def _mean_of(spectrum: Spectrum, of_bins: torch.Tensor) -> torch.Tensor:
    """Means over bins, weighted by magnitude, of `(…, rows, bins)`: `(segments, rows, frames)`; 0 in silence."""
    return of_bins @ spectrum.magnitude / spectrum.total


def _framed(spectrum: Spectrum) -> torch.Tensor:
    """Samples of each frame, `(segments, frames, n_fft)`: a view, with zeros before the start and after the end."""
    half = spectrum.n_fft // 2
    return torch.nn.functional.pad(spectrum.waveform, (half, half)).unfold(1, spectrum.n_fft, spectrum.hop_length)


def _stretch(spectrum: Spectrum, rate: int | None) -> float:
    return rate / spectrum.sampling_rate if rate else 1.0


def _decibels(power: torch.Tensor, frame_mask: torch.Tensor) -> torch.Tensor:
    return _within_range(10 * power.clamp(min=DECIBEL_FLOOR).log10(), frame_mask)


def _within_range(decibels: torch.Tensor, frame_mask: torch.Tensor) -> torch.Tensor:
    """Raised to 80 dB below the loudest of the segment's real frames."""
    heard = decibels.masked_fill(frame_mask.unsqueeze(1) == 0, -torch.inf)
    return torch.maximum(decibels, heard.amax(dim=(1, 2), keepdim=True) - DYNAMIC_RANGE)


@lru_cache
def dct_matrix(count: int) -> torch.Tensor:
    """The first rows of the orthonormal DCT-II over the mel bands, float64 `(count, 128)`."""
    rows, bands = torch.arange(count, dtype=torch.float64), torch.arange(MFCC_MEL_BINS, dtype=torch.float64)
    matrix = torch.cos(torch.pi / MFCC_MEL_BINS * torch.outer(rows, bands + 0.5)) * (2 / MFCC_MEL_BINS) ** 0.5
    matrix[0] /= 2**0.5
    return matrix
