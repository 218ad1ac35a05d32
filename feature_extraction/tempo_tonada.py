"""Tempo: the interval at which the loudness of ten bands together rises and falls most alike."""

from functools import lru_cache

import torch

from .fluctuation_tonada import RATE, brief_power
from .frames_tonada import Frames, once
from .onsets_tonada import beat_similarity
from .peaks_tonada import prominent_peaks
from .spectrum_tonada import Spectrum, computed_once

CHANNELS = 10
LOWEST = 50.0  # hertz, of the lowest channel's centre
EAR_Q, NARROWEST, GAMMATONE = 9.26449, 24.7, 1.019  # Glasberg & Moore 1990; bandwidth of a gammatone over its ear's
SMOOTHING = 0.02  # seconds
PER_SAMPLE = 32  # intervals to a sample, so that they lie as close as MIRtoolbox's
MULTIPLES = range(2, 11)  # of an interval, which are as alike as the interval itself
VALLEY, PEAK = 0.01, 0.1  # of a curve's range
STEEPER = 1.1


@computed_once
def tempo(spectrum: Spectrum) -> Frames:
    """
    Beats a minute, from 40 to 200; 0 without a beat.

    MIRtoolbox's `mirtempo`: envelopes of ten gammatone channels, smoothed over 20 ms and added up; the autocorrelation
    of their rise and fall, weighted by how easily an interval is felt and cleared of multiples (Tolonen & Karjalainen
    2000); its highest peak. The envelopes are here taken from the power of frames of 23 ms.
    """
    frames, power = brief_power(spectrum)
    channels = _gammatones(spectrum.sampling_rate, power.shape[-1]).to(power.device)
    envelope = (power @ channels.T).sqrt().sum(-1).unsqueeze(1) * frames.mask.unsqueeze(1)
    intervals, alike = beat_similarity(Frames(envelope, frames.mask, RATE), PER_SAMPLE, SMOOTHING)
    beats = [_beats_a_minute(intervals, cleared_of_multiples(intervals, segment)) for segment in alike]
    return once(torch.stack(beats).unsqueeze(1).float())


@lru_cache
def _gammatones(sampling_rate: int, bins: int) -> torch.Tensor:
    """Power that gammatone filters of fourth order let through, spaced evenly to the ear, `(channels, bins)`."""
    corner = EAR_Q * NARROWEST
    steps = torch.arange(1, CHANNELS + 1, dtype=torch.float64) / CHANNELS
    top = sampling_rate / 2 + corner
    centres = (top * ((LOWEST + corner) / top) ** steps - corner).unsqueeze(1)
    hertz = torch.arange(bins, dtype=torch.float64) * sampling_rate / (2 * (bins - 1))
    width = GAMMATONE * (centres / EAR_Q + NARROWEST)
    return (1 + ((hertz - centres) / width).square()).pow(-4).float()


def cleared_of_multiples(intervals: torch.Tensor, alike: torch.Tensor) -> torch.Tensor:
    """
    A similarity curve over evenly spaced intervals, `(intervals,)`, less itself stretched two to ten times.

    What is the same one beat later is the same two beats later too; taking the stretched curve away leaves the beat
    itself. The curve is first let down onto its highest valley below the lowest peak, and led to zero at its left.
    """
    step = float(intervals[1] - intervals[0])
    span = (alike.amax() - alike.amin()).clamp(min=torch.finfo(alike.dtype).tiny)
    up, down = (alike - alike.amin()) / span, (alike.amax() - alike) / span
    peaks = alike[prominent_peaks(up.unsqueeze(0), VALLEY)[1]]
    valleys = alike[prominent_peaks(down.unsqueeze(0), VALLEY, ends=True)[1]]
    below = valleys[valleys < peaks.amin()] if len(peaks) else valleys[:0]
    level = float(below.amax()) if len(below) else 0.0

    rises = (alike[1:] > alike[:-1]).nonzero()
    fallen = int(rises[0]) if len(rises) and alike[1] < alike[0] else 0
    curve = alike[fallen:] - level
    led = _led_to_zero(curve)
    added = len(led) - len(curve)
    start = float(intervals[fallen]) - added * step
    at = start + step * torch.arange(len(led), dtype=led.dtype, device=led.device)
    for multiple in MULTIPLES:
        place = (at / multiple - start) / step  # where on the curve lies a share of each interval
        before = place.floor().clamp(0, len(led) - 2).long()
        stretched = led[before] + (place - before) * (led[before + 1] - led[before])
        led = (led - torch.where(place >= 0, stretched, 0.0).clamp(min=0)).clamp(min=0)
    cleared = led[max(0, added - fallen) :] + level * (added >= fallen)
    return torch.nn.functional.pad(cleared, (max(0, fallen - added), 0))


def _led_to_zero(curve: torch.Tensor) -> torch.Tensor:
    """A curve that rises at its start, prolonged to the left, ever steeper, until it reaches zero."""
    slope = float(curve[1] - curve[0])
    if slope <= 0:
        return curve
    added: list[float] = []
    first = float(curve[0])
    while first > 0:
        slope *= STEEPER
        first -= slope
        added.insert(0, first)
    led = torch.cat([curve.new_tensor(added), curve])
    led[0] = 0.0
    return led


def _beats_a_minute(intervals: torch.Tensor, cleared: torch.Tensor) -> torch.Tensor:
    span = cleared.amax() - cleared.amin()
    if span <= 0:
        return intervals.new_zeros(())
    _, found = prominent_peaks(((cleared - cleared.amin()) / span).unsqueeze(0), PEAK)
    if not len(found):
        return intervals.new_zeros(())
    best = found[cleared[found].argmax()]
    below, here, above = cleared[best - 1 : best + 2]
    shift = (above - below) / (2 * (2 * here - above - below)).clamp(min=torch.finfo(cleared.dtype).tiny)
    return 60 / (intervals[best] + shift * (intervals[1] - intervals[0]))


__all__ = ["cleared_of_multiples", "tempo"]
