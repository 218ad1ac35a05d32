"""Which settings of labels, votes and certainty go together, by kind of problem."""

from typing import Any

from .tree_tonada import LabelTree, ancestors

SINGLE_LABEL = "single_label_classification"
MULTI_LABEL = "multi_label_classification"
REGRESSION = "regression"

VOTES = ("mean_probability", "majority", "log_odds", "attention")
# A value has no probability, so that segments can only be averaged.
VOTES_OF = {SINGLE_LABEL: VOTES, MULTI_LABEL: VOTES, REGRESSION: ("mean_probability", "attention")}

# Settings that say nothing for a kind of problem, with the value that leaves them unset, and why.
IDLE: dict[str, dict[str, tuple[Any, str]]] = {
    MULTI_LABEL: {
        "parents": ({}, "probabilities of labels that occur together do not add up to their parent's"),
        "conformal_quantile": (None, "its sets are made of labels of which one is true"),
        "single_output": (False, "each label has an output of its own"),
    },
    REGRESSION: {
        "parents": ({}, "values have no parents"),
        "conformal_quantile": (None, "its sets are made of labels"),
        "single_output": (False, "each value has an output of its own"),
        "temperature": (1.0, "values have no probabilities"),
        "abstain_below": (None, "values have no probabilities"),
        "label_smoothing": (0.0, "values have no probabilities"),
    },
}
UNKNOWN = "unknown"  # what a song is called of which no label is probable enough


def check_labels(config: Any) -> None:
    """
    Refuse settings of labels that contradict each other or do nothing.

    Raises:
        ValueError: naming the setting, its value, and what to do.
    """
    problem = config.problem
    if config.vote not in VOTES_OF[problem]:
        allowed = ", ".join(VOTES_OF[problem])
        raise ValueError(f"vote is {config.vote!r}; for problem_type {problem!r} choose among {allowed}")
    for name, (unset, reason) in IDLE.get(problem, {}).items():
        if getattr(config, name) != unset:
            raise ValueError(
                f"{name} is {getattr(config, name)!r}, but problem_type is {problem!r}: {reason}; leave it out"
            )
    for name in ("conformal_quantile", "abstain_below"):
        value = getattr(config, name)
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}; it is a probability, from 0 to 1, or None")
    _check_names(config)


def _check_names(config: Any) -> None:
    names = config.id2label or {}
    if sorted(names) != list(range(len(names))) or len(set(names.values())) < len(names):
        raise ValueError(f"id2label is {names}; ids must be 0, 1, 2 and so on, each with a name of its own")
    if config.single_output and len(names) != 2:
        raise ValueError(f"single_output is for two labels, and there are {len(names)}; leave it out")
    if config.abstain_below is not None and UNKNOWN in names.values():
        raise ValueError(f"abstain_below answers {UNKNOWN!r}, which is also a label; rename the label")
    if all(name == f"LABEL_{index}" for index, name in names.items()):  # transformers' own: nobody has named them yet
        for label in config.parents:
            ancestors(label, config.parents)
    else:
        LabelTree(tuple(names[index] for index in range(len(names))), config.parents)


__all__ = ["MULTI_LABEL", "REGRESSION", "SINGLE_LABEL", "UNKNOWN", "VOTES", "VOTES_OF", "check_labels"]
