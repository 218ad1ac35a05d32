"""The fully convolutional tagger of Choi et al. (2016) as Won et al. (2020) trained it, under their layers' names."""

import torch
from torch import nn


class Block(nn.Module):
    """Convolution, batch norm, ReLU and max-pool over bands and frames."""

    def __init__(self, channels_in: int, channels_out: int, pool: tuple[int, int]):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.bn = nn.BatchNorm2d(channels_out)
        self.pool = nn.MaxPool2d(pool)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.pool(self.bn(self.conv(maps)).relu())


class Fcn(nn.Module):
    """29 seconds, `(songs, 1819, 96)` in decibels, to an embedding `(songs, 64)` and logits `(songs, 50)`."""

    def __init__(self) -> None:
        super().__init__()
        self.spec_bn = nn.BatchNorm2d(1)
        self.layer1 = Block(1, 64, (2, 4))
        self.layer2 = Block(64, 128, (2, 4))
        self.layer3 = Block(128, 128, (2, 4))
        self.layer4 = Block(128, 128, (3, 5))
        self.layer5 = Block(128, 64, (4, 4))
        self.dense = nn.Linear(64, 50)

    def forward(self, decibels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        _, maps = self.maps(decibels)
        embedding = self.layer5(maps).flatten(1)
        return embedding, self.dense(embedding)

    def maps(self, decibels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the last two layers hear, `(songs, 128, 12, 28)` and `(songs, 128, 4, 5)`."""
        maps = self.spec_bn(decibels.transpose(1, 2).unsqueeze(1))  # (songs, 1, bands, frames)
        for layer in (self.layer1, self.layer2, self.layer3):
            maps = layer(maps)
        return maps, self.layer4(maps)


def hear_two_layers(network: Fcn, decibels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """
    The embedding beside mean and maximum of each map that the last layer hears, `(songs, 320)`, and the logits.

    Logistic regression tells moods of 4QAED better from both layers than from the last, see `docs/training.md`.
    """
    _, maps = network.maps(decibels)
    embedding = network.layer5(maps).flatten(1)
    return torch.cat([embedding, maps.mean((2, 3)), maps.amax((2, 3))], dim=1), network.dense(embedding)


def hear_three_layers(network: Fcn, decibels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """
    All that the last three layers hear in the bands of ten seconds, `(songs, 2240)`, and the logits.

    Ten seconds are too short for the last pooling: the embedding is the maximum over what there is.
    """
    earlier, later = network.maps(decibels)
    embedding = network.layer5.bn(network.layer5.conv(later)).relu().amax((2, 3))
    heard = [embedding, later.amax((2, 3)), later.mean(3).flatten(1), earlier.mean(3).flatten(1)]
    return torch.cat(heard, dim=1), network.dense(embedding)
