"""Right and wrong answers: how many, of which label, and what was taken for what."""

from typing import Any

import numpy as np
from sklearn import metrics

from tonada.proving.metrics.base import SongMetric

COLUMNS = ("precision", "recall", "f1", "support")


class AnswerScores(SongMetric):
    """
    Accuracy, balanced accuracy, macro and weighted F1, and Cohen's kappa of the most probable labels (scikit-learn).

    Labels that never occur in the truth are left out of the averages.
    """

    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
        """Five numbers."""
        answers = probabilities.argmax(1)
        occurring = np.unique(truth)

        def f1(average: str) -> float:
            return float(metrics.f1_score(truth, answers, labels=occurring, average=average, zero_division=0))

        recalls = metrics.recall_score(truth, answers, labels=occurring, average="macro", zero_division=0)
        return {
            "accuracy": float(metrics.accuracy_score(truth, answers)),
            "balanced_accuracy": float(recalls),  # as balanced_accuracy_score, which warns of labels only answered
            "macro_f1": f1("macro"),
            "weighted_f1": f1("weighted"),
            "cohen_kappa": _kappa(truth, answers),
        }


class LabelScores(SongMetric):
    """Precision, recall and F1 of each label, by id, and how many songs are of it (scikit-learn)."""

    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, list]:
        """Four lists, a number a label."""
        ids = list(range(probabilities.shape[1]))
        columns = metrics.precision_recall_fscore_support(truth, probabilities.argmax(1), labels=ids, zero_division=0)
        return {name: column.tolist() for name, column in zip(COLUMNS, columns, strict=True)}


class Confusion(SongMetric):
    """How often a song of each label (row) was answered with each (column) (scikit-learn)."""

    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        """A list of rows."""
        ids = list(range(probabilities.shape[1]))
        return {"confusion": metrics.confusion_matrix(truth, probabilities.argmax(1), labels=ids).tolist()}


def _kappa(truth: np.ndarray, answers: np.ndarray) -> float:
    """NaN where truth and answers are one label, and there is nothing to agree on."""
    if len(np.union1d(truth, answers)) == 1:
        return float("nan")
    return float(metrics.cohen_kappa_score(truth, answers))
