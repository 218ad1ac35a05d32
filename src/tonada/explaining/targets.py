"""Which of a model's answers is explained, and the one number that stands for it."""

from dataclasses import dataclass

import torch

from tonada.modeling import TonadaConfig
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from tonada.modeling.tree_tonada import log_sums


class ExplainError(Exception):
    """Something that cannot be explained, in one line."""


@dataclass(frozen=True)
class Target:
    """
    One label of a model, or one of its values.

    Attributes:
        label: a leaf, a label above leaves, or the name of a value.
        problem: transformers' `problem_type`.
        members: bool `(leaves,)`, the leaves that are the label or below it.
    """

    label: str
    problem: str
    members: torch.Tensor

    def score(self, logits: torch.Tensor) -> torch.Tensor:
        """
        `logits`, `(songs, leaves)`, to what contributions add up to, `(songs,)`: the label's log-odds, or the value.

        Log-odds have no ceiling, so that a song that is surely sad can still be sadder in one instant than in another.
        """
        if self.problem != SINGLE_LABEL:
            return logits[:, self.members].squeeze(-1)
        for_it, against = log_sums(logits, torch.stack([self.members, ~self.members]).to(logits.device)).unbind(-1)
        return for_it - against

    def probability(self, score: float) -> float | None:
        """Of the label, from its log-odds; a value has none."""
        return None if self.problem == REGRESSION else float(torch.tensor(score).sigmoid())


def target_of(config: TonadaConfig, logits: torch.Tensor, label: str | None = None) -> Target:
    """
    What to explain of a song's answer.

    Args:
        config: the model's.
        logits: of the song, `(leaves,)`.
        label: a label of the model, above the leaves too, or a value; the most probable leaf if not given, or the only
            value.

    Raises:
        ExplainError: there is no such label, or of several values none was named.
    """
    known = config.tree.leaves if config.problem == MULTI_LABEL else config.tree.nodes
    if label is not None and label not in known:
        raise ExplainError(f"the model has no label {label!r}; choose among {', '.join(known)}")
    if label is None:
        if config.problem == REGRESSION and len(known) > 1:
            raise ExplainError(f"the model answers with {len(known)} values; say which by --label: {', '.join(known)}")
        label = config.tree.leaves[int(logits.argmax())]
    members = config.tree.members([label])[0]
    if config.problem == SINGLE_LABEL and bool(members.all()):
        raise ExplainError(
            f"every song is {label!r} to this model, so that nothing decides it; choose a label below it"
        )
    return Target(label, config.problem, members)
