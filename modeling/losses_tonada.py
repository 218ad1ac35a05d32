"""What a wrong answer costs, by kind of problem: pure functions of scores and labels, a row a segment or a song."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from .labels_tonada import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from .tree_tonada import LabelTree


def marginal_cross_entropies(
    scores: torch.Tensor, labels: torch.Tensor, members: torch.Tensor, smoothing: float = 0.0
) -> torch.Tensor:
    """
    Minus the logarithm of each label's probability, `(rows,)`, which is the sum of its leaves': a label that is known
    at an upper level only teaches that it is one of these leaves, and not which. Of a leaf it is the cross-entropy.

    Args:
        scores: `(rows, leaves)`, logits or log-probabilities.
        labels: `(rows,)`, ids of nodes.
        members: bool `(nodes, leaves)`, the leaves below each node.
        smoothing: share of each label that is spread over all leaves alike.
    """
    log_probabilities = scores.log_softmax(-1)
    known = log_probabilities.masked_fill(~members[labels], -torch.inf).logsumexp(-1)
    return -((1 - smoothing) * known + smoothing * log_probabilities.mean(-1))


def losses_of(
    scores: torch.Tensor, labels: torch.Tensor, problem: str, tree: LabelTree, smoothing: float = 0.0
) -> torch.Tensor:
    """
    What each row costs by kind of problem, `(rows,)`: marginal cross-entropy, or over its labels the mean of binary
    cross-entropy of log-odds or of squared error.

    Args:
        scores: `(rows, labels)`: log-probabilities or logits, log-odds, or values.
        labels: ids of nodes `(rows,)`, or `(rows, labels)` of 0 and 1, or of values.
        problem: transformers' `problem_type`.
        tree: the labels and what stands above them.
        smoothing: share of a label that is spread over all leaves, or of a 0 or 1 that goes to one half.
    """
    if problem == REGRESSION:
        return mse_loss(scores, labels.to(scores.dtype), reduction="none").mean(-1)
    if problem == MULTI_LABEL:
        targets = labels.to(scores.dtype) * (1 - smoothing) + smoothing / 2
        return binary_cross_entropy_with_logits(scores, targets, reduction="none").mean(-1)
    return marginal_cross_entropies(scores, labels, tree.members(tree.nodes).to(scores.device), smoothing)


def check_targets(labels: torch.Tensor, songs: int, problem: str, tree: LabelTree) -> None:
    """
    Refuse labels that are not of the problem.

    Raises:
        ValueError: with their shape or value, and what was expected.
    """
    expected = (songs,) if problem == SINGLE_LABEL else (songs, len(tree.leaves))
    if tuple(labels.shape) != expected:
        raise ValueError(
            f"labels have shape {tuple(labels.shape)}; problem_type {problem!r} expects {expected}: "
            + ("an id a song" if problem == SINGLE_LABEL else f"a number a song for each of {', '.join(tree.leaves)}")
        )
    if problem == SINGLE_LABEL and labels.is_floating_point():
        raise ValueError(f"labels are {labels.dtype}; expected integers, the id of each song's label")
    if problem == SINGLE_LABEL and not bool(((labels >= 0) & (labels < len(tree.nodes))).all()):
        raise ValueError(
            f"labels are {labels.min()} to {labels.max()}; ids go from 0 to {len(tree.nodes) - 1} "
            f"({len(tree.leaves)} leaves, then {len(tree.nodes) - len(tree.leaves)} labels above them)"
        )
    if problem == MULTI_LABEL and not bool(((labels >= 0) & (labels <= 1)).all()):
        raise ValueError(f"labels are {labels.min()} to {labels.max()}; expected 1 where a song has a label, 0 if not")


__all__ = ["check_targets", "losses_of", "marginal_cross_entropies"]
