"""The descriptor branch: a scaler and fully connected layers."""

from itertools import pairwise

import torch
from torch import nn

from .sparse_attention_tonada import Heard


class TonadaDescriptorEncoder(nn.Module):
    """
    A scaler and the DNN: `(segments, num_descriptors)` in their own units to `(segments, dnn_sizes[-1])`, or scaled to
    `(segments, num_descriptors)` without layers.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, config):
        super().__init__()
        self.limit = config.descriptor_limit
        self.register_buffer("mean", torch.zeros(config.num_descriptors))  # over the training songs
        self.register_buffer("scale", torch.ones(config.num_descriptors))
        sizes = (config.num_descriptors, *config.dnn_sizes)
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, descriptors: torch.Tensor) -> Heard:
        features = (descriptors - self.mean) / self.scale
        if self.limit is not None:
            features = features.clamp(-self.limit, self.limit)
        for layer in self.layers:
            features = self.dropout(layer(features).relu())
        return Heard(features, steps=features.unsqueeze(1))


__all__ = ["TonadaDescriptorEncoder"]
