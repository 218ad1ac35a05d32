"""Pitch classes by how loud their pitches are, and how far the harmony moves from one frame to the next."""

import math
from itertools import pairwise

import torch

from .frames_tonada import Frames, framing, hamming_window, once, power_of, power_of_two
from .spectrum_tonada import Spectrum, computed_once
from .whole_spectrum_tonada import whole_frequencies, whole_magnitude

LOWEST, OCTAVES = 100.0, 5  # hertz, and what of MIRtoolbox's range up to 6,400 Hz is left when it rounds octaves down
MIDDLE_C = 261.6256
HEARD = 20.0  # decibels below the loudest bin of a frame
SECONDS, RATE = 0.743, 1 / 0.0743
TIMES_PITCH = 3.2  # the rate is lowered as long as it stays this much above the highest pitch, for the filter to fall
TINY = 1e-32  # power
CIRCLES = ((7, 1.0), (9, 1.0), (4, 0.5))  # semitones of a step and radius: of fifths, minor and major thirds


@computed_once
def whole_chroma(spectrum: Spectrum) -> Frames:
    """
    Twelve pitch classes from C of a whole segment's spectrum, the strongest scaled to one: MIRtoolbox's chromagram.

    What of a bin's level reaches above 20 dB below the loudest bin, averaged over each semitone, summed over octaves.
    """
    return once(_pitch_classes(whole_magnitude(spectrum).square(), whole_frequencies(spectrum)))


@computed_once
def harmonic_change(spectrum: Spectrum) -> Frames:
    """
    Harmonic change detection function (Harte, Sandler & Gasser 2006): how far the tonal centroid of the pitch classes
    moves from one frame of 0.743 s to the next, 74 ms later. No pitch above 3.3 kHz counts, so the rate is lowered.
    """
    highest = LOWEST * 2**OCTAVES
    factor = 2 ** max(0, math.floor(math.log2(spectrum.sampling_rate / (highest * TIMES_PITCH))))
    rate = spectrum.sampling_rate / factor
    frames = framing(spectrum, SECONDS, RATE, rate)
    size = power_of_two(frames.length)
    window = hamming_window(frames.length).to(spectrum.waveform)
    heard = int(highest * 1.1 * size / rate)
    frequencies = torch.arange(heard, device=window.device) * (rate / size)
    moves = []
    for waveform in _lowered(spectrum.waveform, factor):
        transformed = torch.fft.rfft(frames.of(waveform) * window, n=size)[:, :heard]
        centroid = _pitch_classes(power_of(transformed), frequencies) @ _tonal_axes().to(window).T
        moves.append((centroid[1:] - centroid[:-1]).norm(dim=-1))
    if not len(moves[0]):  # a single frame
        return once(torch.zeros(len(moves), 1, device=window.device))
    mask = frames.mask[:, 1:].clone()
    mask[:, 0] = 1
    return Frames(torch.stack(moves).unsqueeze(1), mask, RATE)


def _pitch_classes(power: torch.Tensor, frequencies: torch.Tensor) -> torch.Tensor:
    """From power `(rows, bins)` to `(rows, 12)`, each row's largest one."""
    first = int(torch.searchsorted(frequencies, LOWEST))
    lowest = float(frequencies[first])
    end = int(torch.searchsorted(frequencies, lowest * 2**OCTAVES, right=True))
    frequencies, heard = frequencies[first:end], 10 * power[:, first:end].clamp(min=TINY).log10()
    heard = (heard - heard.amax(1, keepdim=True) + HEARD).clamp(min=0)
    pitches = [round(12 * math.log2(hertz / MIDDLE_C)) for hertz in (lowest, float(frequencies[-1]))]
    semitones = torch.arange(pitches[0], pitches[1] + 1)
    hertz = MIDDLE_C * 2 ** (torch.arange(pitches[0] - 1, pitches[1] + 2, dtype=torch.float64) / 12)
    borders = torch.searchsorted(frequencies, ((hertz[1:] + hertz[:-1]) / 2).to(frequencies)).tolist()
    levels = torch.stack([heard[:, start:stop].sum(1) / max(1, stop - start) for start, stop in pairwise(borders)], 1)
    levels[:, [0, -1]] /= 2  # the range ends in the midst of these
    classes = torch.zeros(len(heard), 12, device=heard.device).index_add(1, (semitones % 12).to(heard.device), levels)
    return classes / (classes.amax(1, keepdim=True) + 1e-6)


def _tonal_axes() -> torch.Tensor:
    """Sine and cosine of each pitch class on three circles, `(6, 12)`."""
    classes = torch.arange(12, dtype=torch.float64)
    angles = [(2 * math.pi / 12 * step * classes, radius) for step, radius in CIRCLES]
    return torch.stack([radius * turned(angle) for angle, radius in angles for turned in (torch.sin, torch.cos)])


def _lowered(waveform: torch.Tensor, factor: int) -> torch.Tensor:
    """
    `(segments, samples)` at a `factor`-th of the rate: a sinc in a Kaiser window of 70 dB, which begins to fall above
    the highest pitch and has fallen where it would fold onto it.
    """
    if factor == 1:
        return waveform
    half = 6 * factor
    time = torch.arange(-half, half + 1, dtype=torch.float64)
    window = torch.kaiser_window(2 * half + 1, periodic=False, beta=6.8, dtype=torch.float64)
    taps = torch.sinc(time / factor) * window / factor
    padded = torch.nn.functional.pad(waveform.unsqueeze(1), (half, half))
    return torch.nn.functional.conv1d(padded, taps.to(waveform).view(1, 1, -1), stride=factor).squeeze(1)


__all__ = ["harmonic_change", "whole_chroma"]
