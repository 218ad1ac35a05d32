"""
The networks of musicnn (Pons et al., End-to-end learning for music audio tagging at scale, ISMIR 2018; Pons & Serra,
musicnn, LBD-ISMIR 2019), and what the layers of their published checkpoints are called.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

import numpy as np
import torch
from torch import nn

from tonada.embedding.errors import EmbeddingError

EPSILON = 1e-3  # of batch norm, TensorFlow's default
BANDS = 96


class Filters(nn.Module):
    """
    One kind of filter over a spectrogram, and the loudest that it finds over all bands: `(songs, 1, frames, bands)` to
    `(songs, filters, frames)`.

    Args:
        filters: how many.
        frames: their length.
        bands: their height.
    """

    def __init__(self, filters: int, frames: int, bands: int):
        super().__init__()
        # Of an even length, TensorFlow pads one frame more behind than before.
        self.padding = (0, 0, (frames - 1) // 2, frames // 2)
        self.convolution = nn.Conv2d(1, filters, (frames, bands))
        self.norm = nn.BatchNorm2d(filters, eps=EPSILON)

    def forward(self, spectrogram: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(spectrogram, self.padding)
        return self.norm(self.convolution(padded).relu()).amax(-1)


class Middle(nn.Module):
    """Seven frames of all channels to 64: `(songs, channels, frames)` to `(songs, 64, frames)`."""

    def __init__(self, channels: int):
        super().__init__()
        self.filters = Filters(64, 7, channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.filters(features.transpose(1, 2).unsqueeze(1))


class MusicNN(nn.Module):
    """
    Filters as tall as an instrument's timbre and as long as a beat, three residual convolutions, and maximum and mean
    of all of them over time: `(songs, frames, 96)` log-mel to an embedding `(songs, 200)` and logits `(songs, 50)`.

    Layers are made in the order of the published checkpoints, which number them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.normalise = nn.BatchNorm2d(1, eps=EPSILON)
        timbral = [Filters(204, 7, int(share * BANDS)) for share in (0.4, 0.7)]
        self.front = nn.ModuleList([*timbral, *(Filters(51, frames, 1) for frames in (128, 64, 32))])
        self.middle = nn.ModuleList([Middle(561), Middle(64), Middle(64)])
        self.pooled_norm = nn.BatchNorm1d(2 * 753, eps=EPSILON)
        self.dense = nn.Linear(2 * 753, 200)
        self.dense_norm = nn.BatchNorm1d(200, eps=EPSILON)
        self.output = nn.Linear(200, 50)

    def forward(self, log_mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        spectrogram = self.normalise(log_mel.unsqueeze(1))
        front = torch.cat([filters(spectrogram) for filters in self.front], dim=1)  # (songs, 561, frames)
        first = self.middle[0](front)
        second = self.middle[1](first) + first
        third = self.middle[2](second) + second
        features = torch.cat([front, first, second, third], dim=1)  # (songs, 753, frames)
        pooled = torch.stack([features.amax(-1), features.mean(-1)], dim=-1).flatten(1)
        embedding = self.dense_norm(self.dense(self.pooled_norm(pooled)).relu())
        return embedding, self.output(embedding)


class Vgg(nn.Module):
    """
    musicnn's baseline, five convolutions of 3x3: `(songs, 187, 96)` log-mel to an embedding `(songs, 256)`, the last
    128 channels at two instants, and logits `(songs, 50)`.
    """

    # Frames and bands of each maximum, and its stride.
    POOLS = [((4, 1), 2), ((2, 2), 2), ((2, 2), 2), ((2, 2), 2), ((4, 4), 4)]

    def __init__(self) -> None:
        super().__init__()
        self.normalise = nn.BatchNorm2d(1, eps=EPSILON)
        blocks = [self._block(128 if number else 1, *pool) for number, pool in enumerate(self.POOLS)]
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Linear(256, 50)

    @staticmethod
    def _block(channels: int, pool: tuple[int, int], stride: int) -> nn.Sequential:
        convolution = nn.Conv2d(channels, 128, 3, padding=1)
        return nn.Sequential(convolution, nn.ReLU(), nn.BatchNorm2d(128, eps=EPSILON), nn.MaxPool2d(pool, stride))

    def forward(self, log_mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = self.blocks(self.normalise(log_mel.unsqueeze(1)))  # (songs, 128, 2, 1)
        embedding = maps.permute(0, 2, 3, 1).flatten(1)
        return embedding, self.output(embedding)


def published_state(
    network: nn.Module, tensors: Mapping[str, np.ndarray], convolutions: Iterable[str]
) -> dict[str, torch.Tensor]:
    """
    A checkpoint's tensors under the names that a network has for them.

    Args:
        network: its layers in the order of the checkpoint's numbers.
        tensors: the checkpoint.
        convolutions: names of the convolutions in order; what else there is, TensorFlow has numbered.

    Raises:
        EmbeddingError: a tensor is missing.
    """
    numbered = {nn.Conv2d: iter(convolutions), nn.Linear: _numbered("dense")}
    norms = _numbered("batch_normalization")
    dense = {"weight": "kernel", "bias": "bias"}
    norm = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    state = {}
    for path, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer_name, parts = next(numbered[type(layer)]), dense
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer_name, parts = next(norms), norm
        else:
            continue
        for ours, theirs in parts.items():
            state[f"{path}.{ours}"] = _as_torch(tensors, f"{layer_name}/{theirs}")
    return state


def tensorflow_convolutions() -> Iterator[str]:
    """How TensorFlow numbers convolutions without a name of their own."""
    return _numbered("conv2d")


def vgg_convolutions() -> Iterator[str]:
    """What the baseline's convolutions are called."""
    return (f"{number}CNN" for number in count(1))


def _numbered(kind: str) -> Iterator[str]:
    return (f"{kind}_{number}" if number else kind for number in count())


def _as_torch(tensors: Mapping[str, np.ndarray], name: str) -> torch.Tensor:
    """Kernels are `(frames, bands, in, out)` or `(in, out)` there; `(out, in, frames, bands)` or `(out, in)` here."""
    if name not in tensors:
        raise EmbeddingError(f"the checkpoint has no {name}, so it is not that network's; give the publisher's own")
    tensor = torch.from_numpy(tensors[name].copy())
    if tensor.ndim == 4:
        return tensor.permute(3, 2, 0, 1)
    return tensor.T if tensor.ndim == 2 else tensor
