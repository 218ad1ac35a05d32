"""What a folder says of its model, held against itself before it is believed: a folder may come from anyone."""

import sys
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np

from tonada.learning.classical.trees import check_trees
from tonada.modeling.tree_tonada import LabelTree
from tonada.proving.spread import Spread


def check_config(config: dict[str, Any]) -> None:
    """
    Refuse a config whose parts are not what they are called.

    Raises:
        ValueError: naming the part, what it holds and what was expected.
    """
    for name, (is_so, expected) in EXPECTED.items():
        if name in config and not is_so(config[name]):
            raise ValueError(f"its {name} is {str(config[name])[:60]}; expected {expected}")
    LabelTree(tuple(config["labels"]), config.get("parents", {}))
    if config.get("threshold") is not None and len(config["labels"]) != 2:
        raise ValueError(f"it has a threshold, which chooses between two labels, and {len(config['labels'])} labels")


def check_estimator(estimator: Any, columns: int, labels: int) -> None:
    """
    Refuse an estimator that hears other columns or knows other labels than its config says, or whose trees lead astray.

    Raises:
        ValueError: saying which.
    """
    width = getattr(estimator, "n_features_in_", columns)
    if width != columns:
        raise ValueError(f"its model hears {width} columns, its config names {columns}")
    places = np.asarray(getattr(estimator, "classes_", ()))
    if not (places.ndim == 1 and np.issubdtype(places.dtype, np.integer)) or not set(places) <= set(range(labels)):
        raise ValueError(f"its model's labels are not the {labels} of its config")
    check_trees(estimator, columns)


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= sys.float_info.max


def _is_number_or_none(given: Any) -> bool:
    return given is None or _is_number(given)


def _are_words(given: Any) -> bool:
    is_list = isinstance(given, list) and all(isinstance(each, str) for each in given)
    return is_list and 0 < len(set(given)) == len(given)


def _are_parents(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(above, str) for above in given.values())


def _is_scaling(given: Any) -> bool:
    return isinstance(given, dict) and _are_lists_of_numbers(list(given.values()))


def _are_lists_of_numbers(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(each, list) and all(map(_is_number, each)) for each in given)


def _is_spread(given: Any) -> bool:
    if not isinstance(given, dict) or given.keys() != {each.name for each in fields(Spread)}:
        return False
    lists, mean = [given[name] for name in ("edges", "is_tied", "counts")], given["mean"]
    if not _are_lists_of_numbers([given["edges"], given["counts"], [given["missing"]]]) or not isinstance(
        lists[1], list
    ):
        return False
    edges, is_tied, counts = lists
    rises = all(low < high for low, high in pairwise(edges)) and all(isinstance(each, bool) for each in is_tied)
    fits = len(is_tied) == len(edges) and len(counts) == 2 * len(edges) + 1
    return rises and fits and min(*counts, given["missing"]) >= 0 and _is_number_or_none(mean)


EXPECTED = {
    "name": (lambda given: isinstance(given, str), "a name"),
    "columns": (_are_words, "a list of different names"),
    "labels": (_are_words, "a list of different labels"),
    "parents": (_are_parents, "label by label the one above it"),
    "temperature": (lambda given: _is_number(given) and given > 0, "a positive number"),
    "conformal_quantile": (_is_number_or_none, "a number or null"),
    "threshold": (_is_number_or_none, "a number or null"),
    "scaling": (_is_scaling, "lists of numbers"),
    "recipe": (lambda given: isinstance(given, dict), "a recipe"),
    "spreads": (lambda given: isinstance(given, list) and all(map(_is_spread, given)), "spreads of columns"),
}
"""What each part of a config must be, as a function and in words."""
