"""The short-time spectrum that every feature shares, and the mel filter bank that reads it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import torch
import torchaudio

from .segments_tonada import frame_mask

POWER_FLOOR = 1e-5
"""
Mel power below it counts as silence: -50 dB, some 60 dB below the louder bands of a song at its level. Most of what
codecs drop because nobody hears it lies below, so that a song and its mp3 look alike.
"""

FRAMES_AT_ONCE = 64  # their transforms stay in the processor's cache
ROWS_OF_BLOCK = 16  # mel filters read at once: each hears few bins, and most of the whole bank is zero

Settings = ParamSpec("Settings")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Spectrum:
    """
    Segments of sound and the magnitudes of their Hann-windowed frames, centred at 0, hop, 2 hop, … as in librosa.

    Nothing in the magnitudes lies above `max_frequency`: those bins are zero and mel bands end there.

    Attributes:
        waveform: `(segments, samples)`.
        sounds: `(segments,)`, int64: how many of a segment's samples are sound and not padding behind it.
        sampling_rate: hertz.
        n_fft: window length, samples.
        hop_length: samples from one frame to the next.
        max_frequency: hertz.
        pad_mode: what stands for sound before the start and after the end: `"constant"` zeros, or `"reflect"`.
    """

    waveform: torch.Tensor
    sounds: torch.Tensor
    sampling_rate: int
    n_fft: int
    hop_length: int
    max_frequency: float
    pad_mode: str = "constant"
    computed: dict[tuple, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def frame_mask(self) -> torch.Tensor:
        """1 for a frame that holds sound, `(segments, frames)`; frames are `1 + samples // hop_length`."""
        return frame_mask(self.sounds, self.waveform.shape[1], self.hop_length)

    @cached_property
    def power(self) -> torch.Tensor:
        """
        Squared magnitude, `(segments, bins, frames)`; frame by frame in memory.

        Transformed in double precision: codecs leave bands empty, and there single precision hears its own rounding.
        """
        half = self.n_fft // 2
        padded = torch.nn.functional.pad(self.waveform.unsqueeze(1), (half, half), mode=self.pad_mode).squeeze(1)
        frames = padded.unfold(1, self.n_fft, self.hop_length)
        window = hann_window(self.n_fft).to(frames.device)
        power = torch.empty(*frames.shape[:2], half + 1, device=frames.device)
        for segment, of_segment in zip(power, frames, strict=True):
            for start in range(0, len(of_segment), FRAMES_AT_ONCE):
                transformed = torch.fft.rfft(of_segment[start : start + FRAMES_AT_ONCE].double().mul_(window))
                squares = torch.view_as_real(transformed).square_()
                segment[start : start + FRAMES_AT_ONCE] = squares[..., 0] + squares[..., 1]
        power[..., int(self.max_frequency * self.n_fft / self.sampling_rate) + 1 :] = 0
        return power.transpose(1, 2)

    @cached_property
    def magnitude(self) -> torch.Tensor:
        """`(segments, bins, frames)`."""
        return self.power.sqrt()

    @cached_property
    def total(self) -> torch.Tensor:
        """Sum of each frame's magnitudes, `(segments, 1, frames)`; one in silence, so that shares of it are zero."""
        total = self.magnitude.sum(1, keepdim=True)
        return torch.where(total < torch.finfo(total.dtype).tiny, 1.0, total)

    @property
    def frequencies(self) -> torch.Tensor:
        """Centre of each bin in hertz, `(bins, 1)`."""
        bins = self.n_fft // 2 + 1
        return torch.linspace(0, self.sampling_rate / 2, bins, device=self.waveform.device).unsqueeze(1)

    def mel_decibels(self, num_mel_bins: int, floor: float = POWER_FLOOR) -> torch.Tensor:
        """Power in mel bands, `(segments, num_mel_bins, frames)`, in decibels above a power of one."""
        blocks = _mel_blocks(self.sampling_rate, self.n_fft, num_mel_bins, self.max_frequency)
        parts = [rows.to(self.power.device) @ self.power[:, first:last] for first, last, rows in blocks]
        return 10 * torch.cat(parts, dim=1).clamp(min=floor).log10()


def frame_by_frame(function: Callable[..., torch.Tensor], *frames: torch.Tensor) -> torch.Tensor:
    """
    A function of tensors `(segments, columns, frames)` for some frames at a time: what it makes on the way, often as
    large as the spectrum, stays in the processor's cache.
    """
    found = []
    for segment in zip(*frames, strict=True):
        parts = zip(*(each.split(FRAMES_AT_ONCE, dim=-1) for each in segment), strict=True)
        found.append(torch.cat([function(*part) for part in parts], dim=-1))
    return torch.stack(found)


def computed_once(
    function: Callable[Concatenate[Spectrum, Settings], Result],
) -> Callable[Concatenate[Spectrum, Settings], Result]:
    """Keep what a function makes of a spectrum with the spectrum, so that nothing is computed twice."""

    signature = inspect.signature(function)

    @wraps(function)
    def of_spectrum(spectrum: Spectrum, *args: Settings.args, **settings: Settings.kwargs) -> Result:
        given = signature.bind(spectrum, *args, **settings)
        given.apply_defaults()
        key = (function, *list(given.arguments.values())[1:])
        if key not in spectrum.computed:
            spectrum.computed[key] = function(spectrum, *args, **settings)
        return spectrum.computed[key]

    return of_spectrum


@lru_cache
def hann_window(length: int) -> torch.Tensor:
    """Periodic Hann window, float64."""
    return torch.hann_window(length, dtype=torch.float64)


@lru_cache
def mel_filter_bank(sampling_rate: int, n_fft: int, num_mel_bins: int, max_frequency: float) -> torch.Tensor:
    """Triangles of equal area on Slaney's mel scale from 0 to `max_frequency` hertz, `(mels, bins)`, as librosa's."""
    bank = torchaudio.functional.melscale_fbanks(
        n_fft // 2 + 1, 0.0, max_frequency, num_mel_bins, sampling_rate, norm="slaney", mel_scale="slaney"
    )
    return bank.T.contiguous()


@lru_cache
def _mel_blocks(
    sampling_rate: int, n_fft: int, num_mel_bins: int, max_frequency: float
) -> list[tuple[int, int, torch.Tensor]]:
    """The bank's rows, some at a time, with the first bin they read and the one after the last."""
    blocks = []
    for rows in mel_filter_bank(sampling_rate, n_fft, num_mel_bins, max_frequency).split(ROWS_OF_BLOCK):
        read = rows.any(0).nonzero()
        first, last = (int(read[0]), int(read[-1]) + 1) if len(read) else (0, 1)
        blocks.append((first, last, rows[:, first:last]))
    return blocks


__all__ = ["Spectrum", "computed_once", "frame_by_frame", "hann_window", "mel_filter_bank"]
