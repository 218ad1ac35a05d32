"""Labels that cannot contradict each other: leaves have probabilities, and what stands above them has their sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch


def ancestors(label: str, parents: dict[str, str]) -> list[str]:
    """
    The labels above a label, nearest first; empty where there is no tree.

    Raises:
        ValueError: climbing never ends.
    """
    path = [label]
    while (above := parents.get(path[-1])) is not None:
        if above in path:
            circle = " < ".join([*path[path.index(above) :], above])
            raise ValueError(f"parents goes round in a circle: {circle}; one of these must have no parent")
        path.append(above)
    return path[1:]


@dataclass(frozen=True)
class LabelTree:
    """
    One tree or several over a model's labels.

    Only leaves have logits. Nodes have ids: a leaf that of its logit, 0 to `len(leaves) - 1`; the others follow in the
    order in which leaf 0, leaf 1 and so on first climb to them, nearest first. So a song whose leaf is unknown is
    labelled with the id of a node above it.

    A level is a cut through the tree: level 1 has the roots, level `n` the labels `n - 1` steps below a root **and
    every leaf that ends above them**. Each leaf is thus below exactly one label of every level, probabilities sum to
    one at each, and the last level has all the leaves. (ccmusic counts this way: *Symphony* is on its levels 2 and 3.)

    Args:
        leaves: labels that have logits, by id.
        parents: label to the label above it, for each label that has one.

    Raises:
        ValueError: the labels are no tree, saying which and what to do.
    """

    leaves: tuple[str, ...]
    parents: dict[str, str]

    def __post_init__(self) -> None:
        _check_tree(self.leaves, self.parents)

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Every label, by id."""
        return tuple(dict.fromkeys([*self.leaves, *(above for leaf in self.leaves for above in self.ancestors(leaf))]))

    @cached_property
    def depth(self) -> int:
        """How many levels there are; 1 without a tree."""
        return max(len(self._path(leaf)) for leaf in self.leaves)

    def ancestors(self, label: str) -> list[str]:
        """The labels above a label, nearest first."""
        return ancestors(label, self.parents)

    def level(self, number: int | None = None) -> tuple[str, ...]:
        """
        The labels of a level, 1 for the roots, the leaves if not given; in the order of the leaves below them.

        Raises:
            ValueError: there is no such level.
        """
        number = self._checked(number)
        return tuple(dict.fromkeys(self._at_level(leaf, number) for leaf in self.leaves))

    def members(self, labels: Sequence[str]) -> torch.Tensor:
        """Which leaves are below each label, or are it: bool `(labels, leaves)`."""
        above = [{leaf, *self.ancestors(leaf)} for leaf in self.leaves]
        return torch.tensor([[label in each for each in above] for label in labels])

    def log_probabilities(self, leaves: torch.Tensor, level: int | None = None) -> torch.Tensor:
        """
        Log-probabilities of the labels of a level, `(…, labels)`, from the leaves', `(…, leaves)`: a model's `logits`.

        A label's probability is the sum of its leaves'.
        """
        return log_sums(leaves, self.members(self.level(level)).to(leaves.device))

    def best_leaf(self, label: str, leaves: torch.Tensor) -> str:
        """The most probable leaf below a label (a leaf is its own), given the leaves' log-probabilities `(leaves,)`."""
        outside = ~self.members([label])[0].to(leaves.device)
        return self.leaves[int(leaves.masked_fill(outside, -torch.inf).argmax())]

    def _checked(self, number: int | None) -> int:
        if number is None:
            return self.depth
        if not 1 <= number <= self.depth:
            raise ValueError(f"level is {number}; the labels have levels 1 to {self.depth}")
        return number

    def _path(self, leaf: str) -> list[str]:
        """From the root down to the leaf."""
        return [*reversed(self.ancestors(leaf)), leaf]

    def _at_level(self, leaf: str, number: int) -> str:
        path = self._path(leaf)
        return path[min(number, len(path)) - 1]


def log_sums(log_probabilities: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
    """Logarithms of sums of probabilities, `(…, leaves)` to `(…, sums)`, over the leaves of each row of `members`."""
    return log_probabilities.unsqueeze(-2).masked_fill(~members, -torch.inf).logsumexp(-1)


def _check_tree(leaves: tuple[str, ...], parents: dict[str, str]) -> None:
    known = {above for leaf in leaves for above in ancestors(leaf, parents)} | set(leaves)
    for label, above in parents.items():
        ancestors(label, parents)
        if above in leaves:
            raise ValueError(
                f"parents puts {label!r} below {above!r}, which has a logit of its own, and only leaves have: "
                f"take {above!r} out of id2label, or give its own songs a leaf such as 'other {above}'"
            )
        if label not in known:
            raise ValueError(
                f"parents puts {label!r} below {above!r}, but {label!r} is neither in id2label nor above a label that "
                f"is; there are {', '.join(sorted(known))}"
            )


__all__ = ["LabelTree", "ancestors", "log_sums"]
