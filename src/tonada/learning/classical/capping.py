"""Capping of outliers at the fences of the interquartile range (source S1: no row is lost)."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data


class IQRCapping(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """
    Values beyond `reach` interquartile ranges from the quartiles become that fence (Tukey 1977; source S1's capping).

    The quartiles are those of the rows that are fitted, so a test row is capped by what training saw. A column that
    holds one value for half its rows has no fences and is left as it is.

    Args:
        reach: interquartile ranges from the quartiles to the fences; 1.5 in source S1.
    """

    def __init__(self, reach: float = 1.5):
        self.reach = reach

    def fit(self, X, y=None):
        """Find the fences of the columns of X `(rows, columns)`; missing values are passed over."""
        values = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        low, high = np.nanquantile(values, [0.25, 0.75], axis=0)
        reach = np.where(high > low, self.reach * (high - low), np.inf)
        self.low_, self.high_ = low - reach, high + reach
        return self

    def transform(self, X):
        """X with every value inside the fences."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.clip(values, self.low_, self.high_)
