"""Log-mel spectrograms, each as the network that hears it was trained with."""

import math
from collections.abc import Callable

import torch
import torchaudio
from torch import nn


class LogMel(nn.Module):
    """
    Stretches of sound, `(stretches, samples)`, to `(stretches, frames, bands)`. Frames are not centred: the first
    begins with the first sample, and samples that do not fill a last frame are not heard.

    Args:
        bank: what each bin gives to each band, `(bins, bands)`; its bins tell the length of the transform.
        window: samples of a frame, under a periodic Hann window; zeros fill it up to the transform.
        hop: samples from one frame to the next.
        power: 1 for magnitudes, 2 for their squares.
        compress: from a band's sum to what the network hears.
    """

    window: torch.Tensor
    bank: torch.Tensor

    def __init__(
        self, bank: torch.Tensor, window: int, hop: int, power: int, compress: Callable[[torch.Tensor], torch.Tensor]
    ):
        super().__init__()
        self.hop, self.power, self.compress = hop, power, compress
        self.register_buffer("bank", bank, persistent=False)
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    def forward(self, stretches: torch.Tensor) -> torch.Tensor:
        with torch.autocast(stretches.device.type, enabled=False):  # squares do not fit into half precision
            frames = stretches.unfold(-1, len(self.window), self.hop)
            spectrum = torch.fft.rfft(frames * self.window, n=2 * (len(self.bank) - 1))
            return self.compress(spectrum.abs() ** self.power @ self.bank)


def musicnn_log_mel() -> LogMel:
    """librosa's mel power as musicnn compresses it (Pons & Serra 2019): 96 bands, 62.5 frames a second at 16 kHz."""
    bank = torchaudio.functional.melscale_fbanks(257, 0.0, 8000.0, 96, 16000, norm="slaney", mel_scale="slaney")
    return LogMel(bank, 512, 256, 2, lambda power: (10_000 * power + 1).log10())


def fcn_log_mel() -> LogMel:
    """torchaudio's default mel power in decibels (Won et al. 2020): 96 bands, 62.5 frames a second at 16 kHz."""
    bank = torchaudio.functional.melscale_fbanks(257, 0.0, 8000.0, 96, 16000)
    return LogMel(bank, 512, 256, 2, lambda power: 10 * power.clamp(min=1e-10).log10())


def audioset_log_mel(offset: float) -> LogMel:
    """
    What VGGish and YAMNet hear (Hershey et al. 2017): 64 bands from 125 to 7,500 Hz, 100 frames a second at 16 kHz.

    Args:
        offset: added before the logarithm; 0.01 for VGGish, 0.001 for YAMNet.
    """
    return LogMel(audioset_bank(), 400, 160, 1, lambda magnitude: (magnitude + offset).log())


def audioset_bank() -> torch.Tensor:
    """
    Google's filter bank, `(257, 64)`: triangles whose sides are straight over mel, where others' are straight over
    hertz. The bin at 0 Hz counts for nothing.
    """
    bins, edges = _htk_mel(torch.linspace(0, 8000, 257)), _htk_mel(torch.tensor([125.0, 7500.0]))
    corners = torch.linspace(float(edges[0]), float(edges[1]), 66, dtype=torch.float64)
    width = corners[1] - corners[0]
    bank = (1 - (bins[:, None] - corners[1:-1]).abs() / width).clamp(min=0)
    bank[0] = 0
    return bank.float()


def _htk_mel(hertz: torch.Tensor) -> torch.Tensor:
    return 1127 * (1 + hertz.double() / 700).log()


class OpenL3Decibels(nn.Module):
    """
    What OpenL3 hears (Cramer et al. 2019, as kapre 0.1.4 computes it): the root of mel power in decibels below its
    loudest, at least -80. Seconds at 48 kHz, `(stretches, 48000)`, to `(stretches, bands, 199)`.

    The filter bank is part of the published weights, and nothing without them.
    """

    mel_basis: torch.Tensor
    window: torch.Tensor

    WINDOW, HOP = 2048, 242
    PADDING = (WINDOW - 48000 % HOP) // 2  # zeros on both sides, by which kapre's "same" makes ceil(48000 / HOP) frames

    def __init__(self, bands: int = 256):
        super().__init__()
        self.register_buffer("mel_basis", torch.zeros(bands, self.WINDOW // 2 + 1))
        self.register_buffer("window", torch.hann_window(self.WINDOW), persistent=False)

    def forward(self, stretches: torch.Tensor) -> torch.Tensor:
        frames = nn.functional.pad(stretches, (self.PADDING, self.PADDING)).unfold(-1, self.WINDOW, self.HOP)
        power = torch.fft.rfft(frames * self.window).abs() ** 2
        decibels = 10 / math.log(10) * (power @ self.mel_basis.T).sqrt().clamp(min=1e-10).log()
        loudest = decibels.amax((1, 2), keepdim=True)
        return (decibels - loudest).clamp(min=-80).transpose(1, 2)
