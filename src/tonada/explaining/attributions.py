"""
How much each instant of a song spoke for its label, by captum's integrated gradients and occlusion, or by attention.

Each is a function of a song and its grid to a list, a segment an entry, of `(instants,)`. A segment is explained with
the others as they were heard, so that memory does not grow with the song.
"""

from collections.abc import Callable

import torch

from tonada.explaining.hearing import AT_ONCE, HeardSong
from tonada.explaining.instants import Grid

STEPS = 32  # points of the integral


def integrated_gradients(song: HeardSong, segment: int, branch: str = "spectrogram") -> torch.Tensor:
    """
    What each number of a segment's feature contributed, of its shape (Sundararajan et al. 2017, through captum).

    From the mean of the training songs to what was heard; the contributions add up to the change of the score, up to
    the error of an integral of `STEPS` points.

    Warning:
        Where top-k attention keeps other steps on the way, the score jumps, and no gradient sees it: of the bundled
        model sums were up to a tenth off.
    """
    from captum.attr import IntegratedGradients

    feature = song.given(branch)[segment].unsqueeze(0).requires_grad_()
    with torch.backends.cudnn.flags(enabled=False):  # its LSTM has gradients in training only
        found = IntegratedGradients(_score(song, segment, branch)).attribute(
            feature, baselines=song.absent(branch).unsqueeze(0), n_steps=STEPS, internal_batch_size=AT_ONCE
        )
    return found[0].detach()


@torch.no_grad()
def occlusion(song: HeardSong, segment: int, window: tuple[int, ...], branch: str = "spectrogram") -> torch.Tensor:
    """
    How far the score falls where a window of a segment's feature is put out, of the feature's shape (Zeiler & Fergus
    2014, through captum); windows do not overlap.

    Args:
        song: as it was heard.
        segment: which one.
        window: its size along each dimension, `(channels, mels, frames)` of a spectrogram.
        branch: whose feature.
    """
    from captum.attr import Occlusion

    feature = song.given(branch)[segment].unsqueeze(0)
    window = tuple(min(pair) for pair in zip(window, feature.shape[1:], strict=True))
    found = Occlusion(_score(song, segment, branch)).attribute(
        feature, window, strides=window, baselines=song.absent(branch).unsqueeze(0), perturbations_per_eval=AT_ONCE
    )
    return found[0]


def by_gradients(song: HeardSong, grid: Grid) -> list[torch.Tensor]:
    """Integrated gradients, summed over all channels, bands and frames of an instant."""
    found = []
    for segment in range(song.segments):
        frames = _rows(integrated_gradients(song, segment, grid.branch)).sum(0)
        found.append(torch.stack([frames[each].sum() for each in grid.slices(segment)]))
    return found


def by_occlusion(song: HeardSong, grid: Grid) -> list[torch.Tensor]:
    """How far the score falls without the instant."""
    whole = song.given(grid.branch).shape[1:-1]
    found = []
    for segment in range(song.segments):
        frames = _rows(occlusion(song, segment, (*whole, grid.length), grid.branch))[0]  # all rows are alike
        found.append(torch.stack([frames[each.start] for each in grid.slices(segment)]))
    return found


@torch.no_grad()
def by_attention(song: HeardSong, grid: Grid) -> list[torch.Tensor]:
    """
    The share of the segment's attention that an instant's steps received; it knows no label, and no *against*.

    Raises:
        ValueError: it is not known when the steps are.
    """
    if not grid.step:
        raise ValueError(f"when the steps of attention over the {grid.branch} are is not known; choose occlusion")
    found = []
    for segment in range(song.segments):
        mask = song.mask(grid.branch)
        heard = song.model.base_model.encoders[grid.branch](
            song.given(grid.branch)[segment : segment + 1], None if mask is None else mask[segment : segment + 1]
        )
        received, steps = heard.kept_steps[0], grid.length // grid.step
        places = [received[index * steps : (index + 1) * steps].sum() for index in range(grid.counts[segment])]
        found.append(torch.stack(places))
    return found


Method = Callable[[HeardSong, Grid], list[torch.Tensor]]
METHODS: dict[str, Method] = {
    "occlusion": by_occlusion,
    "integrated_gradients": by_gradients,
    "attention": by_attention,
}


def _rows(feature: torch.Tensor) -> torch.Tensor:
    """`(…, frames)` or `(samples,)` to `(rows, frames)`."""
    return feature.reshape(-1, feature.shape[-1])


def _score(song: HeardSong, segment: int, branch: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """Variants of one segment's feature, `(variants, …)`, to the song's scores."""
    return lambda changed: song.what_if(branch, changed.unsqueeze(1), slice(segment, segment + 1))
