"""How sure to be: a temperature and a conformal quantile, fitted on songs the model did not learn from."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from tonada.modeling import TonadaConfig
from tonada.proving.predictions import Prediction

MISCOVERAGE = 0.1  # a set leaves out the true label of at most one song in ten
TEMPERATURES = torch.logspace(-1, 1, 401)  # 0.1 to 10 in steps of 1.2 %: finer than any validation set can tell


LEAST = 1e-12  # stands for a probability of nothing, whose logarithm nobody can divide


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


def conformal_quantile(probabilities: torch.Tensor, labels: torch.Tensor, miscoverage: float = MISCOVERAGE) -> float:
    """
    The quantile of split conformal prediction for the score `1 - probability of the true label`
    (Sadinle, Lei & Wasserman 2019; LAC in MAPIE): sets of labels with probability of at least one minus it hold the
    truth of a share `1 - miscoverage` of exchangeable songs. With too few songs to promise that it is 1: every label.

    Args:
        probabilities: `(songs, labels)`.
        labels: `(songs,)`.
    """
    from mapie.conformity_scores import LACConformityScore  # a second that only training has to wait

    if math.ceil((len(labels) + 1) * (1 - miscoverage)) > len(labels):
        return 1.0
    score, truth = LACConformityScore(), labels.numpy()
    scores = score.get_conformity_scores(truth, probabilities.double().numpy(), truth)
    return float(score.get_conformity_score_quantiles(scores, np.array([miscoverage]), cv="prefit")[0])


def fold_by_fold(predictions: list[Prediction]) -> list[Prediction]:
    """
    Cross-validated predictions at temperature one, each at the temperature that the other folds' ask for: as sure as a
    calibrated model is of songs that neither taught nor calibrated it.
    """
    calibrated: list[Prediction] = []
    for fold, others in _folds(predictions):
        temperature = fit_temperature(*scores_of(others))
        for each, row in zip(fold, (scores_of(fold)[0] / temperature).softmax(-1).tolist(), strict=True):
            calibrated.append(replace(each, probabilities=dict(zip(each.probabilities, row, strict=True))))
    return calibrated


def coverage_fold_by_fold(predictions: list[Prediction]) -> tuple[float, float]:
    """
    Of calibrated cross-validated predictions: the share of truths that conformal sets hold, and how many labels they
    have on average, the sets of each fold fitted on the others.
    """
    held: list[bool] = []
    sizes: list[int] = []
    for fold, others in _folds(predictions):
        scores, truth = scores_of(others)
        threshold = 1 - conformal_quantile(scores.exp(), truth)
        held += [each.probabilities[each.truth] >= threshold for each in fold]
        sizes += [sum(value >= threshold for value in each.probabilities.values()) for each in fold]
    return float(np.mean(held)), float(np.mean(sizes))


def scores_of(predictions: list[Prediction]) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities `(songs, labels)`, and the places of the true labels `(songs,)`."""
    labels = list(predictions[0].probabilities)
    chances = torch.tensor([[each.probabilities[label] for label in labels] for each in predictions])
    return chances.clamp(min=LEAST).log(), torch.tensor([labels.index(each.truth) for each in predictions])


def _folds(predictions: list[Prediction]) -> Iterator[tuple[list[Prediction], list[Prediction]]]:
    """Each fold's predictions, and those of all others."""
    for name in dict.fromkeys(each.split for each in predictions):
        yield [each for each in predictions if each.split == name], [each for each in predictions if each.split != name]
