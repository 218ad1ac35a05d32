"""Answers at an upper level of a tree of labels, from what was said of its leaves."""

from collections.abc import Sequence
from dataclasses import replace

from tonada.modeling.tree_tonada import LabelTree
from tonada.proving.predictions import Prediction


def at_level(predictions: Sequence[Prediction], tree: LabelTree, level: int) -> list[Prediction]:
    """
    Predictions of the labels of a level, each as probable as the leaves below it together.

    Args:
        predictions: of the tree's leaves.
        tree: of labels.
        level: 1 for the roots.
    """
    labels = tree.level(level)
    above = {leaf: next(iter({leaf, *tree.ancestors(leaf)} & set(labels))) for leaf in tree.leaves}
    return [
        replace(
            each,
            truth=above[each.truth],
            probabilities={
                label: sum(chance for leaf, chance in each.probabilities.items() if above[leaf] == label)
                for label in labels
            },
        )
        for each in predictions
    ]
