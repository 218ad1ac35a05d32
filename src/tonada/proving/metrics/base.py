"""What the metrics share: one form of input, and nothing written to disk or asked of the network."""

from abc import abstractmethod
from typing import Any

import evaluate
import numpy as np
from datasets import Features, List, Value

from tonada.proving.judged import normalised


class SongMetric(evaluate.Metric):
    """
    A metric of songs' probabilities; a subclass says in `scores` what it computes.

    `compute(predictions=…, references=…)` takes probabilities `(songs, labels)`, each row summing to one, and ids of
    the true labels `(songs,)`.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True)

    @abstractmethod
    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        """By name, from `(songs,)` and `(songs, labels)`."""

    def _build_data_dir(self) -> str:
        return ""  # the library would make a folder in the person's cache, and nothing here goes into one

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.__doc__ or "",
            citation="",
            inputs_description="predictions: probabilities, a row a song; references: ids of labels",
            features=Features({"predictions": List(Value("float64")), "references": Value("int64")}),
        )

    def _compute(self, predictions: Any, references: Any) -> dict[str, Any]:
        truth, probabilities = np.asarray(references), normalised(np.asarray(predictions, dtype=float))
        if len(truth) and not 0 <= truth.min() <= truth.max() < probabilities.shape[1]:
            raise ValueError(
                f"references are from {truth.min()} to {truth.max()}; they are ids of {probabilities.shape[1]} labels, "
                "from 0"
            )
        return self.scores(truth, probabilities)
