"""Peaks that stand out of a curve, many curves at once."""

import torch


def prominent_peaks(
    curves: torch.Tensor, prominence: float, real: torch.Tensor | None = None, ends: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    Local maxima at least `prominence` high that rise by as much from the higher of the two valleys which part them from
    higher ground: MIRtoolbox's contrast, scipy's `find_peaks(height=…, prominence=…)`.

    Of neighbours that a shallower valley parts, the lower goes and the valleys become one; of equals the later.

    Args:
        curves: `(rows, samples)`, each scaled so that its lowest real sample is 0.
        prominence: above 0.
        real: `(rows, samples)`, true where a curve is; all of it by default, else its beginning.
        ends: whether a curve's first and last sample may be peaks, as if it fell there; else as if it rose.

    Returns:
        row and sample of each, in order.
    """
    beyond = -torch.inf if ends else torch.inf
    if real is not None:
        curves = curves.masked_fill(~real, beyond)
    walled = torch.nn.functional.pad(curves, (1, 1), value=beyond)
    here = walled[:, 1:-1]
    is_peak = (here >= prominence) & (here < torch.inf) & (here > walled[:, :-2]) & (here >= walled[:, 2:])

    # Cut the curves into pieces, one from each start of a row and from each peak up to the next:
    #
    #   piece   | 0    | 1  /\    | 2 /\  /\ …          height of the peak it begins with, infinite for a row's start;
    #             ____/         \_/                      lowest value, which parts that peak from the next
    begins = torch.nn.functional.pad(is_peak, (1, 1))
    begins[:, 0] = True
    row, column = begins.nonzero(as_tuple=True)
    height = walled[row, column].masked_fill(column == 0, torch.inf)
    lowest = _lowest(walled.flatten(), begins.flatten())
    while True:
        before, after = height.roll(1), height.roll(-1)
        drowned = ((height - lowest.roll(1) < prominence) & (before >= height)) | (
            (height - lowest < prominence) & (after > height)
        )
        drowned &= height < torch.inf
        if not drowned.any():
            break
        stays = ~drowned
        lowest = _lowest(lowest, stays)
        row, column, height = row[stays], column[stays], height[stays]
    peaks = height < torch.inf
    return row[peaks], column[peaks] - 1


def _lowest(values: torch.Tensor, begins: torch.Tensor) -> torch.Tensor:
    """Lowest value of each piece; pieces begin where `begins` is true, and the first does."""
    piece = begins.cumsum(0) - 1
    return values.new_full((int(piece[-1]) + 1,), torch.inf).scatter_reduce_(0, piece, values, "amin")


__all__ = ["prominent_peaks"]
