"""Songs to batches: a few segments of each, drawn anew every epoch, disguised, perhaps mixed with another song."""

from collections import Counter
from collections.abc import Iterable, Iterator

import torch
from torch.utils.data import Dataset, Sampler

from tonada.learning.augmentation import Augmentation, Batch, mixed
from tonada.learning.chance import chance_of
from tonada.learning.recipe_parts import Training
from tonada.learning.songs import Song


class DrawnSegments(Dataset[Batch]):
    """
    Item `n` is song `n`: `segments_per_song` of its segments at random, augmented, with its label.

    What is drawn follows from the seed, the `epoch` and the song: whoever asks, in whatever order, gets the same.
    """

    def __init__(self, songs: list[Song], scales: Batch, training: Training):
        self.songs = songs
        self.training = training
        self.augmentation = Augmentation(training, scales)
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.songs)

    def __getitem__(self, index: int) -> Batch:
        with chance_of(self.training.seed, "song", self.epoch, index):
            features, targets = self._drawn(index), {"labels": torch.tensor(self.songs[index].label)}
            if self.training.mixup:
                other = int(torch.randint(len(self.songs), ()))
                share = float(torch.distributions.Beta(self.training.mixup, self.training.mixup).sample())
                features = mixed(features, self._drawn(other), share)
                targets |= {"other_labels": torch.tensor(self.songs[other].label), "share": torch.tensor(share)}
            return {**self.augmentation.after_mixing(features), **targets}

    def _drawn(self, index: int) -> Batch:
        features = self.songs[index].features
        drawn = torch.randperm(len(features["segment_mask"]))[: self.training.segments_per_song]
        return self.augmentation.before_mixing(features.of_segments(drawn.tolist()))


class SongOrder(Sampler[int]):
    """
    The songs of an epoch in an order that follows from the seed and the `epoch`: each once, or, where a recipe balances
    by a sampler, as many draws as there are songs, each label as likely as the others.
    """

    def __init__(self, songs: list[Song], training: Training):
        counts = Counter(song.label for song in songs)
        self.chances = torch.tensor([1 / counts[song.label] for song in songs])
        self.training = training
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.chances)

    def __iter__(self) -> Iterator[int]:
        with chance_of(self.training.seed, "order", self.epoch):
            if self.training.class_balance == "sampler":
                return iter(torch.multinomial(self.chances, len(self), replacement=True).tolist())
            return iter(torch.randperm(len(self)).tolist())


def collate(items: list[Batch]) -> Batch:
    """Songs padded with zeros to the longest in segments, as the extractor pads them; numbers side by side."""
    return {
        name: torch.stack([item[name] for item in items])
        if tensor.ndim == 0
        else torch.nn.utils.rnn.pad_sequence([item[name] for item in items], batch_first=True)
        for name, tensor in items[0].items()
    }


def whole_songs(songs: Iterable[Song]) -> Iterator[Batch]:
    """Each song whole and as it is, in batches of one."""
    for song in songs:
        yield collate([{**song.features, "labels": torch.tensor(song.label)}])


def label_weights(songs: list[Song], labels: int) -> torch.Tensor:
    """What a song of each label counts, `(labels,)`: less the more there are, on average over the songs 1."""
    counts = Counter(song.label for song in songs)
    return torch.tensor(
        [len(songs) / (len(counts) * counts[label]) if label in counts else 0.0 for label in range(labels)]
    )
