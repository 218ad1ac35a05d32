"""Constant-Q transform: seven octaves of semitones from C1, each heard through a window of equally many cycles."""

import math
from functools import lru_cache

import numpy as np
import torch

from .spectrum_tonada import Spectrum, computed_once
from .tuning_tonada import tuning

OCTAVES = 7
SEMITONES = 12
LOWEST = 440 * 2 ** (-45 / 12)  # C1, hertz
QUALITY = (2 ** (2 / SEMITONES) + 1) / (2 ** (2 / SEMITONES) - 1)  # cycles in a window, librosa 0.11
HANN_BANDWIDTH = 1.5  # bins
DROPPED = 0.01  # share of a filter's spectrum, its smallest parts, that librosa leaves out


@computed_once
def constant_q(spectrum: Spectrum, quality: float = QUALITY) -> torch.Tensor:
    """
    Magnitude of the constant-Q transform, `(segments, 84, frames)`: librosa's `cqt` with its tuning estimated.

    An octave lower is the same twelve filters over half the rate (Schörkhuber & Klapuri 2010), so the waveform is
    halved in rate again and again. librosa halves with a filter of finite steepness, this by cutting the segment's
    Fourier transform; what lies below both agrees to 1e-3 of the loudest.

    Args:
        spectrum: whose waveform is transformed, and whose peaks tell the tuning.
        quality: cycles in a window.
    """
    skipped = _octaves_skipped(spectrum.sampling_rate, spectrum.hop_length)
    rate = spectrum.sampling_rate / 2**skipped
    banks = [_filters(semitones, rate, quality) for semitones in tuning(spectrum).tolist()]
    filters = torch.stack([bank for bank, _ in banks]).to(spectrum.waveform.device)
    lengths = torch.stack([length for _, length in banks]).to(filters.device)
    octaves: list[torch.Tensor] = []
    for octave, waveform in enumerate(_halved(spectrum.waveform, skipped, OCTAVES)):
        response = _response(waveform, filters, spectrum.hop_length >> (skipped + octave), spectrum.pad_mode)
        # librosa keeps the energy of what it halves (sqrt(2) a time), evens out shorter filters (sqrt(2) an octave),
        # and divides by the square root of the length that the filter would have at the first rate.
        scale = 2 ** ((skipped + 2 * octave) / 2) / (lengths * 2**octave).sqrt()
        octaves.insert(0, scale.unsqueeze(-1) * response[..., : spectrum.frame_mask.shape[1]])  # halves are rounded up
    return torch.cat(octaves, dim=1)


def _octaves_skipped(sampling_rate: int, hop_length: int) -> int:
    """Halvings at once, where the rate is so high that even the top octave lies below a quarter of it."""
    highest = LOWEST * 2 ** (OCTAVES - 1 / SEMITONES) * (1 + HANN_BANDWIDTH / 2 / QUALITY)
    spare = math.ceil(math.log2(sampling_rate / 2 / highest)) - 2
    halvings_of_hop = (hop_length & -hop_length).bit_length() - 1
    return max(0, min(spare, halvings_of_hop - OCTAVES + 1))


@lru_cache(maxsize=256)
def _filters(semitones: float, rate: float, quality: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Twelve filters of the top octave, real parts above imaginary ones `(24, taps)`, and their lengths `(12,)`."""
    top = LOWEST * 2 ** (OCTAVES - 1 + (np.arange(SEMITONES) + semitones) / SEMITONES)
    lengths = quality * rate / top
    taps = 2 ** math.ceil(math.log2(lengths.max()))
    filters = np.zeros((SEMITONES, taps), complex)
    for row, length, hertz in zip(filters, lengths, top, strict=True):
        time = np.arange(-length // 2, length // 2)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(time)) / len(time))
        start = (taps - len(time)) // 2
        row[start : start + len(time)] = window / window.sum() * np.exp(2j * np.pi * time * hertz / rate)
    transformed = _without_smallest(np.fft.fft(filters * lengths[:, np.newaxis] / taps)[:, : taps // 2 + 1])
    # Their product with a frame's transform, bin by bin, is a product with the frame itself:
    #   sum_k B[k] sum_n x[n] exp(-2 pi i k n / N)  =  sum_n x[n] (sum_k B[k] exp(-2 pi i k n / N))
    kernels = np.fft.fft(transformed, n=taps)
    return torch.from_numpy(np.concatenate([kernels.real, kernels.imag])).float(), torch.from_numpy(lengths).float()


def _without_smallest(rows: np.ndarray) -> np.ndarray:
    """librosa's `sparsify_rows`: of each row, the smallest entries that together make up less than a hundredth go."""
    size = np.abs(rows)
    ordered = np.sort(size, axis=1)
    summed = np.cumsum(ordered / size.sum(1, keepdims=True), axis=1)
    smallest_kept = np.take_along_axis(ordered, np.argmin(summed < DROPPED, axis=1)[:, np.newaxis], axis=1)
    return np.where(size >= smallest_kept, rows, 0)


def _halved(waveform: torch.Tensor, first: int, count: int) -> list[torch.Tensor]:
    """The waveform at 1/2^first of its rate, and `count - 1` times half of that."""
    samples = waveform.shape[1]
    coarsest = 2 ** max(first + count, samples.bit_length() - 4)  # so that its length has small factors
    padded = -(-samples // coarsest) * coarsest
    transformed = torch.fft.rfft(waveform, n=padded)
    halved = []
    for times in range(first, first + count):
        length = padded >> times
        cut = torch.fft.irfft(transformed[:, : length // 2 + 1], n=length) / 2**times if times else waveform
        halved.append(cut[:, : -(-samples >> times)])
    return halved


def _response(waveform: torch.Tensor, filters: torch.Tensor, hop_length: int, pad_mode: str) -> torch.Tensor:
    """Magnitude of the filters' answer at each frame, `(segments, 12, frames)`."""
    taps = filters.shape[-1]
    padded = torch.nn.functional.pad(waveform.unsqueeze(1), (taps // 2, taps // 2), mode=pad_mode).squeeze(1)
    frames = padded.unfold(1, taps, hop_length)
    real, imaginary = (filters @ frames.transpose(1, 2)).chunk(2, dim=1)
    return torch.hypot(real, imaginary)


__all__ = ["constant_q"]
