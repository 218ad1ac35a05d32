"""From scores to weights: softmax and its sparse kin, each a function of rows of scores and of which may be chosen."""

import math

import torch

ATTENTION_MODES = ("topk", "topk_ste", "sparsemax", "entmax15", "softmax")
ROUNDING = 1e-9  # of a share times a number of keys: a tenth of 300 is 30 and not 31
NEWTON_STEPS = 12  # of 4,096 scores of any spread, ten were enough


def sparse_weights(
    scores: torch.Tensor, allowed: torch.Tensor | None = None, mode: str = "topk", top_k: float = 8
) -> torch.Tensor:
    """
    Weights of each row of scores, `(…, rows, keys)`: none negative, of sum one, or all zero where nothing is allowed.

    Args:
        scores: `(…, rows, keys)`; taken in at least float32, in which few scores are alike by rounding.
        allowed: `(…, 1, keys)` or as the scores, true where a key may be chosen; others weigh exactly zero.
        mode: how weight is shared out.
            `"softmax"`: among all keys.
            `"topk"`: softmax among the `top_k` highest scores (explicit sparse attention, Zhao et al. 2019, eqs. 5-14).
            `"topk_ste"`: the same weights, and the gradient of `"softmax"`, which reaches the dropped keys too
                (straight-through estimator).
            `"sparsemax"`: the nearest point of the simplex (Martins & Astudillo 2016, alg. 1).
            `"entmax15"`: half way from softmax to sparsemax, alpha = 1.5 (Peters, Niculae & Martins 2019, alg. 2).
        top_k: keys that a row keeps, an `int`; or as a `float` the share of its allowed keys, rounded up. Scores equal
            to the k-th highest all survive, as in the paper's `score >= threshold`: more than k at a tie, and never by
            the order of keys.

    Returns:
        As the scores, in their dtype or float32.
    """
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    if allowed is not None:
        scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)  # finite: no row becomes NaN
    weights = _shared_out(scores, allowed, mode, top_k)
    return weights if allowed is None else weights * allowed


def _shared_out(scores: torch.Tensor, allowed: torch.Tensor | None, mode: str, top_k: float) -> torch.Tensor:
    if mode == "softmax":
        return scores.softmax(-1)
    if mode == "sparsemax":
        return _sparsemax(scores)
    if mode == "entmax15":
        return _entmax15(scores)
    kept = scores >= _threshold(scores.detach(), allowed, top_k)
    sparse = scores.masked_fill(~kept, -torch.inf).softmax(-1)
    if mode == "topk":
        return sparse
    dense = scores.softmax(-1)
    return dense + (sparse - dense).detach()  # a - b + b is exactly zero where a is


def _threshold(scores: torch.Tensor, allowed: torch.Tensor | None, top_k: float) -> torch.Tensor:
    """The k-th highest score of each row, `(…, rows, 1)`; it is a constant to the gradient."""
    keys = scores.shape[-1]
    if isinstance(top_k, int):
        return scores.topk(min(top_k, keys)).values[..., -1:]
    highest = scores.topk(math.ceil(top_k * keys - ROUNDING)).values
    if allowed is None:
        return highest[..., -1:]
    count = (top_k * allowed.sum(-1, keepdim=True).double() - ROUNDING).ceil().long().clamp(min=1)
    return highest.gather(-1, (count - 1).expand(*scores.shape[:-1], 1))


def _sparsemax(scores: torch.Tensor) -> torch.Tensor:
    """
    max(z - tau, 0), with tau such that a row sums to one: over its support S, tau = (sum of z in S - 1) / |S|.

    The support is found without a gradient, and tau taken from it with one, which gives the Jacobian of the paper.
    """
    scores = _from_the_highest(scores)
    support = scores > _root(scores.detach(), 1)
    tau = ((scores * support).sum(-1, keepdim=True) - 1) / support.sum(-1, keepdim=True)
    return (scores - tau).clamp(min=0)


def _entmax15(scores: torch.Tensor) -> torch.Tensor:
    """
    max(z / 2 - tau, 0) ** 2, with tau such that a row sums to one. Over the support S, with n = |S| and x = z / 2,

        sum (x - tau)^2 = 1   <=>   tau = mean(x) - sqrt((1 - sum (x - mean(x))^2) / n)
    """
    halves = _from_the_highest(scores / 2)
    support = halves > _root(halves.detach(), 2)
    count = support.sum(-1, keepdim=True)
    mean = (halves * support).sum(-1, keepdim=True) / count
    spread = ((halves - mean).square() * support).sum(-1, keepdim=True)
    tau = mean - ((1 - spread) / count).clamp(min=torch.finfo(scores.dtype).tiny).sqrt()
    return (halves - tau).clamp(min=0).square()


@torch.no_grad()
def _root(scores: torch.Tensor, power: int) -> torch.Tensor:
    """
    The tau of each row, `(…, rows, 1)`, at which the sum of max(z - tau, 0) ** power is one, by Newton's steps.

    That sum is convex and falls with tau, so that from the left no step passes the root. By Jensen's inequality it is
    at least one at mean(z) - n ** (-1 / power), and it is so where a single key, the highest, reaches one.
    """
    tau = (scores.mean(-1, keepdim=True) - scores.shape[-1] ** (-1 / power)).clamp(min=-1)
    for _ in range(NEWTON_STEPS):
        over = (scores - tau).clamp_(min=0)
        slope = over.sign().sum(-1, keepdim=True) if power == 1 else 2 * over.sum(-1, keepdim=True)
        tau += ((over if power == 1 else over.square_()).sum(-1, keepdim=True) - 1) / slope
    return tau


def _from_the_highest(scores: torch.Tensor) -> torch.Tensor:
    """Scores less their row's highest. One or more below it weighs nothing, so that -2 says all of what is lower."""
    return (scores - scores.amax(-1, keepdim=True).detach()).clamp(min=-2)


__all__ = ["ATTENTION_MODES", "sparse_weights"]
