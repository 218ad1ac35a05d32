"""Which descriptors a model needs: the mean decrease in accuracy when a column is permuted among songs (source S3)."""

from collections.abc import Callable, Sequence

import torch

Answer = Callable[[list[torch.Tensor]], torch.Tensor]
REPEATS = 5


def mean_decrease_in_accuracy(
    answer: Answer,
    songs: Sequence[torch.Tensor],
    truth: torch.Tensor,
    groups: Sequence[Sequence[int]] | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
) -> torch.Tensor:
    """
    How much accuracy is lost, `(columns, repeats)`, when a column's values are dealt anew among songs (Breiman 2001).

    A song gets the column of one other song, segment by segment and again from the start where that has fewer: what is
    broken is the bond between song and descriptor, not that between the segments of a song.

    Warning:
        A descriptor that others tell nearly all of can be lost without loss; permute such columns as a group.

    Args:
        answer: descriptors of every song, each `(segments, columns)`, to the songs' label ids, `(songs,)`.
        songs: descriptors as they were heard.
        truth: label ids, `(songs,)`.
        groups: columns that are permuted together; each column alone, if not given.
        repeats: permutations of each group.
        seed: of the permutations.

    Raises:
        ValueError: there are fewer than two songs, or not one label for each.
    """
    if len(songs) < 2 or len(songs) != len(truth):
        raise ValueError(f"there are {len(songs)} songs and {len(truth)} labels; give two songs or more, a label each")
    dice = torch.Generator().manual_seed(seed)
    right = _accuracy(answer(list(songs)), truth)
    chosen = [[column] for column in range(songs[0].shape[1])] if groups is None else groups
    lost = [
        [right - _accuracy(answer(permuted(songs, group, dice)), truth) for _ in range(repeats)] for group in chosen
    ]
    return torch.tensor(lost)


def permuted(songs: Sequence[torch.Tensor], group: Sequence[int], dice: torch.Generator) -> list[torch.Tensor]:
    """Copies of songs, `(segments, columns)` each, in which a group of columns is another song's; the others stand."""
    donors = torch.randperm(len(songs), generator=dice).tolist()
    dealt = []
    for song, donor in zip(songs, donors, strict=True):
        other = song.clone()
        other[:, group] = songs[donor][torch.arange(len(song)) % len(songs[donor])][:, group]
        dealt.append(other)
    return dealt


def _accuracy(answers: torch.Tensor, truth: torch.Tensor) -> float:
    return float((answers == truth).double().mean())
