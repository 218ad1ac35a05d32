"""
Low-level descriptors of each frame, functionals that sum up a segment, and the sets that name them.

Definitions are librosa 0.11's where it has one, with the tuning of chroma fixed at A = 440 Hz so that a
segment's descriptors depend on that segment alone. Every function takes a `Spectrum` and returns
`(segments, columns, frames)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
import torchaudio

from .spectrum_tonada import Spectrum, chroma_filter_bank

MFCC_MEL_BINS = 128
MFCC_POWER_FLOOR = 1e-10
MFCC_DYNAMIC_RANGE = 80.0  # decibels below the segment's loudest band, librosa's `top_db`
ROLLOFF_SHARE = 0.85
TINY = torch.finfo(torch.float32).tiny


def mfcc(spectrum: Spectrum, frame_mask: torch.Tensor, count: int = 13) -> torch.Tensor:
    """Mel-frequency cepstral coefficients: orthonormal DCT-II of 128 mel bands in decibels."""
    decibels = spectrum.mel_decibels(MFCC_MEL_BINS, floor=MFCC_POWER_FLOOR)
    heard = decibels.masked_fill(~frame_mask.bool().unsqueeze(1), -torch.inf)
    decibels = torch.maximum(decibels, heard.amax(dim=(1, 2), keepdim=True) - MFCC_DYNAMIC_RANGE)
    return dct_matrix(count) @ decibels


def zero_crossing_rate(spectrum: Spectrum) -> torch.Tensor:
    """Share of neighbouring samples of a frame that differ in sign; a rate in [0, 1], zero counts as positive."""
    half = spectrum.n_fft // 2
    waveform = torch.nn.functional.pad(spectrum.waveform, (half, half))
    sign = torch.signbit(waveform)
    crossings = torch.nn.functional.pad((sign[:, 1:] != sign[:, :-1]).int(), (1, 0)).cumsum(1)
    # crossings[n] counts those up to sample n; a frame of N samples has its first crossing at start + 1:
    #   sample     start  start+1  …  start+N-1
    #   counted             [                 ]   = crossings[start + N - 1] - crossings[start]
    frames = crossings.unfold(1, spectrum.n_fft, spectrum.hop_length)
    return ((frames[..., -1] - frames[..., 0]) / spectrum.n_fft).unsqueeze(1)


def spectral_centroid(spectrum: Spectrum) -> torch.Tensor:
    """Mean frequency weighted by magnitude, hertz; 0 in silence."""
    return (_distribution(spectrum) * spectrum.frequencies).sum(1, keepdim=True)


def spectral_bandwidth(spectrum: Spectrum, centroid: torch.Tensor) -> torch.Tensor:
    """Standard deviation of frequency weighted by magnitude, hertz; 0 in silence."""
    return (_distribution(spectrum) * (spectrum.frequencies - centroid).square()).sum(1, keepdim=True).sqrt()


def spectral_flux(spectrum: Spectrum) -> torch.Tensor:
    """
    Euclidean distance between neighbouring frames' magnitudes, each scaled to sum one, so that only a change of
    colour counts and not of loudness (pyAudioAnalysis takes its square); 0 in the first frame.
    """
    distribution = _distribution(spectrum)
    change = (distribution[..., 1:] - distribution[..., :-1]).square().sum(1, keepdim=True).sqrt()
    return torch.nn.functional.pad(change, (1, 0))


def spectral_rolloff(spectrum: Spectrum) -> torch.Tensor:
    """Lowest bin, in hertz, below and at which lie 85 % of the summed magnitude; 0 in silence."""
    summed = spectrum.magnitude.cumsum(1)
    below = (summed < ROLLOFF_SHARE * summed[:, -1:]).sum(1, keepdim=True)
    return below * (spectrum.sampling_rate / spectrum.n_fft)


def chroma(spectrum: Spectrum) -> torch.Tensor:
    """Power in the twelve pitch classes from C, each frame scaled so that its strongest is one; 0 in silence."""
    power = chroma_filter_bank(spectrum.sampling_rate, spectrum.n_fft) @ spectrum.magnitude.square()
    peak = power.amax(1, keepdim=True)
    return power / torch.where(peak < TINY, torch.ones_like(peak), peak)


def _distribution(spectrum: Spectrum) -> torch.Tensor:
    total = spectrum.magnitude.sum(1, keepdim=True)
    return spectrum.magnitude / torch.where(total < TINY, torch.ones_like(total), total)


@lru_cache
def dct_matrix(count: int) -> torch.Tensor:
    """The first rows of the orthonormal DCT-II over the mel bands, `(count, 128)`."""
    return torchaudio.functional.create_dct(count, MFCC_MEL_BINS, "ortho").T.contiguous()


def mean(frames: torch.Tensor, frame_mask: torch.Tensor) -> torch.Tensor:
    """Mean over real frames: `(segments, columns)`."""
    real = frame_mask.unsqueeze(1)
    return (frames * real).sum(-1) / real.sum(-1)


def variance(frames: torch.Tensor, frame_mask: torch.Tensor) -> torch.Tensor:
    """Variance over real frames, divided by their number: `(segments, columns)`."""
    return mean((frames - mean(frames, frame_mask).unsqueeze(-1)).square(), frame_mask)


def maximum(frames: torch.Tensor, frame_mask: torch.Tensor) -> torch.Tensor:
    """Maximum over real frames: `(segments, columns)`."""
    return frames.masked_fill(~frame_mask.bool().unsqueeze(1), -torch.inf).amax(-1)


@dataclass(frozen=True)
class DescriptorSet:
    """A named set: its columns in order, and the function that fills them, `(segments, len(columns))`."""

    columns: tuple[str, ...]
    compute: Callable[[Spectrum, torch.Tensor], torch.Tensor]


def _hsf90(spectrum: Spectrum, frame_mask: torch.Tensor) -> torch.Tensor:
    centroid = spectral_centroid(spectrum)
    frames = torch.cat(
        [
            mfcc(spectrum, frame_mask),
            zero_crossing_rate(spectrum),
            centroid,
            spectral_bandwidth(spectrum, centroid),
            spectral_flux(spectrum),
            spectral_rolloff(spectrum),
            chroma(spectrum),
        ],
        dim=1,
    )
    return torch.cat([functional(frames, frame_mask) for functional in (mean, variance, maximum)], dim=-1)


_PITCH_CLASSES = ("c", "c_sharp", "d", "d_sharp", "e", "f", "f_sharp", "g", "g_sharp", "a", "a_sharp", "b")
_HSF90_FRAMES = (
    *(f"mfcc_{number}" for number in range(1, 14)),
    *("zero_crossing_rate", "spectral_centroid", "spectral_bandwidth", "spectral_flux", "spectral_rolloff"),
    *(f"chroma_{name}" for name in _PITCH_CLASSES),
)

DESCRIPTOR_SETS = {
    # The low-level descriptors and high-level statistics that Jia 2022 names: 30 x (mean, variance, maximum).
    "hsf90": DescriptorSet(
        tuple(f"{name}_{statistic}" for statistic in ("mean", "variance", "maximum") for name in _HSF90_FRAMES), _hsf90
    ),
}

__all__ = ["DESCRIPTOR_SETS", "DescriptorSet"]
