"""Selection by mean decrease in accuracy: permute a column, see what the forest loses (source S3: 40 of 518)."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectorMixin
from sklearn.inspection import permutation_importance
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted, validate_data


class DecreaseInAccuracy(SelectorMixin, BaseEstimator):
    """
    Keep the `count` columns whose permutation costs a random forest most accuracy (Breiman 2001; source S3's MDA).

    The forest learns from two thirds of the rows, and the columns are permuted in the other third, which it never saw:
    on its own training rows a forest believes in every column. Rows of one group may be in both parts, so that columns
    may be kept for knowing artists: a worse choice, and no leak, for songs that are judged are in neither part.

    Args:
        count: columns to keep; all, where there are fewer.
        trees: of the forest.
        repeats: permutations of each column, averaged.
        random_state: of the forest, the split and the permutations.
    """

    def __init__(self, count: int = 40, trees: int = 100, repeats: int = 3, random_state: int = 0):
        self.count = count
        self.trees = trees
        self.repeats = repeats
        self.random_state = random_state

    def fit(self, X, y):
        """Rank the columns of X `(rows, columns)` by what they are worth for the labels y `(rows,)`."""
        values, labels = validate_data(self, X, y)
        learned, held_out = train_test_split(
            np.arange(len(labels)), test_size=1 / 3, stratify=labels, random_state=self.random_state
        )
        forest = RandomForestClassifier(self.trees, random_state=self.random_state)
        forest.fit(values[learned], labels[learned])
        found = permutation_importance(
            forest, values[held_out], labels[held_out], n_repeats=self.repeats, random_state=self.random_state
        )
        self.importances_ = found.importances_mean
        self.kept_ = np.sort(np.argsort(-self.importances_, kind="stable")[: self.count])
        return self

    def _get_support_mask(self) -> np.ndarray:
        check_is_fitted(self)
        mask = np.zeros(self.n_features_in_, dtype=bool)
        mask[self.kept_] = True
        return mask
