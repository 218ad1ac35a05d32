"""Fluctuation: how strongly loudness in critical bands moves at the speeds of rhythm (Pampalk, Rauber & Merkl 2002)."""

from functools import lru_cache

import torch

from .frames_tonada import Frames, Framing, framing, hamming_window, once, power_of, power_of_two
from .spectrum_tonada import Spectrum, computed_once

SECONDS, RATE = 0.023, 80.0
BARK_EDGES = (
    *(100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400),
    *(7700, 9500, 12000, 15500),
)  # upper ends of the critical bands, hertz (Zwicker & Fastl)
FASTEST, STRONGEST = 10.0, 4.0  # hertz, where the spectrum of loudness ends, and the speed that is felt most
RESOLUTION = 0.01  # hertz
FLOOR = 1e-16  # power
NOTHING = 1e-20  # a weight so small that its products would be denormal numbers, on which processors are slow


@computed_once
def fluctuation(spectrum: Spectrum) -> Frames:
    """
    Mean over critical bands and speeds up to 10 Hz of the spectrum of loudness, one number a segment; 0 in silence.

    MIRtoolbox's `mirfluctuation`: power in frames of 23 ms, 80 a second, weighted by the outer ear (Terhardt), summed
    in critical bands, spread to their neighbours (Schroeder et al. 1979) and in decibels; then the magnitude of each
    band's transform along time, over the duration, weighted by how strongly that speed is felt (4 Hz most).
    """
    frames, power = brief_power(spectrum)
    rate, bins = spectrum.sampling_rate, power.shape[-1]
    bark = _bark_bank(rate, bins).to(power.device)
    decibels = 10 * (power @ bark.T).clamp(min=FLOOR).log10() * frames.mask.unsqueeze(-1)

    size = power_of_two(max(decibels.shape[1], RATE / RESOLUTION))
    step = RATE / size
    speeds = torch.arange(-int(-FASTEST // step) + 1, device=power.device) * step
    felt = torch.minimum(speeds / STRONGEST, 1 - 0.3 * (speeds - STRONGEST) / (FASTEST - STRONGEST))
    moving = torch.fft.rfft(decibels, n=size, dim=1)[:, : len(speeds)].abs() * felt.unsqueeze(-1)
    seconds = (frames.mask.sum(1) - 1) / RATE + frames.length / rate
    return once((moving.mean((1, 2)) / seconds * (power.amax((1, 2)) > 0)).unsqueeze(1))


@computed_once
def brief_power(spectrum: Spectrum) -> tuple[Framing, torch.Tensor]:
    """Power of 23-ms Hamming windows, 80 a second: where they stand, and `(segments, frames, bins)`."""
    frames = framing(spectrum, SECONDS, RATE)
    window = hamming_window(frames.length).to(spectrum.waveform)
    size = power_of_two(frames.length)
    windowed = [frames.of(waveform) * window for waveform in spectrum.waveform]
    return frames, torch.stack([power_of(torch.fft.rfft(segment, n=size)) for segment in windowed])


@lru_cache
def _bark_bank(sampling_rate: int, bins: int) -> torch.Tensor:
    """Weights from bins to the critical bands that the rate reaches, the ear's and the neighbours' part in them."""
    hertz = torch.arange(bins, dtype=torch.float64) * sampling_rate / (2 * (bins - 1))
    kilohertz = hertz / 1000
    ear = -3.64 * kilohertz**-0.8 + 6.5 * torch.exp(-0.6 * (kilohertz - 3.3) ** 2) - 1e-3 * kilohertz**4
    bands = 1 + sum(edge <= sampling_rate / 2 for edge in BARK_EDGES[:-1])
    edges = torch.tensor(BARK_EDGES[:bands], dtype=torch.float64)
    member = torch.searchsorted(edges, hertz) == torch.arange(bands).unsqueeze(1)
    number = torch.arange(bands, dtype=torch.float64)
    apart = number.unsqueeze(1) - number + 0.474
    spread = 15.81 + 7.5 * apart - 17.5 * (1 + apart**2).sqrt()  # decibels
    bank = 10 ** (spread / 10) @ (member * 10 ** (ear / 10))
    return torch.where(bank > NOTHING, bank, 0.0).float()


__all__ = ["brief_power", "fluctuation"]
