"""
The trees of a loaded model, node by node: scikit-learn walks them in C, which believes whatever child and column a node
names, so that a tree made to do harm could read outside its arrays or go round for ever.
"""

from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import TREE_LEAF, Tree


def check_trees(part: Any, width: int) -> None:
    """
    Refuse an estimator that holds a tree with a node that leads nowhere, back, or to a column that is not there.

    Args:
        part: the estimator.
        width: columns that it is given.

    Raises:
        ValueError: saying what a node names.
    """
    _check(part, width, set())


def _check(part: Any, width: int, seen: set[tuple[int, int]]) -> None:
    """`seen` has what was checked for which width: a file may name one tree in two places, or a part in itself."""
    if (id(part), width) in seen:
        return
    seen.add((id(part), width))
    if isinstance(part, Tree):
        is_leaf = part.children_left == TREE_LEAF
        _check_nodes(is_leaf, part.children_left, part.children_right, part.feature, width)
    elif isinstance(part, TreePredictor):
        nodes = part.nodes
        if nodes["is_categorical"].any():
            raise ValueError("one of its trees asks for categories; Tonada's hear numbers alone")
        _check_nodes(nodes["is_leaf"] != 0, nodes["left"], nodes["right"], nodes["feature_idx"], width)
    elif isinstance(part, dict):
        _check_all(part.values(), width, seen)
    elif isinstance(part, list | tuple) or (isinstance(part, np.ndarray) and part.dtype == object):
        _check_all(part, width, seen)
    elif hasattr(part, "__dict__"):
        own = getattr(part, "n_features_in_", width)  # selection and projection leave fewer columns, none adds any
        _check_all(vars(part).values(), min(width, int(own)), seen)


def _check_all(parts: Any, width: int, seen: set[tuple[int, int]]) -> None:
    for each in parts:
        _check(each, width, seen)


def _check_nodes(is_leaf: np.ndarray, left: np.ndarray, right: np.ndarray, columns: np.ndarray, width: int) -> None:
    """Every child stands after its parent, as both libraries write them, so that no walk goes round."""
    if not len(is_leaf):
        raise ValueError("one of its trees has no node")
    nodes = np.arange(len(is_leaf))
    for child in (left.astype(np.int64), right.astype(np.int64)):
        if (astray := ~is_leaf & ((child <= nodes) | (child >= len(nodes)))).any():
            raise ValueError(f"one of its trees leads from a node to {child[astray][0]}, of {len(nodes)} nodes")
    if (astray := ~is_leaf & ((columns < 0) | (columns >= width))).any():
        raise ValueError(f"one of its trees asks for column {columns[astray][0]}; there are {width}")
