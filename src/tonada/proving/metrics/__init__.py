"""
Scores as `evaluate.Metric` classes, without the network: `evaluate.combine([AnswerScores(), ProbabilityScores()])`.

All take the same: `predictions` are probabilities, a row a song, and `references` ids of labels.
"""

from tonada.proving.metrics.abstention import Abstention
from tonada.proving.metrics.answers import AnswerScores, Confusion, LabelScores
from tonada.proving.metrics.calibration import Calibration
from tonada.proving.metrics.probabilities import ProbabilityScores
from tonada.proving.metrics.sets import ConformalSets

__all__ = [
    "Abstention",
    "AnswerScores",
    "Calibration",
    "ConformalSets",
    "Confusion",
    "LabelScores",
    "ProbabilityScores",
]
