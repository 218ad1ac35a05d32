"""What an answer must know of a model besides its numbers; needs no torch, so that it can stand in an ONNX file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

from tonada.listening.model_error import ModelError

if TYPE_CHECKING:
    from tonada.modeling import TonadaConfig

# transformers' words for kinds of problem, as `tonada.modeling.labels_tonada` has them, which loads torch
MULTI_LABEL = "multi_label_classification"
REGRESSION = "regression"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Facts:
    """
    Attributes:
        labels: the leaves, in the order of the model's numbers.
        problem: transformers' `problem_type`.
        parents: label to the label above it, for each that has one.
        levels: of the tree of labels, the roots first and the leaves last: each label of a level, and the leaves
            (positions in `labels`) below it.
        temperature: divides a segment's logits, as it did the song's scores.
        conformal_quantile: labels of at least one minus this form the answer's set; `None` if never fitted.
        abstain_below: a song is *unknown* where no label is this probable; `None` always answers.
    """

    labels: list[str]
    problem: str
    parents: dict[str, str]
    levels: list[dict[str, list[int]]]
    temperature: float
    conformal_quantile: float | None
    abstain_below: float | None

    @classmethod
    def of(cls, config: "TonadaConfig") -> Self:
        """The facts of a model's config."""
        tree = config.tree
        names = [tree.level(number) for number in range(1, tree.depth + 1)]
        levels = [
            {
                label: [index for index, is_below in enumerate(below) if is_below]
                for label, below in zip(labels, tree.members(labels).tolist(), strict=True)
            }
            for labels in names
        ]
        settings = (config.temperature, config.conformal_quantile, config.abstain_below)
        return cls(list(tree.leaves), config.problem, dict(config.parents), levels, *settings)

    def to_metadata(self) -> dict[str, str]:
        """Each fact as JSON."""
        return {name: json.dumps(value, ensure_ascii=False) for name, value in asdict(self).items()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Self:
        """
        What `to_metadata` made.

        Raises:
            KeyError: a fact is missing.
            ValueError: one is no JSON.
        """
        return cls(**{field.name: json.loads(metadata[field.name]) for field in fields(cls)})

    def ancestors(self, label: str) -> list[str]:
        """The labels above a label, nearest first."""
        path = [label]
        while path[-1] in self.parents:
            path.append(self.parents[path[-1]])
        return path[1:]

    def at_level(self, level: int | None = None) -> dict[str, list[int]]:
        """
        The labels of a level, 1 for the roots, the leaves if not given, and the leaves below each.

        Raises:
            ValueError: there is no such level.
        """
        if level is None:
            return self.levels[-1]
        if not 1 <= level <= len(self.levels):
            raise ValueError(f"level is {level}; the labels have levels 1 to {len(self.levels)}")
        return self.levels[level - 1]

    def labels_of(self, level: int | None, model: str) -> list[str]:
        """
        The labels of a level of a model that is called so.

        Raises:
            ModelError: there is no such level.
        """
        if level is not None and not self.parents:
            raise ModelError(f"{model} has no tree of labels, only {', '.join(self.labels)}; leave out --level")
        try:
            return list(self.at_level(level))
        except ValueError as error:
            raise ModelError(f"{model}: {error}") from error

    def members(self, level: int | None = None) -> np.ndarray:
        """Which leaves are below each label of a level, or are it: `(labels, leaves)` of 0 and 1."""
        below = list(self.at_level(level).values())
        members = np.zeros((len(below), len(self.labels)))
        for row, leaves in zip(members, below, strict=True):
            row[leaves] = 1
        return members

    def kind(self, level: int | None = None) -> list[str]:
        """The attributes that only answers of this kind have, among `level`, `leaf`, `labels` and `values`."""
        of_problem = {MULTI_LABEL: ["labels"], REGRESSION: ["values"]}
        return of_problem.get(self.problem, [] if level is None else ["level", "leaf"])
