"""What a classical model says of songs: calibrated probabilities, and answers in the same form as the network's."""

import numpy as np

from tonada.learning.classical.saving import ClassicalModel
from tonada.learning.classical.systems import probabilities_of
from tonada.listening.answers import Answer
from tonada.modeling.tree_tonada import LabelTree

LEAST = 1e-9  # a vote or a forest may give a label no probability at all, which has no logarithm


def calibrated_probabilities(model: ClassicalModel, values: np.ndarray) -> np.ndarray:
    """
    Probabilities `(songs, labels)` at the model's temperature.

    Args:
        model: whose columns are those of `values`.
        values: `(songs, columns)`, NaN where a number is missing.
    """
    return at_temperature(probabilities_of(model.estimator, values, len(model.labels)), model.temperature)


def at_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities whose logarithms are divided by a temperature (Guo et al. 2017); those below `LEAST` are it."""
    logs = np.log(np.maximum(probabilities, LEAST)) / temperature
    powers = np.exp(logs - logs.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def answer_of(model: ClassicalModel, probabilities: np.ndarray, level: int | None = None) -> Answer:
    """
    The answer to one song, without what only the caller knows.

    Args:
        model: whose labels they are.
        probabilities: `(labels,)`, calibrated.
        level: of the tree of labels, 1 for the roots; the leaves if not given.
    """
    tree = LabelTree(model.labels, model.parents)
    leaves = dict(zip(model.labels, map(float, probabilities), strict=True))
    by_label = {
        label: sum(chance for leaf, chance in leaves.items() if label in (leaf, *tree.ancestors(leaf)))
        for label in tree.level(level)
    }
    winner = _winner(model, by_label)
    leaf = max((leaf for leaf in leaves if winner in (leaf, *tree.ancestors(leaf))), key=leaves.__getitem__)
    return Answer(
        path="",
        label=winner,
        parents=tree.ancestors(leaf),
        probability=by_label[winner],
        probabilities=by_label,
        agreement=1.0,
        set=_set(model, by_label, leaves, tree),
        level=level,
        leaf=None if level is None else leaf,
    )


def _winner(model: ClassicalModel, by_label: dict[str, float]) -> str:
    """The most probable label; of two with a chosen threshold, the first one from there on."""
    if model.threshold is not None and tuple(by_label) == model.labels:
        first, second = model.labels
        return first if by_label[first] >= model.threshold else second
    return max(by_label, key=by_label.__getitem__)


def _set(
    model: ClassicalModel, by_label: dict[str, float], leaves: dict[str, float], tree: LabelTree
) -> list[str] | None:
    if model.conformal_quantile is None:
        return None
    likely = [leaf for leaf, chance in leaves.items() if chance >= 1 - model.conformal_quantile]
    held = {label for leaf in likely for label in (leaf, *tree.ancestors(leaf))}
    return [label for label in sorted(by_label, key=by_label.__getitem__, reverse=True) if label in held]
