"""The song in instants of half a second, as long as whole steps of the model's attention."""

from dataclasses import dataclass

import torch

from tonada.explaining.hearing import HeardSong
from tonada.feature_extraction import TonadaFeatureExtractor

ABOUT = 0.5  # seconds: shorter than a bar, longer than most notes

Times = list[tuple[float, float]]


@dataclass(frozen=True)
class Instant:
    """
    A moment of the song and what it did to the answer.

    Attributes:
        segment: in which segment it was heard, from 0; segments that overlap hear a moment twice.
        start: seconds of the song.
        end: seconds of the song.
        contribution: positive where it spoke for the explained label.
    """

    segment: int
    start: float
    end: float
    contribution: float


@dataclass(frozen=True)
class Grid:
    """
    How a branch's last dimension is cut into instants.

    Attributes:
        branch: `"spectrogram"`, in frames, or `"waveform"`, in samples.
        length: of an instant.
        step: of the branch's attention; a whole number of them is an instant. 0 if that is not known.
        seconds: between one frame or sample and the next.
        centred: whether a frame is heard around its time, and not after it.
        counts: instants of each segment that hold sound.
    """

    branch: str
    length: int
    step: int
    seconds: float
    centred: bool
    counts: tuple[int, ...]

    def slices(self, segment: int) -> list[slice]:
        """Where each instant of a segment lies."""
        return [slice(index * self.length, (index + 1) * self.length) for index in range(self.counts[segment])]

    def instants(self, contributions: list[torch.Tensor], times: Times) -> list[Instant]:
        """Each segment's contributions, `(instants,)`, with their place in the song."""
        early = self.seconds / 2 if self.centred else 0.0
        found = []
        for segment, (values, (start, end)) in enumerate(zip(contributions, times, strict=True)):
            for index, value in enumerate(values.tolist()):
                first = start + index * self.length * self.seconds - early
                last = first + self.length * self.seconds
                if max(first, start) < min(last, end):
                    found.append(Instant(segment, max(first, start), min(last, end), value))
        return found


def grid_of(song: HeardSong, extractor: TonadaFeatureExtractor) -> Grid | None:
    """The instants of the branch that hears time: the spectrogram, or else the waveform. `None` if there is neither."""
    rate = extractor.sampling_rate
    if "spectrogram" in song.config.branches:
        seconds = extractor.hop_length / rate
        if extractor.image_size is not None:
            seconds = (extractor.segment_seconds or 0.0) / extractor.image_size
        step = 2 ** len(song.config.conv_channels)
        length = step * max(1, round(ABOUT / (seconds * step)))
        real = song.features["frame_mask"].sum(1).tolist()
        centred = extractor.image_size is None
        return Grid("spectrogram", length, step, seconds, centred, tuple(-(-count // length) for count in real))
    if "waveform" in song.config.branches:
        length = round(ABOUT * rate)
        sounds = song.features["sounds"].tolist()
        return Grid("waveform", length, 0, 1 / rate, False, tuple(-(-count // length) for count in sounds))
    return None
