"""
Does an explanation tell what the model listens to? Delete what it says decided, and see the answer fall.

The deletion curve of Petsiuk et al. 2018 (RISE), over instants of a song: most important first, against an order drawn
at random. Deleted is what the branch hears in an instant, which becomes the mean of the training songs.
"""

from collections.abc import Sequence

import torch

from tonada.explaining.hearing import HeardSong
from tonada.explaining.instants import Grid

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)  # of a song's instants deleted: later, nothing is left to explain

Order = list[tuple[int, int]]
"""Instants as (segment, index within it), the first to be deleted first."""


def by_importance(contributions: list[torch.Tensor]) -> Order:
    """The instants of a song, highest contribution first; a segment's contributions are `(instants,)`."""
    places = [(segment, index) for segment, values in enumerate(contributions) for index in range(len(values))]
    return sorted(places, key=lambda place: -float(contributions[place[0]][place[1]]))


def at_random(grid: Grid, dice: torch.Generator) -> Order:
    """The instants of a song in an order drawn anew."""
    places = [(segment, index) for segment, count in enumerate(grid.counts) for index in range(count)]
    return [places[index] for index in torch.randperm(len(places), generator=dice).tolist()]


@torch.no_grad()
def deletion_curve(song: HeardSong, grid: Grid, order: Order, shares: Sequence[float] = SHARES) -> torch.Tensor:
    """
    The probability of the explained label, `(shares,)`, with each share of the song's instants deleted.

    Args:
        song: as it was heard.
        grid: its instants.
        order: what goes first.
        shares: of all instants, each from 0 to 1; rounded to whole instants.
    """
    absent, heard = song.absent(grid.branch), song.given(grid.branch)
    curve = []
    for share in shares:
        left = heard.clone()
        for segment, index in order[: round(share * len(order))]:
            where = grid.slices(segment)[index]
            left[segment, ..., where] = absent[..., where]
        curve.append(song.what_if(grid.branch, left.unsqueeze(0)).sigmoid())
    return torch.cat(curve)


def area(curve: torch.Tensor, shares: Sequence[float] = SHARES) -> float:
    """The mean height of a curve over its shares, by trapezia: low where the answer falls early."""
    places = torch.tensor(shares)
    return float(torch.trapezoid(curve.cpu(), places) / (places[-1] - places[0]))
