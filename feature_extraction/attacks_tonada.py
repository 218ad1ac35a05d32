"""Attacks: how long the sound takes to rise when something is struck, bowed or sung."""

import torch

from .frames_tonada import Frames
from .onsets_tonada import SECONDS as SLOW
from .onsets_tonada import energy_curve
from .peaks_tonada import prominent_peaks
from .spectrum_tonada import Spectrum, computed_once

FAST, HOP, STEP = 0.03, 0.0006, 0.0002  # seconds, of the curve on which attacks are timed
PEAK, VALLEY = 0.05, 0.1  # of a curve's range, by which peaks of the fine curve and valleys of the coarse stand out
LOW = 0.5  # of the coarse curve's range, in whose lower half valleys lie
HALT = 0.2  # share of the rise from which on a halt ends an attack
BEGUN, ENDED = 0.1, 0.2  # share of the steepest slope
AT_ONCE = 64  # attacks, which bounds memory


@computed_once
def attack_time(spectrum: Spectrum) -> Frames:
    """
    Seconds that each attack takes, in order; a single 0 where there is none.

    MIRtoolbox's `mirattacktime` of 1.7: an attack leads from the last valley of the coarse energy curve to the next
    peak of a fine one, and lasts from where the fine curve first has a tenth of its steepest slope to where it last has
    a fifth.
    """
    fine, coarse = energy_curve(spectrum, FAST, 1 / HOP, STEP), energy_curve(spectrum)
    times = []
    for segment in range(len(spectrum.waveform)):
        curve = fine.values[segment, 0][fine.mask[segment].bool()]
        valleys = _valleys(coarse.values[segment, 0][coarse.mask[segment].bool()])
        seconds = valleys / coarse.rate + (SLOW - FAST) / 2  # frames are named by their starts
        starts, peaks = _rises(curve, (seconds * fine.rate).ceil().long())
        rises = zip(starts.split(AT_ONCE), peaks.split(AT_ONCE), strict=True)
        times.append(torch.cat([_samples(curve, *some) for some in rises]) / fine.rate)
    counts = torch.tensor([[max(1, len(found))] for found in times], device=fine.values.device)
    padded = torch.nn.utils.rnn.pad_sequence([torch.nn.functional.pad(found, (0, 1)) for found in times], True)
    padded = padded[:, : int(counts.max())]
    return Frames(padded.unsqueeze(1), (torch.arange(padded.shape[1], device=counts.device) < counts).long(), 0.0)


def _valleys(curve: torch.Tensor) -> torch.Tensor:
    depth = _in_range(-curve)
    found = prominent_peaks(depth.unsqueeze(0), VALLEY)[1]
    return found[depth[found] >= LOW]


def _rises(curve: torch.Tensor, valleys: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples of the last valley before, and of the peak, of each peak that follows a valley or is the first."""
    peaks = prominent_peaks(_in_range(curve).unsqueeze(0), PEAK)[1]
    starts = torch.nn.functional.pad(valleys, (1, 0))
    following = torch.searchsorted(peaks, starts, right=True)
    is_last = torch.nn.functional.pad(following[1:] > following[:-1], (0, 1), value=True) & (following < len(peaks))
    return starts[is_last], peaks[following[is_last]]


def _samples(curve: torch.Tensor, start: torch.Tensor, peak: torch.Tensor) -> torch.Tensor:
    """How many samples each attack between a start and a peak takes, `(attacks,)`."""
    if not len(start):
        return curve.new_zeros(0)
    place = torch.arange(int((peak - start).max()) + 1, device=curve.device)
    risen = curve[torch.minimum(start.unsqueeze(1) + place, peak.unsqueeze(1))]  # (attacks, samples), level at the end
    slope = torch.nn.functional.pad(risen[:, 1:] - risen[:, :-1], (0, 1))
    end = (peak - start).unsqueeze(1)
    top = risen.gather(1, end)

    begin = _first((slope > 0) & (place < end), end)
    foot = risen.gather(1, begin)
    begin = _last((slope < 0) & (risen < foot) & (place >= begin) & (place < end), begin)
    foot = risen.gather(1, begin)
    end = _first((slope <= 0) & (risen - foot > HALT * (top - foot)) & (place >= begin) & (place < end), end)

    within = (place >= begin) & (place < end)
    slope = slope.masked_fill(~within, -torch.inf)
    steepest = slope.amax(1, keepdim=True)
    middle = slope.argmax(1, keepdim=True)
    first = _first((slope > BEGUN * steepest) & (place < middle), begin) + 1
    last = _last((slope > ENDED * steepest) & (place > middle), end - 1)
    return (last - first).clamp(min=0).squeeze(1).float()


def _first(where: torch.Tensor, otherwise: torch.Tensor) -> torch.Tensor:
    """First true place of each row, `(rows, 1)`."""
    return torch.where(where.any(1, keepdim=True), where.int().argmax(1, keepdim=True), otherwise)


def _last(where: torch.Tensor, otherwise: torch.Tensor) -> torch.Tensor:
    """Last true place of each row, `(rows, 1)`."""
    place = where.shape[1] - 1 - where.flip(1).int().argmax(1, keepdim=True)
    return torch.where(where.any(1, keepdim=True), place, otherwise)


def _in_range(curve: torch.Tensor) -> torch.Tensor:
    level = curve - curve.amin()
    return level / level.amax().clamp(min=torch.finfo(curve.dtype).tiny)


__all__ = ["attack_time"]
