"""Pitch classes: how much of each of the twelve notes sounds, whatever its octave."""

from functools import lru_cache

import torch

from .constant_q_tonada import constant_q
from .spectrum_tonada import Spectrum, computed_once
from .tuning_tonada import tuning

QUANTISATION = (0.4, 0.2, 0.1, 0.05)  # CENS: each of these shares that a class exceeds adds a quarter
CENS_FRAMES = 41  # over which they are smoothed
TONNETZ = ((7 / 6, 1.0), (3 / 2, 1.0), (2 / 3, 0.5))  # turn a semitone makes in half circles, and radius: 5th, 3rds
TINY = torch.finfo(torch.float32).tiny


@computed_once
def chroma(spectrum: Spectrum, tuned: bool = False, rate: int | None = None) -> torch.Tensor:
    """
    Power in the twelve pitch classes from C, each frame scaled so that its strongest is one; 0 in silence.

    librosa's `chroma_stft`.

    Args:
        spectrum: of which segments.
        tuned: whether to estimate each segment's tuning first, as librosa does; else A is 440 Hz.
        rate: that bins are taken to have instead of their own, hertz.
    """
    semitones = tuning(spectrum, 2, rate).tolist() if tuned else [0.0]
    banks = [chroma_filter_bank(rate or spectrum.sampling_rate, spectrum.n_fft, tuned_by) for tuned_by in semitones]
    return _scaled(torch.stack(banks).to(spectrum.power.device) @ spectrum.power, torch.inf)


@computed_once
def chroma_cqt(spectrum: Spectrum, as_librosa_05: bool = False) -> torch.Tensor:
    """Constant-Q magnitude in the twelve pitch classes from C, the strongest of a frame scaled to one; 0 in silence."""
    return _scaled(_folded(spectrum, as_librosa_05), torch.inf)


@computed_once
def chroma_cens(spectrum: Spectrum, as_librosa_05: bool = False) -> torch.Tensor:
    """
    Chroma energy normalised statistics (Müller, Kurth & Clausen 2005): shares of the pitch classes, quantised to
    quarters, smoothed over 41 frames and scaled to unit length. librosa's `chroma_cens`.
    """
    shares = _scaled(_folded(spectrum, as_librosa_05), 1)
    quarters = torch.stack([shares > step for step in QUANTISATION]).float().mean(0)
    quarters = quarters * spectrum.frame_mask.unsqueeze(1)
    window = torch.hann_window(CENS_FRAMES + 2, periodic=as_librosa_05, device=shares.device)
    around = torch.nn.functional.pad(quarters, (CENS_FRAMES // 2 + 1, CENS_FRAMES // 2 + 1))
    return _scaled(around.unfold(-1, len(window), 1) @ (window / window.sum()), 2)


@computed_once
def tonnetz(spectrum: Spectrum, as_librosa_05: bool = False) -> torch.Tensor:
    """
    Tonal centroid (Harte, Sandler & Gasser 2006) of CENS: where the frame's harmony lies on the circles of fifths,
    minor and major thirds, sine before cosine. librosa's `tonnetz`.
    """
    half_circles = torch.arange(12, dtype=torch.float64)
    rows = [
        radius * turned(torch.pi * turn * half_circles) for turn, radius in TONNETZ for turned in (torch.sin, torch.cos)
    ]
    shares = _scaled(chroma_cens(spectrum, as_librosa_05), 1)
    return torch.stack(rows).to(shares) @ shares


def _folded(spectrum: Spectrum, as_librosa_05: bool) -> torch.Tensor:
    return constant_q(spectrum, as_librosa_05).unflatten(1, (-1, 12)).sum(1)


def _scaled(frames: torch.Tensor, norm: float) -> torch.Tensor:
    size = torch.linalg.vector_norm(frames, norm, dim=1, keepdim=True)
    return frames / torch.where(size < TINY, 1.0, size)


@lru_cache(maxsize=256)
def chroma_filter_bank(sampling_rate: int, n_fft: int, tuning: float = 0.0) -> torch.Tensor:
    """
    Weights that gather bins into the twelve pitch classes from C to B, `(12, bins)`.

    Ellis' `fft2chromamx` as in librosa's `filters.chroma` with its defaults: each bin is a Gaussian bump over pitch
    classes as wide as the bin, of unit length, weighted by a Gaussian of two octaves around the fifth, where pitch is
    clearest.

    Args:
        sampling_rate: hertz.
        n_fft: window length, samples.
        tuning: deviation of A from 440 Hz, semitones.
    """
    bins = torch.arange(1, n_fft, dtype=torch.float64)
    octaves = torch.log2(bins * sampling_rate / n_fft / (440 / 16 * 2 ** (tuning / 12)))
    pitch = torch.cat([12 * octaves[:1] - 18, 12 * octaves])  # bin 0 has no pitch: 1.5 octaves below bin 1
    width = torch.cat([(pitch[1:] - pitch[:-1]).clamp(min=1), torch.ones(1, dtype=torch.float64)])
    distance = torch.remainder(pitch - torch.arange(12, dtype=torch.float64).unsqueeze(1) + 6, 12) - 6
    weights = torch.exp(-0.5 * (2 * distance / width).square())
    weights = weights / weights.norm(dim=0, keepdim=True)
    weights = weights * torch.exp(-0.5 * ((pitch / 12 - 5) / 2).square())
    return weights.roll(-3, dims=0)[:, : n_fft // 2 + 1].float().contiguous()  # from A to C as the first row


__all__ = ["chroma", "chroma_cens", "chroma_cqt", "chroma_filter_bank", "tonnetz"]
