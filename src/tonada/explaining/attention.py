"""Attention maps by name: which steps each head kept, and what a dense softmax would have given to what was dropped."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from tonada.modeling import TonadaForAudioClassification
from tonada.modeling.embedding_encoder_tonada import TonadaAttentionConvEncoder
from tonada.modeling.sparse_attention_tonada import TonadaSparseAttention, TonadaSparsePooling

ATTENTIONS = (TonadaSparseAttention, TonadaSparsePooling, TonadaAttentionConvEncoder)


@dataclass(frozen=True)
class AttentionMap:
    """
    What one attention of the model did with a song.

    Attributes:
        mode: how it shares out its weight; see `sparse_weights`.
        received: `(segments, heads, steps)`, the mean weight that real queries gave to each step.
        kept: bool `(segments, heads, steps)`, the steps that any real query of the head gave weight to.
        kept_by_query: `(segments, heads)`, how many steps a real query kept, on average.
        dropped: `(segments, heads)`, the share of weight, 0 to 1, that `"softmax"` would have given to steps that
            their query dropped; the mean over real queries. 0 where nothing was dropped.
    """

    mode: str
    received: torch.Tensor
    kept: torch.Tensor
    kept_by_query: torch.Tensor
    dropped: torch.Tensor


@dataclass
class _Seen:
    """What is remembered of each segment, one after the other."""

    parts: list[tuple[torch.Tensor, ...]] = field(default_factory=list)

    def watch(self, module: Any, arguments: tuple[Any, ...]) -> None:
        """A forward pre-hook: look at what goes in, segment by segment, so that all weights are never in memory."""
        steps, mask = arguments[0], arguments[1]
        for index in range(len(steps)):
            only = slice(index, index + 1)
            self.parts.append(_of_segment(module, steps[only], None if mask is None else mask[only]))

    def map(self, mode: str) -> AttentionMap:
        return AttentionMap(mode, *(torch.cat(each) for each in zip(*self.parts, strict=True)))


@torch.no_grad()
def attention_maps(
    model: TonadaForAudioClassification, features: Mapping[str, torch.Tensor]
) -> dict[str, AttentionMap]:
    """
    A map of every attention in the model, by the module's name in it.

    What each hears is caught on the way in, and asked again by a copy that shares its weights and has mode
    `"softmax"`; the model itself is not written to.

    Args:
        model: in evaluation mode.
        features: of one song, with the songs dimension.
    """
    inside = {name: module for name, module in model.named_modules() if isinstance(module, ATTENTIONS)}
    seen = {name: _Seen() for name in inside}
    hooks = [module.register_forward_pre_hook(seen[name].watch) for name, module in inside.items()]
    try:
        model(**features)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: seen[name].map(module.mode) for name, module in inside.items()}


def _of_segment(module: Any, steps: torch.Tensor, mask: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
    sparse = _weights(module, module.mode, steps, mask)  # (1, heads, queries, steps)
    dense = _weights(module, "softmax", steps, mask)
    real = torch.ones_like(steps[..., 0]) if mask is None else mask.to(sparse.dtype)
    asking = real[:, None, :, None] if sparse.shape[-2] == real.shape[-1] else torch.ones_like(sparse[..., :1])
    count = asking.sum(-2)  # (1, 1, 1) of self-attention, (1, heads, 1) of pooling
    kept = sparse > 0
    return (
        (sparse * asking).sum(-2) / count,
        (kept & asking.bool()).any(-2),
        (kept * asking).sum((-1, -2)) / count[..., 0],
        ((dense * ~kept) * asking).sum((-1, -2)) / count[..., 0],
    )


def _weights(module: nn.Module, mode: str, steps: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    same: Any = copy(module)  # its own settings, the same parameters
    same.mode = mode
    return same.forward(steps, mask, True).weights
