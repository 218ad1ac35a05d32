"""Explicit sparse attention: a pure function, and the module that projects around it.

Zhao, Lin, Zhang, Ren, Su & Sun 2019 (arXiv 1912.11637), eqs. 5-14, which Jia 2022 applies to music:
of each row of scores only the k largest survive, and softmax shares the weight among them alone.
"""

import math

import torch
from torch import nn


def explicit_sparse_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    mode: str = "topk",
    top_k: int = 8,
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    Let each query gather values from the few keys it scores highest.

    Args:
        query: `(..., queries, width)`.
        key: `(..., keys, width)`.
        value: `(..., keys, value_width)`.
        mask: `(..., keys)`, true where a key is real; padded keys are taken out before the choice.
        mode: `"topk"`, or `"softmax"` for the ordinary dense kind.
        top_k: keys kept by each query under `"topk"`. Scores equal to the k-th largest all survive, as in
            the papers' `score >= threshold`: more than k at a tie, and never dependent on the keys' order.

    Returns:
        What each query gathered, `(..., queries, value_width)`, and the weights, `(..., queries, keys)`: each
        row sums to one, or is all zero where no key is real. The threshold is a constant to the gradient,
        which is therefore zero for every score that was dropped.
    """
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    kept = torch.ones_like(scores, dtype=torch.bool)
    lowest = torch.finfo(scores.dtype).min  # finite, so that a row without real keys gives no NaN
    if mask is not None:
        kept = kept & mask.bool().unsqueeze(-2)
        scores = scores.masked_fill(~kept, lowest)
    if mode == "topk" and top_k < scores.shape[-1]:
        threshold = scores.topk(top_k, dim=-1).values[..., -1:]
        kept = kept & (scores >= threshold)
        scores = scores.masked_fill(~kept, lowest)
    precise = torch.float32 if scores.dtype in (torch.float16, torch.bfloat16) else scores.dtype
    weights = scores.softmax(dim=-1, dtype=precise) * kept
    weights = weights.to(value.dtype)
    return weights @ value, weights


class TonadaSparseAttention(nn.Module):
    """
    Self-attention of several heads over the BiLSTM's steps, `(segments, steps, width)` to the same shape.

    Jia 2022 puts the explicit sparse kind where the parent model had soft attention; the exact placement is
    not published. Here every step asks, and what it gathers replaces it: no residual path carries a
    dropped step around the choice, so the weights tell all that was heard.
    """

    def __init__(self, config):
        super().__init__()
        self.heads = config.attention_heads
        self.mode = config.attention_mode
        self.top_k = config.attention_top_k
        self.query = nn.Linear(config.step_size, config.step_size)
        self.key = nn.Linear(config.step_size, config.step_size)
        self.value = nn.Linear(config.step_size, config.step_size)
        self.output = nn.Linear(config.step_size, config.step_size)

    def forward(self, steps: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Steps `(segments, steps, width)`, mask `(segments, steps)`; and weights `(segments, heads, steps, steps)`."""

        def split(projected: torch.Tensor) -> torch.Tensor:
            return projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (segments, heads, steps, width / heads)

        gathered, weights = explicit_sparse_attention(
            split(self.query(steps)),
            split(self.key(steps)),
            split(self.value(steps)),
            mask.unsqueeze(1),
            self.mode,
            self.top_k,
        )
        return self.output(gathered.transpose(1, 2).flatten(-2)), weights


__all__ = ["TonadaSparseAttention", "explicit_sparse_attention"]
