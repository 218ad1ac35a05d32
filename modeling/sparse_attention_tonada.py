"""
Explicit sparse attention: a pure function, the same in chunks for long sounds, and the two modules that project around.

Jia 2022 puts it where the parent model (Chen & Li 2020) had soft attention over the steps of a BiLSTM. Neither says
where exactly: both placements that the texts allow are here.
"""

import math
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from .sparse_weights_tonada import sparse_weights

QUERIES_AT_ONCE = 256  # of longer inputs the scores are never all in memory, and most of these stay in the cache


class Attended(NamedTuple):
    """
    What attention found.

    Attributes:
        gathered: `(…, queries, value_width)`.
        received: `(…, keys)`, the mean weight that real queries gave to each key.
        weights: `(…, queries, keys)`, if they were asked for.
    """

    gathered: torch.Tensor
    received: torch.Tensor
    weights: torch.Tensor | None


def explicit_sparse_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    mode: str = "topk",
    top_k: float = 8,
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    Let each query gather values from the few keys it scores highest (Zhao et al. 2019, arXiv 1912.11637).

    Args:
        query: `(…, queries, width)`.
        key: `(…, keys, width)`.
        value: `(…, keys, value_width)`.
        mask: `(…, keys)`, true where a key is real; padded keys are taken out before the choice.
        mode: how a query shares out its weight, see `sparse_weights`.
        top_k: how many keys it keeps, or which share of the real ones, under `"topk"` and `"topk_ste"`.

    Returns:
        What each query gathered, `(…, queries, value_width)`, and the weights, `(…, queries, keys)`, which are all zero
        where no key is real.
    """
    precise = torch.promote_types(query.dtype, torch.float32)  # 16 bits overflow, and make ties by rounding
    scores = query.to(precise) / math.sqrt(query.shape[-1]) @ key.to(precise).mT
    weights = sparse_weights(scores, None if mask is None else mask.bool().unsqueeze(-2), mode, top_k).to(value.dtype)
    return weights @ value, weights


def attend_in_chunks(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    query_mask: torch.Tensor | None = None,
    mode: str = "topk",
    top_k: float = 8,
    with_weights: bool = False,
    queries_at_once: int = QUERIES_AT_ONCE,
) -> Attended:
    """
    As `explicit_sparse_attention`, for some queries at a time: every mode looks at one query's scores alone.

    Memory is that of `queries_at_once` rows of scores and not of all, in training too, where a chunk's scores are
    computed again for its gradient. With weights, which are as large, nothing is saved.

    Args:
        query_mask: `(…, queries)`, true where a query is real; all are, if it is not given.
        with_weights: also return all weights.
        queries_at_once: rows of a chunk.
    """
    count = query.shape[-2]
    asks = query.new_ones(count) if query_mask is None else query_mask.to(query.dtype)

    def of(queries: torch.Tensor, asking: torch.Tensor) -> tuple[torch.Tensor, ...]:
        gathered, weights = explicit_sparse_attention(queries, key, value, mask, mode, top_k)
        received = (asking.unsqueeze(-2) @ weights).squeeze(-2)
        return (gathered, received, weights) if with_weights else (gathered, received)

    chunks = list(zip(query.split(queries_at_once, -2), asks.split(queries_at_once, -1), strict=True))
    again = torch.is_grad_enabled() and len(chunks) > 1 and not with_weights
    parts = [checkpoint(of, *chunk, use_reentrant=False) if again else of(*chunk) for chunk in chunks]
    gathered, received, *weights = zip(*parts, strict=True)
    total = asks.sum(-1, keepdim=True).clamp(min=1)
    return Attended(_joined(gathered), sum(received) / total, _joined(weights[0]) if weights else None)


def _joined(parts: tuple[torch.Tensor, ...]) -> torch.Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, -2)


class Heard(NamedTuple):
    """
    What an encoder makes of segments.

    Attributes:
        embedding: `(segments, width)`.
        kept_steps: the share of all attention of real steps that went to each step, `(segments, steps)`; exactly zero
            for a step that no query of any head kept. `None` of an encoder without attention.
        weights: of the attention, `(segments, heads, queries, steps)`, if they were asked for.
        steps: what the attention chose from, `(segments, steps, width)`; of the descriptors their only one.
    """

    embedding: torch.Tensor
    kept_steps: torch.Tensor | None = None
    weights: torch.Tensor | None = None
    steps: torch.Tensor | None = None


class TonadaSparseAttention(nn.Module):
    """
    Self-attention of several heads over steps, then their mean: `(segments, steps, width)` to `(segments, width)`.

    Every step asks, and what it gathers replaces it: no residual path carries a dropped step around the choice, so the
    weights tell all that was heard. Placement as Zhao et al. 2019 have it in a transformer; whether Jia 2022 does is
    unknown.
    """

    def __init__(self, config, width: int):
        super().__init__()
        self.heads = config.attention_heads
        self.mode = config.attention_mode
        self.top_k = config.attention_top_k
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def forward(self, steps: torch.Tensor, mask: torch.Tensor, with_weights: bool = False) -> Heard:
        """
        Hear the steps that are real.

        Args:
            steps: `(segments, steps, width)`.
            mask: `(segments, steps)`, 1 for a real step.
            with_weights: whether weights are wanted.
        """
        query, key, value = (_heads(project(steps), self.heads) for project in (self.query, self.key, self.value))
        real = mask.unsqueeze(1)
        gathered, received, weights = attend_in_chunks(
            query, key, value, real, real, self.mode, self.top_k, with_weights
        )
        attended = self.output(gathered.transpose(1, 2).flatten(-2))
        asking = mask.unsqueeze(-1).to(attended.dtype)
        return Heard((attended * asking).sum(1) / asking.sum(1).clamp(min=1), received.mean(1), weights)


class TonadaSparsePooling(nn.Module):
    """
    Attentive pooling: one learned question a head chooses among the steps, `(segments, steps, width)` to
    `(segments, width)`.

    The additive form of the parent, a_i = softmax(f(r_i)) and att = sum a_i r_i with f(r) = v . tanh(W r + b), and the
    softmax made sparse; the parent has one head.
    """

    def __init__(self, config, width: int):
        super().__init__()
        self.heads = config.attention_heads
        self.mode = config.attention_mode
        self.top_k = config.attention_top_k
        self.key = nn.Linear(width, width)
        self.question = nn.Parameter(torch.empty(self.heads, 1, width // self.heads))

    def forward(self, steps: torch.Tensor, mask: torch.Tensor, with_weights: bool = False) -> Heard:
        """As [`TonadaSparseAttention.forward`]; the weights are `(segments, heads, 1, steps)`."""
        key, value = _heads(self.key(steps).tanh(), self.heads), _heads(steps, self.heads)
        query = self.question.expand(steps.shape[0], -1, -1, -1)
        gathered, received, weights = attend_in_chunks(
            query, key, value, mask.unsqueeze(1), None, self.mode, self.top_k, with_weights
        )
        return Heard(gathered.transpose(1, 2).flatten(1), received.mean(1), weights)


def attention_over(config, width: int) -> nn.Module:
    """The attention of a config's placement over steps of a width."""
    placed = {"self": TonadaSparseAttention, "pooling": TonadaSparsePooling}[config.attention_placement]
    return placed(config, width)


def _heads(projected: torch.Tensor, heads: int) -> torch.Tensor:
    """`(segments, steps, width)` to `(segments, heads, steps, width / heads)`."""
    return projected.unflatten(-1, (heads, -1)).transpose(1, 2)


__all__ = ["Heard", "TonadaSparsePooling", "attend_in_chunks", "attention_over", "explicit_sparse_attention"]
