"""The real segments of several songs, one after another without the padding between, and back to their places."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class RealSegments:
    """
    Which of `(songs, segments)` are real.

    A graph that is being compiled or exported must not depend on how many there are: then padded segments are computed
    like others, which changes no real one, and only their results are dropped.

    Attributes:
        mask: bool `(songs, segments)`.
        padded_too: whether padded segments are taken along.
    """

    mask: torch.Tensor
    padded_too: bool

    def taken_from(self, songs: torch.Tensor) -> torch.Tensor:
        """`(songs, segments, …)` to `(real segments, …)`."""
        return songs.flatten(0, 1) if self.padded_too else songs[self.mask]

    def put_back(self, segments: torch.Tensor) -> torch.Tensor:
        """`(real segments, …)` to `(songs, segments, …)`, zero where there was padding."""
        if self.padded_too:
            songs = segments.unflatten(0, self.mask.shape)
            return songs.masked_fill(~self.mask.reshape(*self.mask.shape, *[1] * (songs.dim() - 2)), 0)
        songs = segments.new_zeros(*self.mask.shape, *segments.shape[1:])
        songs[self.mask] = segments
        return songs


def real_segments(segment_mask: torch.Tensor, training: bool) -> RealSegments:
    """
    The segments that a mask calls real. In training padded ones are never taken along: batch norm would count them.

    Raises:
        ValueError: a song has none.
    """
    mask, compiling = segment_mask.bool(), torch.compiler.is_compiling() and not training
    if not compiling and not bool(mask.any(1).all()):
        raise ValueError("segment_mask has a song without a single real segment; leave that song out")
    return RealSegments(mask, compiling)


__all__ = ["real_segments"]
