"""How sure to be: a temperature and a conformal quantile, fitted on songs the model did not learn from."""

import math
from dataclasses import replace

import torch

from tonada.modeling import TonadaConfig
from tonada.proving.conformal import LEAST, conformal_quantile, folds_of, scores_of
from tonada.proving.predictions import Prediction

TEMPERATURES = torch.logspace(-1, 1, 401)  # 0.1 to 10 in steps of 1.2 %: finer than any validation set can tell


def calibrate(config: TonadaConfig, log_probabilities: torch.Tensor, labels: torch.Tensor) -> None:
    """
    Fit temperature and conformal quantile, into a model's config.

    Args:
        config: the model's.
        log_probabilities: of songs that it did not learn from at temperature one, `(songs, labels)`.
        labels: their truth, `(songs,)`.
    """
    config.temperature = fit_temperature(log_probabilities, labels)
    calibrated = (log_probabilities / config.temperature).softmax(-1)
    config.conformal_quantile = conformal_quantile(calibrated, labels)


def fit_temperature(log_probabilities: torch.Tensor, labels: torch.Tensor) -> float:
    """
    The temperature that makes the labels `(songs,)` most likely (Guo et al. 2017), from songs' log-probabilities
    `(songs, labels)` at temperature one.

    A temperature divides all log-probabilities of a song alike and never changes the winner.
    """
    finite = log_probabilities.clamp(min=math.log(LEAST))  # else one impossible truth makes all temperatures alike
    scaled = finite / TEMPERATURES[:, None, None]
    losses = [torch.nn.functional.cross_entropy(each, labels) for each in scaled]
    return float(TEMPERATURES[int(torch.stack(losses).argmin())])


def fold_by_fold(predictions: list[Prediction]) -> list[Prediction]:
    """
    Cross-validated predictions at temperature one, each at the temperature that the other folds' ask for: as sure as a
    calibrated model is of songs that neither taught nor calibrated it.
    """
    calibrated: list[Prediction] = []
    for fold, others in folds_of(predictions):
        temperature = fit_temperature(*scores_of(others))
        for each, row in zip(fold, (scores_of(fold)[0] / temperature).softmax(-1).tolist(), strict=True):
            calibrated.append(replace(each, probabilities=dict(zip(each.probabilities, row, strict=True))))
    return calibrated
