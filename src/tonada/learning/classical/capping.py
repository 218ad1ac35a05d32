"""No outlier decides alone: capped at the fences of the interquartile range (source S1), or limited once scaled."""

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


class Limiting(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """
    Standardized values beyond `reach` standard deviations become that many, as in the descriptor branch of a network.

    A linear model goes on for ever: one column in which a song is a hundred deviations from all training songs, as the
    flatness of a full spectrum is from that of clips without treble, would make it certain of anything.

    Args:
        reach: standard deviations from the training songs' mean.
    """

    def __init__(self, reach: float = 5.0):
        self.reach = reach

    def fit(self, X, y=None):
        """Nothing is to be learned from X `(rows, columns)`."""
        validate_data(self, X, dtype=np.float64)
        return self

    def transform(self, X):
        """X with every value inside the reach."""
        return np.clip(validate_data(self, X, dtype=np.float64, reset=False), -self.reach, self.reach)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")
