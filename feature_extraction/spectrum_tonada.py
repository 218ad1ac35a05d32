"""The short-time spectrum that every feature shares, and the filter banks that read it."""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torchaudio

POWER_FLOOR = 1e-5
"""
Mel power below it counts as silence: -50 dB, some 60 dB below the louder bands of a song at its level. Most of what
codecs drop because nobody hears it lies below, so that a song and its mp3 look alike.
"""


@dataclass(frozen=True)
class Spectrum:
    """
    Magnitudes of Hann-windowed frames, zero-padded half a window at both ends as in librosa's `stft`.

    Nothing in it lies above `max_frequency`: those bins are zero and mel bands end there.

    Attributes:
        magnitude: `(segments, bins, frames)`.
        waveform: what it was computed from, `(segments, samples)`.
        sampling_rate: hertz.
        n_fft: window length, samples.
        hop_length: samples from one frame to the next.
        max_frequency: hertz.
    """

    magnitude: torch.Tensor
    waveform: torch.Tensor
    sampling_rate: int
    n_fft: int
    hop_length: int
    max_frequency: float

    @classmethod
    def of(
        cls, waveform: torch.Tensor, sampling_rate: int, n_fft: int, hop_length: int, max_frequency: float
    ) -> "Spectrum":
        """The spectrum of `(segments, samples)`; frames are `1 + samples // hop_length`."""
        complex_spectrum = torch.stft(
            waveform,
            n_fft,
            hop_length,
            window=hann_window(n_fft),
            center=True,
            pad_mode="constant",
            return_complex=True,
        )
        magnitude = complex_spectrum.abs()
        magnitude[:, int(max_frequency * n_fft / sampling_rate) + 1 :] = 0
        return cls(magnitude, waveform, sampling_rate, n_fft, hop_length, max_frequency)

    @property
    def frequencies(self) -> torch.Tensor:
        """Centre of each bin in hertz, `(bins, 1)`."""
        return torch.linspace(0, self.sampling_rate / 2, self.magnitude.shape[1]).unsqueeze(1)

    def mel_decibels(self, num_mel_bins: int, floor: float = POWER_FLOOR) -> torch.Tensor:
        """Power in mel bands, `(segments, num_mel_bins, frames)`, in decibels above a power of one."""
        bank = mel_filter_bank(self.sampling_rate, self.n_fft, num_mel_bins, self.max_frequency)
        return 10 * (bank @ self.magnitude.square()).clamp(min=floor).log10()


@lru_cache
def hann_window(length: int) -> torch.Tensor:
    """Periodic Hann window."""
    return torch.hann_window(length)


@lru_cache
def mel_filter_bank(sampling_rate: int, n_fft: int, num_mel_bins: int, max_frequency: float) -> torch.Tensor:
    """Triangles of equal area on Slaney's mel scale from 0 to `max_frequency` hertz, `(mels, bins)`, as librosa's."""
    bank = torchaudio.functional.melscale_fbanks(
        n_fft // 2 + 1, 0.0, max_frequency, num_mel_bins, sampling_rate, norm="slaney", mel_scale="slaney"
    )
    return bank.T.contiguous()


@lru_cache
def chroma_filter_bank(sampling_rate: int, n_fft: int) -> torch.Tensor:
    """
    Weights that gather bins into the twelve pitch classes from C to B, `(12, bins)`.

    Ellis' `fft2chromamx` as in librosa's `filters.chroma` with its defaults and no tuning: each bin is a Gaussian
    bump over pitch classes as wide as the bin, of unit length, weighted by a Gaussian of two octaves around the
    fifth, where pitch is clearest.
    """
    bins = torch.arange(1, n_fft, dtype=torch.float64)
    octaves = torch.log2(bins * sampling_rate / n_fft / (440 / 16))
    pitch = torch.cat([12 * octaves[:1] - 18, 12 * octaves])  # bin 0 has no pitch: 1.5 octaves below bin 1
    width = torch.cat([(pitch[1:] - pitch[:-1]).clamp(min=1), torch.ones(1, dtype=torch.float64)])
    distance = torch.remainder(pitch - torch.arange(12, dtype=torch.float64).unsqueeze(1) + 6, 12) - 6
    weights = torch.exp(-0.5 * (2 * distance / width).square())
    weights = weights / weights.norm(dim=0, keepdim=True)
    weights = weights * torch.exp(-0.5 * ((pitch / 12 - 5) / 2).square())
    return weights.roll(-3, dims=0)[:, : n_fft // 2 + 1].float().contiguous()  # from A to C as the first row


__all__ = ["Spectrum", "chroma_filter_bank", "hann_window", "mel_filter_bank"]
