"""Cut a song into segments of equal length, and remember which frames hold sound."""

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Segmentation:
    """
    How a song is cut, all in samples.

    A song of at least `length` samples gives whole segments every `stride` samples; what is left at the end
    makes one more, padded with zeros, if it holds at least `shortest` samples of sound that no segment has
    heard. A song shorter than a segment is one padded segment, however short it is.

        song      |------------------------------|
        segments  |==========|==========|========..|    the tail, padded
    """

    length: int
    stride: int
    shortest: int

    def starts(self, samples: int) -> list[int]:
        """First sample of each segment of a song of `samples` samples."""
        whole = max(0, (samples - self.length) // self.stride + 1) if samples >= self.length else 0
        starts = [index * self.stride for index in range(whole)]
        heard = starts[-1] + self.length if starts else 0
        if not starts or samples - heard >= max(1, self.shortest):
            starts.append(whole * self.stride)
        return starts

    def cut(self, waveform: torch.Tensor, starts: list[int]) -> tuple[torch.Tensor, list[int]]:
        """The segments that begin at `starts`, `(segments, length)`, and how many real samples each holds."""
        pieces = [waveform[start : start + self.length] for start in starts]
        sounds = [len(piece) for piece in pieces]
        padded = [torch.nn.functional.pad(piece, (0, self.length - len(piece))) for piece in pieces]
        return torch.stack(padded), sounds


def frames_of(samples: int, hop_length: int) -> int:
    """Frames whose centre lies within a sound of `samples` samples: centres stand at 0, hop, 2 hop, …"""
    return 1 + samples // hop_length


def frame_mask(sounds: list[int], length: int, hop_length: int) -> torch.Tensor:
    """1 for each frame that holds sound, 0 for each that was padded: int64 `(segments, frames)`."""
    frames = torch.arange(frames_of(length, hop_length))
    real = torch.tensor([frames_of(sound, hop_length) for sound in sounds])
    return (frames < real.unsqueeze(1)).long()


def segmentation(sampling_rate: int, seconds: float, overlap: float, shortest_seconds: float) -> Segmentation:
    """A segmentation from seconds and a share of overlap in [0, 1)."""
    length = round(seconds * sampling_rate)
    return Segmentation(length, max(1, math.floor(length * (1 - overlap))), round(shortest_seconds * sampling_rate))


__all__ = ["Segmentation", "frame_mask", "frames_of", "segmentation"]
