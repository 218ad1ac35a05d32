"""Roughness: the beating of partials that lie close together (Plomp & Levelt 1965)."""

import torch

from .frames_tonada import Frames, framing, hamming_window, power_of, power_of_two
from .peaks_tonada import prominent_peaks
from .spectrum_tonada import Spectrum, computed_once

SECONDS, RATE = 0.05, 40.0
PROMINENCE = 0.01  # of a segment's range of magnitudes, by which a partial stands out
SLOW, FAST = 3.51, 5.75  # of the Plomp-Levelt curve as Sethares (1993) fits it
ROUGHEST, WIDTH, OFFSET = 0.24, 0.0207, 18.96
DEAF = 16.0  # exponent of what adds nothing: exp(-16) is 1e-7


@computed_once
def roughness(spectrum: Spectrum) -> Frames:
    """
    Sum over all pairs of partials of the product of their magnitudes and of how rough such an interval is.

    MIRtoolbox's `mirroughness` after Sethares, in frames of 50 ms, half overlapping.
    """
    frames = framing(spectrum, SECONDS, RATE)
    window = hamming_window(frames.length).to(spectrum.waveform)
    size = power_of_two(frames.length)
    bins = int(spectrum.max_frequency * size / spectrum.sampling_rate) + 1
    found = torch.zeros(frames.mask.shape, device=window.device)
    for segment, (waveform, count) in enumerate(zip(spectrum.waveform, frames.mask.sum(1).tolist(), strict=True)):
        magnitude = power_of(torch.fft.rfft(frames.of(waveform)[:count] * window, n=size)[:, :bins]).sqrt()
        found[segment, :count] = _of_partials(*_partials(magnitude), spectrum.sampling_rate / size)
    return Frames(found.unsqueeze(1), frames.mask, RATE)


def _partials(magnitude: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Bin and magnitude of each frame's partials, `(frames, most of a frame)`, with zeros where there are fewer."""
    quietest, loudest = magnitude.aminmax()
    level = (magnitude - quietest) / (loudest - quietest).clamp(min=torch.finfo(magnitude.dtype).tiny)
    reach = int((level.amax(0) >= PROMINENCE).nonzero().amax()) + 2 if loudest > quietest else 1
    frame, bin_ = prominent_peaks(level[:, :reach].contiguous(), PROMINENCE, ends=True)
    counts = torch.bincount(frame, minlength=len(magnitude))
    place = torch.arange(len(frame), device=frame.device) - (counts.cumsum(0) - counts)[frame]
    bins = magnitude.new_zeros(len(magnitude), max(1, int(counts.max())))
    partials = bins.clone()
    bins[frame, place] = bin_.to(bins)
    partials[frame, place] = magnitude[frame, bin_]
    return bins, partials


def _of_partials(bins: torch.Tensor, magnitude: torch.Tensor, step: float) -> torch.Tensor:
    """Roughness of each frame, `(frames,)`."""
    narrowing = ROUGHEST / (WIDTH * step * bins + OFFSET) * step  # a rough interval is wider where pitch is higher
    total = torch.zeros_like(bins[:, 0])
    for apart in range(1, bins.shape[1]):
        both = magnitude[:, :-apart] * magnitude[:, apart:]
        interval = narrowing[:, :-apart] * (bins[:, apart:] - bins[:, :-apart]).clamp(min=0)  # of fewer partials: none
        total += (both * (torch.exp(-SLOW * interval) - torch.exp(-FAST * interval))).sum(1)
        if not ((both > 0) & (interval * SLOW < DEAF)).any():
            break
    return total


__all__ = ["roughness"]
