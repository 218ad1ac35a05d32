"""Frames of a descriptor's own length and rate, for definitions that no common short-time spectrum serves."""

from dataclasses import dataclass
from functools import lru_cache

import torch

from .spectrum_tonada import Spectrum


@dataclass(frozen=True, eq=False)
class Frames:
    """
    What a descriptor finds in frames of its own.

    Attributes:
        values: `(segments, columns, frames)`.
        mask: `(segments, frames)`, 1 for a frame that holds sound; each segment has at least one.
        rate: frames a second; 0 where they are not evenly spaced.
    """

    values: torch.Tensor
    mask: torch.Tensor
    rate: float


def once(values: torch.Tensor) -> Frames:
    """What a segment, `(segments, columns)`, has as a whole: a single frame."""
    return Frames(values.unsqueeze(-1), torch.ones(len(values), 1, dtype=torch.long, device=values.device), 0.0)


@dataclass(frozen=True, eq=False)
class Framing:
    """
    Where segments are cut into frames, all in samples; as in MIRtoolbox the first frame begins with the sound and the
    last ends with it or before.

    Attributes:
        length: of a frame.
        starts: of the frames, `(frames,)`.
        mask: `(segments, frames)`, 1 for a frame that ends within the sound, and always for the first.
        rate: frames a second.
    """

    length: int
    starts: torch.Tensor
    mask: torch.Tensor
    rate: float

    def of(self, waveform: torch.Tensor) -> torch.Tensor:
        """The frames of one segment, `(frames, length)`."""
        missing = max(0, self.length - len(waveform))
        return torch.nn.functional.pad(waveform, (0, missing)).unfold(0, self.length, 1)[self.starts]


def framing(spectrum: Spectrum, seconds: float, rate: float, sampling_rate: float | None = None) -> Framing:
    """
    Frames of `seconds`, `rate` a second, of a spectrum's segments.

    Args:
        spectrum: of which segments.
        seconds: length of a frame.
        rate: frames a second.
        sampling_rate: of the waveform that will be cut, hertz, if it is not the spectrum's.
    """
    sampled_at = sampling_rate or spectrum.sampling_rate
    length, hop = int(seconds * sampled_at + 1e-6), sampled_at / rate
    sounds = spectrum.sounds * (sampled_at / spectrum.sampling_rate)
    samples = spectrum.waveform.shape[1] * sampled_at / spectrum.sampling_rate
    starts = (torch.arange(max(0, int((samples - length) // hop)) + 1, dtype=torch.float64) * hop).long()
    starts = starts.to(spectrum.waveform.device)
    mask = (starts + length <= sounds.unsqueeze(1)).long()
    mask[:, 0] = 1
    return Framing(length, starts, mask, rate)


@lru_cache(maxsize=8)
def hamming_window(length: int) -> torch.Tensor:
    """Symmetric Hamming window, float64."""
    return torch.hamming_window(length, periodic=False, dtype=torch.float64)


def power_of(transformed: torch.Tensor) -> torch.Tensor:
    """Squared magnitude of complex numbers, in a third of the time that `abs` takes."""
    parts = torch.view_as_real(transformed)
    return parts[..., 0].square() + parts[..., 1].square()


def power_of_two(samples: float) -> int:
    """The least power of two that is at least `samples`."""
    return 1 << max(0, int(-(-samples // 1)) - 1).bit_length()


__all__ = ["Frames", "Framing", "framing", "hamming_window", "once", "power_of", "power_of_two"]
