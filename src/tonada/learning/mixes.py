"""
Mixes that nobody has heard before, drawn anew every epoch, each with what teachers hear in that very mix.

A network that is to hear as its teacher does learns a few hours of songs by heart; of mixes there is no end, as long as
the teacher hears each as the student does (Beyer et al. 2022, "A good teacher is patient and consistent").
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch.nn.functional import interpolate
from torch.utils.data import Dataset

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.augmentation import Batch
from tonada.learning.chance import chance_of
from tonada.learning.objective import NO_LABEL
from tonada.listening.feature_cache import Features

SPEED = 0.15  # the largest logarithm of how much faster and higher, or slower and lower, a song is played
COVERED = 0.6  # of the mixes have a second song in them,
QUIETER = 15.0  # by up to so many decibels
EQUALISED = 0.5  # of the mixes,
TONE = 6.0  # by up to so many decibels up or down at
TONES = (60.0, 170.0, 480.0, 1370.0, 3880.0, 11000.0)  # hertz, an octave and a half apart, and evenly between
LEVEL = -17.0  # decibels below full scale, about that of published songs
QUIETEST = 1e-3  # root mean square; what is quieter is a pause, and another stretch is drawn


class Pieces:
    """
    Stretches of songs, and mixes of them. Chance is torch's.

    Args:
        songs: features of an extractor with the branch `waveform`.
        rate: of the waveforms, hertz.
        samples: of a stretch.
    """

    def __init__(self, songs: Sequence[Features], rate: int, samples: int):
        self.songs, self.samples = songs, samples
        longest = round(samples * math.exp(SPEED)) + 1
        self.places = [
            (song, segment, length)
            for song, features in enumerate(songs)
            for segment, length in enumerate(features["sounds"].tolist())
            if length >= longest
        ]
        self.tones = _tones(rate, samples)

    def mix(self) -> torch.Tensor:
        """A mix `(samples,)`, at `LEVEL`."""
        sound = self._stretch()
        if torch.rand(()) < COVERED:
            sound = sound + self._stretch() * 10 ** (-QUIETER * torch.rand(()) / 20)
        if torch.rand(()) < EQUALISED:
            decibels = TONE * (2 * torch.rand(len(TONES)) - 1) @ self.tones
            sound = torch.fft.irfft(torch.fft.rfft(sound) * 10 ** (decibels / 20), n=self.samples)
        return levelled(sound)

    def plain(self, place: int) -> torch.Tensor:
        """The beginning of a place as it is, `(samples,)`, at `LEVEL`."""
        song, segment, _ = self.places[place]
        return levelled(self.songs[song].of_segments([segment])["waveform"][0, : self.samples])

    def _stretch(self) -> torch.Tensor:
        while True:
            song, segment, length = self.places[int(torch.randint(len(self.places), ()))]
            played = round(self.samples * float(torch.exp(SPEED * (2 * torch.rand(()) - 1))))
            start = int(torch.randint(length - played + 1, ()))
            sound = self.songs[song].of_segments([segment])["waveform"][:, start : start + played]
            if sound.square().mean().sqrt() > QUIETEST:
                return levelled(interpolate(sound.unsqueeze(0), self.samples, mode="linear")[0, 0])


class Mixes(Dataset[Batch]):
    """
    Item `n` is the epoch's mix `n` as a song of one segment without a label, with the lesson that teachers hear in it.

    Args:
        pieces: to mix.
        extractor: hears the mixes for the student; a segment is as long as a stretch.
        lesson: from a mix to what is to be learned, `(components,)`.
        count: of mixes, an epoch.
        seed: of all draws.
    """

    def __init__(
        self,
        pieces: Pieces,
        extractor: TonadaFeatureExtractor,
        lesson: Callable[[torch.Tensor], torch.Tensor],
        count: int,
        seed: int,
    ):
        self.pieces, self.extractor, self.lesson = pieces, extractor, lesson
        self.labels = [None] * count
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Batch:
        with chance_of(self.seed, "mix", self.epoch, index):
            mix = self.pieces.mix()
        return {**self.heard(mix), "labels": torch.tensor(NO_LABEL), "teachers": self.lesson(mix)}

    def heard(self, sound: torch.Tensor) -> Batch:
        """What the student hears of a stretch, without the songs dimension."""
        features = self.extractor(sound, sampling_rate=self.extractor.sampling_rate, return_tensors="pt")
        return {name: tensor[0] for name, tensor in features.items()}


def levelled(sound: torch.Tensor) -> torch.Tensor:
    """A sound at `LEVEL`, or as loud as it becomes if it is next to silence."""
    return sound * 10 ** (LEVEL / 20) / sound.square().mean().sqrt().clamp(min=QUIETEST)


def _tones(rate: int, samples: int) -> torch.Tensor:
    """How much of each of `TONES` is in each bin of a transform, `(tones, bins)`; triangles over the octaves."""
    octaves = torch.fft.rfftfreq(samples, 1 / rate).clamp(TONES[0], TONES[-1]).log2()
    places = torch.tensor(TONES).log2()
    nearness = 1 - (octaves - places.unsqueeze(1)).abs() / places.diff().mean()
    return nearness.clamp(min=0)
