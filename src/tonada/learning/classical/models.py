"""The models of the sources by name, each as scikit-learn or xgboost has it, with the few settings we must choose."""

from collections.abc import Callable
from typing import Any

MOST_STEPS = 5000  # of LBFGS and of the linear machine: 518 columns need more than the libraries' defaults


def new_model(name: str, settings: dict[str, Any], seed: int) -> Any:
    """
    An unfitted classifier.

    Args:
        name: one of `MODELS`.
        settings: of the library's own constructor, to change.
        seed: of its chance, where it has any.

    Raises:
        TypeError: the constructor knows no such setting.
    """
    return MODELS[name](settings, seed)


def _logistic_regression(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**{"max_iter": MOST_STEPS, **settings})  # its default solver is LBFGS


def _linear_svm(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.svm import LinearSVC

    # Without the dual problem, the rows' order and chance play no part.
    return _with_probabilities(LinearSVC(**{"dual": False, "max_iter": MOST_STEPS, **settings}))


def _rbf_svm(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.svm import SVC

    return _with_probabilities(SVC(**settings))


def _knn(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    # In fifty columns and more a tree of neighbours finds them no faster than looking at all (scikit-learn's guide).
    return KNeighborsClassifier(**{"algorithm": "brute", **settings})


def _random_forest(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(**{"n_estimators": 500, "random_state": seed, **settings})


def _extra_trees(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(**{"n_estimators": 500, "random_state": seed, **settings})


def _naive_bayes(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(**settings)


def _lda(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(**{"solver": "lsqr", "shrinkage": "auto", **settings})


def _qda(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

    # With fewer songs of a label than columns its covariance has no inverse, and scikit-learn refuses it unshrunk.
    return QuadraticDiscriminantAnalysis(**{"solver": "eigen", "shrinkage": 0.1, **settings})


def _xgboost(settings: dict[str, Any], seed: int) -> Any:
    from xgboost import XGBClassifier

    if unknown := settings.keys() - XGBClassifier().get_params().keys():  # it would only warn
        raise TypeError(f"XGBClassifier got an unexpected keyword argument {sorted(unknown)[0]!r}")
    return XGBClassifier(**{"random_state": seed, "n_jobs": 1, **settings})


def _gradient_boosting(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # Over histograms: over single values source S3 waited up to an hour for one set of columns, and gave up.
    return HistGradientBoostingClassifier(**{"random_state": seed, **settings})


def _mlp(settings: dict[str, Any], seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(**{"max_iter": 1000, "random_state": seed, **settings})


def _with_probabilities(machine: Any) -> Any:
    """
    A machine that says how far from its borders a song is, given probabilities: softmax at a fitted temperature.

    The temperature is fitted on scores of rows that the machine had not seen, of groups that it may have seen: it is
    surer than it should be, which the temperature of the whole model mends. It keeps a linear machine linear, which
    Platt's method (a sigmoid a label, then normalised) does not, so that the machine can be exported as a network.
    """
    from sklearn.calibration import CalibratedClassifierCV

    return CalibratedClassifierCV(machine, method="temperature", cv=5, ensemble=False)


MODELS: dict[str, Callable[[dict[str, Any], int], Any]] = {
    "logistic_regression": _logistic_regression,
    "linear_svm": _linear_svm,
    "rbf_svm": _rbf_svm,
    "knn": _knn,
    "random_forest": _random_forest,
    "extra_trees": _extra_trees,
    "naive_bayes": _naive_bayes,
    "lda": _lda,
    "qda": _qda,
    "xgboost": _xgboost,
    "gradient_boosting": _gradient_boosting,
    "mlp": _mlp,
}
