"""Loudness and crossings of the waveform itself, of a whole segment."""

import torch

from .frames_tonada import Frames, framing, once
from .spectrum_tonada import Spectrum, computed_once

SECONDS, RATE = 0.05, 40.0


@computed_once
def whole_rms(spectrum: Spectrum) -> Frames:
    """Root mean square of a segment's samples; full scale is 1."""
    return once((_energy_up_to(spectrum)[:, -1:] / spectrum.sounds.unsqueeze(1)).sqrt().float())


@computed_once
def low_energy(spectrum: Spectrum) -> Frames:
    """Share of the frames, of 50 ms and half overlapping, whose root mean square lies below their mean."""
    frames = framing(spectrum, SECONDS, RATE)
    energy = _energy_up_to(spectrum)
    starts, ends = frames.starts, (frames.starts + frames.length).clamp(max=energy.shape[1])
    rms = (energy[:, ends - 1] - energy[:, starts - 1] * (starts > 0)).clamp(min=0).sqrt() * frames.mask
    count = frames.mask.sum(1, keepdim=True)
    is_low = (rms < rms.sum(1, keepdim=True) / count) & frames.mask.bool()
    return once(is_low.sum(1, keepdim=True) / count)


@computed_once
def upward_crossings(spectrum: Spectrum) -> Frames:
    """Crossings of zero a second, in one of the two directions: a tone's frequency."""
    crossings = (spectrum.waveform[:, 1:] * spectrum.waveform[:, :-1] < 0).sum(1)
    return once((crossings / 2 / spectrum.sounds * spectrum.sampling_rate).unsqueeze(1))


@computed_once
def _energy_up_to(spectrum: Spectrum) -> torch.Tensor:
    """Sum of the squares of all samples up to each, float64 `(segments, samples)`."""
    return spectrum.waveform.square().cumsum(1, dtype=torch.float64)


__all__ = ["low_energy", "upward_crossings", "whole_rms"]
