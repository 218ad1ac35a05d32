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
QUALITY = (2 ** (2 / SEMITONES) + 1) / (2 ** (2 / SEMITONES) - 1)  # cycles in a window
QUALITY_05 = 1 / (2 ** (1 / SEMITONES) - 1)  # the same in librosa 0.5
HANN_BANDWIDTH = 1.5  # bins
PASSED = 0.913  # share of the band below half the new rate that halving leaves as it is, as librosa's soxr does
REJECTION = 100.0  # decibels, of what would fold back
HALVED_AT_ONCE = 64  # samples of one product: fewer repeat themselves, more multiply zeros
DROPPED = 0.01  # share of a filter's spectrum, its smallest parts, that librosa leaves out


@computed_once
def constant_q(spectrum: Spectrum, as_librosa_05: bool = False) -> torch.Tensor:
    """
    Magnitude of the constant-Q transform, `(segments, 84, frames)`: librosa's `cqt` with its tuning estimated.

    An octave lower is the same twelve filters over half the rate (Schörkhuber & Klapuri 2010), so the waveform is
    halved in rate again and again. librosa's resampler (soxr) is another low-pass filter of the same band.

    Args:
        spectrum: whose waveform is transformed, and whose peaks tell the tuning.
        as_librosa_05: whether to cut windows as librosa 0.5 did: 3 % shorter, not quite in the middle of the frame, and
            correlated with the sound where 0.11 convolves. Magnitudes differ by some 2 %.
    """
    waveform, hop = spectrum.waveform, spectrum.hop_length
    skipped = _octaves_skipped(spectrum.sampling_rate, hop)
    rate = spectrum.sampling_rate / 2**skipped
    banks = [_filters(semitones, rate, as_librosa_05) for semitones in tuning(spectrum).tolist()]
    filters = torch.stack([bank for bank, _ in banks]).to(spectrum.waveform.device)
    lengths = torch.stack([length for _, length in banks]).to(filters.device)
    octaves: list[torch.Tensor] = []
    for times in range(skipped + OCTAVES):  # halved so far
        if times >= skipped:
            response = _response(waveform, filters, hop, spectrum.pad_mode)[..., : spectrum.frame_mask.shape[1]]
            # librosa keeps the energy of what it halves (sqrt(2) a time), evens out shorter filters (sqrt(2) an
            # octave), and divides by the square root of the length that a filter would have at the first rate.
            octave = times - skipped
            scale = 2 ** ((times + octave) / 2) / (lengths * 2**octave).sqrt()
            octaves.insert(0, scale.unsqueeze(-1) * response)
        waveform, hop = _halved(waveform), hop // 2
    return torch.cat(octaves, dim=1)


def _octaves_skipped(sampling_rate: int, hop_length: int) -> int:
    """Halvings at once, where the rate is so high that even the top octave lies below a quarter of it."""
    highest = LOWEST * 2 ** (OCTAVES - 1 / SEMITONES) * (1 + HANN_BANDWIDTH / 2 / QUALITY)
    spare = math.ceil(math.log2(sampling_rate / 2 / highest)) - 2
    halvings_of_hop = (hop_length & -hop_length).bit_length() - 1
    return max(0, min(spare, halvings_of_hop - OCTAVES + 1))


@lru_cache(maxsize=256)
def _filters(semitones: float, rate: float, as_librosa_05: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Twelve filters of the top octave, real parts above imaginary ones `(24, taps)`, and their lengths `(12,)`."""
    top = LOWEST * 2 ** (OCTAVES - 1 + (np.arange(SEMITONES) + semitones) / SEMITONES)
    lengths = (QUALITY_05 if as_librosa_05 else QUALITY) * rate / top
    taps = 2 ** math.ceil(math.log2(lengths.max()))
    filters = np.zeros((SEMITONES, taps), complex)
    for row, length, hertz in zip(filters, lengths, top, strict=True):
        time = np.arange(length) if as_librosa_05 else np.arange(-length // 2, length // 2)
        whole = int(length) if as_librosa_05 else len(time)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(whole) / whole)
        start = (taps - len(time)) // 2
        row[start : start + len(time)] = np.exp(2j * np.pi * time * hertz / rate)
        row[start : start + whole] *= window / window.sum()
        row[start + whole :] = 0
    transformed = _without_smallest(np.fft.fft(filters * lengths[:, np.newaxis] / taps)[:, : taps // 2 + 1])
    # Their product with a frame's transform, bin by bin, is a product with the frame itself:
    #   sum_k B[k] sum_n x[n] exp(-2 pi i k n / N)  =  sum_n x[n] (sum_k B[k] exp(-2 pi i k n / N))
    # librosa 0.5 takes the conjugate of the frame's transform, which turns the sign of the exponent.
    kernels = np.fft.ifft(transformed, n=taps, norm="forward") if as_librosa_05 else np.fft.fft(transformed, n=taps)
    return torch.from_numpy(np.concatenate([kernels.real, kernels.imag])).float(), torch.from_numpy(lengths).float()


def _without_smallest(rows: np.ndarray) -> np.ndarray:
    """librosa's `sparsify_rows`: of each row, the smallest entries that together make up less than a hundredth go."""
    size = np.abs(rows)
    ordered = np.sort(size, axis=1)
    summed = np.cumsum(ordered / size.sum(1, keepdims=True), axis=1)
    smallest_kept = np.take_along_axis(ordered, np.argmin(summed < DROPPED, axis=1)[:, np.newaxis], axis=1)
    return np.where(size >= smallest_kept, rows, 0)


def _halved(waveform: torch.Tensor) -> torch.Tensor:
    """The waveform, `(segments, samples)`, at half its rate."""
    samples = -(-waveform.shape[1] // 2)
    reach = _half_band().shape[0] - 2 * HALVED_AT_ONCE
    blocks = -(-samples // HALVED_AT_ONCE)
    enough = 2 * HALVED_AT_ONCE * blocks + reach // 2 - waveform.shape[1]
    padded = torch.nn.functional.pad(waveform, (reach // 2, enough + HALVED_AT_ONCE))
    frames = padded.unfold(1, _half_band().shape[0], 2 * HALVED_AT_ONCE)[:, :blocks]
    matrix = _half_band().to(waveform.device)
    return torch.stack([segment @ matrix for segment in frames]).flatten(1)[:, :samples]  # alike in any company


@lru_cache
def _half_band() -> torch.Tensor:
    """
    A low-pass filter that keeps every other sample, as a matrix from a frame to `HALVED_AT_ONCE` of them.

    A sinc in a Kaiser window that falls from the passed share of the band to nothing at half the new rate, by 100 dB
    (Oppenheim & Schafer, Discrete-time signal processing, sec. 7.6):

        taps  = (100 - 8) / (2.285 * transition)      beta = 0.1102 * (100 - 8.7)
    """
    transition = (1 - PASSED) * math.pi / 2
    half = math.ceil((REJECTION - 8) / (2.285 * transition) / 2)
    time = torch.arange(-half, half + 1, dtype=torch.float64)
    window = torch.kaiser_window(2 * half + 1, periodic=False, beta=0.1102 * (REJECTION - 8.7), dtype=torch.float64)
    cutoff = (1 + PASSED) / 4  # of the old rate's half: the middle of the fall
    taps = cutoff * torch.sinc(cutoff * time) * window
    matrix = torch.zeros(2 * half + 2 * HALVED_AT_ONCE, HALVED_AT_ONCE, dtype=torch.float64)
    for output in range(HALVED_AT_ONCE):
        matrix[2 * output : 2 * output + 2 * half + 1, output] = taps / taps.sum()
    return matrix.float()


def _response(waveform: torch.Tensor, filters: torch.Tensor, hop_length: int, pad_mode: str) -> torch.Tensor:
    """Magnitude of the filters' answer at each frame, `(segments, 12, frames)`."""
    taps = filters.shape[-1]
    padded = torch.nn.functional.pad(waveform.unsqueeze(1), (taps // 2, taps // 2), mode=pad_mode).squeeze(1)
    frames = padded.unfold(1, taps, hop_length)
    real, imaginary = (filters @ frames.transpose(1, 2)).chunk(2, dim=1)
    return (real.square() + imaginary.square()).sqrt()


__all__ = ["constant_q"]
