"""The embedding branch: steps that another network has embedded, given as they are or made by one inside the model."""

import math

import torch
from torch import nn

from .sparse_attention_tonada import Heard, attention_over
from .sparse_weights_tonada import sparse_weights

EMBEDDING_NETWORKS = ("attention", "attention_conv")


class TonadaAttentionEncoder(nn.Module):
    """A scaler, one layer and sparse attention: `(segments, steps, width)` to `(segments, embedding_hidden_size)`."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, config, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))  # over the steps of the training songs
        self.register_buffer("scale", torch.ones(width))
        self.layer = nn.Linear(width, config.embedding_hidden_size)
        self.dropout = nn.Dropout(config.dropout)
        self.attention = attention_over(config, config.embedding_hidden_size)

    def forward(self, embeddings: torch.Tensor, step_mask: torch.Tensor | None, with_weights: bool = False) -> Heard:
        """Hear steps `(segments, steps, width)` of which `step_mask`, `(segments, steps)`, tells the real; else all."""
        mask = torch.ones_like(embeddings[..., 0]) if step_mask is None else step_mask.to(embeddings.dtype)
        steps = self.dropout(self.layer((embeddings - self.mean) / self.scale).relu())
        return self.attention(steps, mask, with_weights)._replace(steps=steps)


class TonadaAttentionConvEncoder(nn.Module):
    """
    Source S2's network, layer by layer: `(segments, 10, 128)` embeddings of VGGish to `(segments, 64)`.

    Two heads of 64 over the steps, batch norm, a convolution of 64 filters, pooling, a convolution of 128, the mean
    over time, a layer of 64. The classifier's dropout of 0.6 and its single unit follow in the model's head. S2 fills
    short sounds with steps of zeros and hears these; so does this network, which knows no mask.
    """

    HEADS, KEY, DROPPED = 2, 64, (0.2, 0.4)

    def __init__(self, config, width: int):
        super().__init__()
        inner = self.HEADS * self.KEY
        self.query, self.key, self.value = (nn.Linear(width, inner) for _ in range(3))
        self.output = nn.Linear(inner, width)
        self.mode, self.top_k = config.attention_mode, config.attention_top_k
        self.norm = nn.BatchNorm1d(width, eps=1e-3, momentum=0.01)  # as in Keras
        self.first = nn.Conv1d(width, 64, 3, padding=1)
        self.second = nn.Conv1d(64, 128, 3, padding=1)
        self.last = nn.Linear(128, 64)
        self.attention_dropout, self.dropout = (nn.Dropout(share) for share in self.DROPPED)

    def forward(self, embeddings: torch.Tensor, step_mask: torch.Tensor | None, with_weights: bool = False) -> Heard:
        """Hear steps `(segments, steps, width)`, two or more; `step_mask` is not asked, see above."""
        if embeddings.shape[1] < 2:
            raise ValueError("source S2's network halves the steps of a segment and got one; give segments of ten")
        asked = (project(embeddings).unflatten(-1, (self.HEADS, -1)) for project in (self.query, self.key, self.value))
        query, key, value = (each.transpose(1, 2) for each in asked)  # (segments, heads, steps, 64)
        weights = sparse_weights(query / math.sqrt(self.KEY) @ key.mT, None, self.mode, self.top_k).to(value.dtype)
        gathered = self.attention_dropout(weights) @ value
        steps = self.output(gathered.transpose(1, 2).flatten(-2))
        features = self.norm(steps.mT)
        features = self.dropout(nn.functional.max_pool1d(self.first(features).relu(), 2))
        features = self.last(self.second(features).relu().mean(-1)).relu()
        return Heard(features, weights.mean((1, 2)), weights if with_weights else None, steps)


def embedding_encoder(config, width: int) -> nn.Module:
    """The network of a config over steps of a width."""
    networks = {"attention": TonadaAttentionEncoder, "attention_conv": TonadaAttentionConvEncoder}
    return networks[config.embedding_network](config, width)


__all__ = ["EMBEDDING_NETWORKS", "TonadaAttentionEncoder", "embedding_encoder"]
