"""Labels that are few among many: weights, and resampling by imbalanced-learn in memory that is known before."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone

WEIGHTS = "weights"
SAMPLERS = ("smote", "enn", "cnn", "smoteenn")
BALANCES = (WEIGHTS, *SAMPLERS)
NEIGHBOURS = 5  # of SMOTE (Chawla et al. 2002); as many as a label has, where it has fewer


class Resampled(ClassifierMixin, BaseEstimator):
    """
    A classifier that learns from resampled rows and answers of any.

    Rows are held as float32 while they are resampled, half of what imbalanced-learn would take: source S3 ran out of
    memory at 104,343 rows of 518.

    Args:
        model: what learns.
        sampler: one of `SAMPLERS`: SMOTE (Chawla et al. 2002), edited nearest neighbours (Wilson 1972), condensed
            nearest neighbour (Hart 1968), or SMOTE and then the second.
        random_state: of the sampler.
    """

    def __init__(self, model: Any = None, sampler: str = "smote", random_state: int = 0):
        self.model = model
        self.sampler = sampler
        self.random_state = random_state

    def fit(self, X, y):
        """Resample X `(rows, columns)` and y `(rows,)`, and learn."""
        rows = np.asarray(X, dtype=np.float32)
        rows, labels = new_sampler(self.sampler, y, self.random_state).fit_resample(rows, y)
        self.model_ = clone(self.model).fit(rows, labels)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        """The labels of rows."""
        return self.model_.predict(X)

    def predict_proba(self, X):
        """The probabilities of rows, `(rows, labels)`."""
        return self.model_.predict_proba(X)


def new_sampler(name: str, labels: Any, seed: int) -> Any:
    """One of `SAMPLERS` for these labels `(rows,)`."""
    from imblearn.combine import SMOTEENN
    from imblearn.over_sampling import SMOTE
    from imblearn.under_sampling import CondensedNearestNeighbour, EditedNearestNeighbours

    fewest = int(np.unique(labels, return_counts=True)[1].min())
    smote = SMOTE(k_neighbors=max(1, min(NEIGHBOURS, fewest - 1)), random_state=seed)
    return {
        "smote": lambda: smote,
        "enn": lambda: EditedNearestNeighbours(),
        "cnn": lambda: CondensedNearestNeighbour(random_state=seed),
        "smoteenn": lambda: SMOTEENN(smote=smote, random_state=seed),
    }[name]()
