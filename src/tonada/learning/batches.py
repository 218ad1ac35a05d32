"""Songs to batches: a few segments of each, drawn anew every epoch, disguised, perhaps mixed with another song."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch.utils.data import Dataset, Sampler

from tonada.learning.augmentation import Augmentation, Batch, mixed
from tonada.learning.chance import chance_of
from tonada.learning.objective import NO_LABEL
from tonada.learning.recipe_parts import Training
from tonada.learning.songs import Song


class DrawnSegments(Dataset[Batch]):
    """
    Item `n` is song `n`: `segments_per_song` of its segments at random, augmented, with its label and its lesson.

    What is drawn follows from the seed, the `epoch` and the song: whoever asks, in whatever order, gets the same.

    Args:
        songs: to draw from.
        scales: of the training songs.
        training: how many segments, and which disguises.
        lessons: what teachers hear in each song, `(songs, components)`, where there are teachers.
    """

    def __init__(self, songs: list[Song], scales: Batch, training: Training, lessons: torch.Tensor | None = None):
        self.songs = songs
        self.labels = [song.label for song in songs]
        self.lessons = lessons
        self.training = training
        self.augmentation = Augmentation(training, scales)
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.songs)

    def __getitem__(self, index: int) -> Batch:
        with chance_of(self.training.seed, "song", self.epoch, index):
            features, targets = self._drawn(index), self._targets(index)
            if self.training.mixup:
                other = int(torch.randint(len(self.songs), ()))
                share = float(torch.distributions.Beta(self.training.mixup, self.training.mixup).sample())
                features = mixed(features, self._drawn(other), share)
                targets = _mixed_targets(targets, self._targets(other), share)
            return {**self.augmentation.after_mixing(features), **targets}

    def _targets(self, index: int) -> Batch:
        label = self.songs[index].label
        targets = {"labels": torch.tensor(NO_LABEL if label is None else label)}
        return targets if self.lessons is None else {**targets, "teachers": self.lessons[index]}

    def _drawn(self, index: int) -> Batch:
        features = self.songs[index].features
        drawn = torch.randperm(len(features["segment_mask"]))[: self.training.segments_per_song]
        return self.augmentation.before_mixing(features.of_segments(drawn.tolist()))


def _mixed_targets(one: Batch, other: Batch, share: float) -> Batch:
    """Lessons are numbers and are mixed as features are; labels stay two, of which each costs its share."""
    lessons = {"teachers": one["teachers"].lerp(other["teachers"], 1 - share)} if "teachers" in one else {}
    return {**one, **lessons, "other_labels": other["labels"], "share": torch.tensor(share)}


class SongOrder(Sampler[int]):
    """
    The songs of an epoch in an order that follows from the seed and the `epoch`: each once, or, where a recipe balances
    by a sampler, as many draws as there are songs, each label as likely as the others.
    """

    def __init__(self, labels: Sequence[int | None], training: Training):
        counts = Counter(labels)
        self.chances = torch.tensor([1 / counts[label] for label in labels])
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
    counts = Counter(song.label for song in songs)  # all have one
    return torch.tensor(
        [len(songs) / (len(counts) * counts[label]) if label in counts else 0.0 for label in range(labels)]
    )
