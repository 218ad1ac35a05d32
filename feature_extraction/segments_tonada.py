"""Cut a song into segments of equal length, and remember which frames hold sound."""

import math
from dataclasses import dataclass

import torch

TAILS = ("padded", "dropped", "shifted")
BLOCK = 512  # samples whose energy is taken at once; four make librosa's frame


@dataclass(frozen=True)
class Segmentation:
    """
    How a song is cut, all in samples.

    A song of at least `length` samples gives whole segments every `stride` samples. If at least `shortest` samples of
    sound are left that no segment has heard, `tail` says what becomes of them:

        song       |------------------------------|
        padded     |==========|==========|========..|    one more segment, filled with zeros that the mask calls padding
        dropped    |==========|==========|               nothing
        shifted    |==========|==========|                one more segment, which ends with the song and begins within
                                     |==========|         what another has heard

    A song shorter than a segment is one padded segment, however short it is.
    """

    length: int
    stride: int
    shortest: int
    tail: str = "padded"

    def starts(self, samples: int) -> list[int]:
        """First sample of each segment of a song of `samples` samples."""
        if samples <= self.length:
            return [0]
        whole = (samples - self.length) // self.stride + 1
        starts = [index * self.stride for index in range(whole)]
        unheard = samples - (starts[-1] + self.length)
        if unheard >= max(1, self.shortest) and self.tail != "dropped":
            starts.append(whole * self.stride if self.tail == "padded" else samples - self.length)
        return starts

    def cut(self, waveform: torch.Tensor, starts: list[int], padding: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
        """The segments that begin at `starts`, `(segments, length, …)`, and how many real samples each holds, int64."""
        segments = waveform.new_full((len(starts), self.length, *waveform.shape[1:]), padding)
        sounds = []
        for segment, start in zip(segments, starts, strict=True):
            piece = waveform[start : start + self.length]
            segment[: len(piece)] = piece
            sounds.append(len(piece))
        return segments, torch.tensor(sounds, device=waveform.device)


def frame_mask(sounds: torch.Tensor, length: int, hop_length: int) -> torch.Tensor:
    """1 for each frame that holds sound, 0 for each that was padded: int64 `(segments, frames)`."""
    frames = torch.arange(1 + length // hop_length, device=sounds.device)
    return (frames <= sounds.unsqueeze(1) // hop_length).long()  # centres stand at 0, hop, 2 hop, …


def segmentation(rate: float, seconds: float, overlap: float, shortest_seconds: float, tail: str) -> Segmentation:
    """A segmentation from samples or steps a second, seconds, and a share of overlap in [0, 1)."""
    length = max(1, round(seconds * rate))
    stride = max(1, math.floor(length * (1 - overlap)))
    return Segmentation(length, stride, round(shortest_seconds * rate), tail)


def sounding(waveform: torch.Tensor, decibels: float) -> tuple[int, int]:
    """
    Where the sound of `(samples,)` begins and ends: what lies before and after is `decibels` quieter than the loudest.

    librosa's `effects.trim`: root mean squares of 2,048 samples every 512. All of a silent waveform is sound.
    """
    whole = len(waveform) // BLOCK * BLOCK  # no copy of an hour is made
    blocks, rest = waveform[:whole].unflatten(0, (-1, BLOCK)), waveform[whole:].unsqueeze(0)
    energy = torch.cat([torch.linalg.vector_norm(part, dim=1) for part in (blocks, rest)]).double().square()
    # A frame is centred on the border between blocks:   … | t-2 | t-1 ^ t | t+1 | …
    frames = torch.nn.functional.pad(energy, (2, 2)).unfold(0, 4, 1).sum(-1)
    loud = (frames > frames.max() * 10 ** (-decibels / 10)).nonzero().flatten()
    if not len(loud):
        return 0, len(waveform)
    return int(loud[0]) * BLOCK, min(len(waveform), (int(loud[-1]) + 1) * BLOCK)


__all__ = ["TAILS", "Segmentation", "frame_mask", "segmentation", "sounding"]
