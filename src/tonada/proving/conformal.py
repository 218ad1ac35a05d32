"""Sets of labels that are to hold the truth of nine songs in ten: fitted, and tried on songs that fitted nothing."""

import math
from collections.abc import Iterator

import numpy as np
import torch

from tonada.proving.intervals import scored
from tonada.proving.judged import Judged
from tonada.proving.predictions import HELD_OUT, Prediction
from tonada.proving.weighted_scores import mean

MISCOVERAGE = 0.1  # a set leaves out the true label of at most one song in ten
LEAST = 1e-12  # stands for a probability of nothing, whose logarithm nobody can divide


def conformal_quantile(probabilities: torch.Tensor, labels: torch.Tensor, miscoverage: float = MISCOVERAGE) -> float:
    """
    The quantile of split conformal prediction for the score `1 - probability of the true label`
    (Sadinle, Lei & Wasserman 2019; LAC in MAPIE): sets of labels with probability of at least one minus it hold the
    truth of a share `1 - miscoverage` of exchangeable songs. With too few songs to promise that it is 1: every label.

    Args:
        probabilities: `(songs, labels)`.
        labels: `(songs,)`.
    """
    from mapie.conformity_scores import LACConformityScore  # a second that only training and results have to wait

    if math.ceil((len(labels) + 1) * (1 - miscoverage)) > len(labels):
        return 1.0
    score, truth = LACConformityScore(), labels.numpy()
    scores = score.get_conformity_scores(truth, probabilities.double().numpy(), truth)
    return float(score.get_conformity_score_quantiles(scores, np.array([miscoverage]), cv="prefit")[0])


def coverage_fold_by_fold(predictions: list[Prediction]) -> tuple[float, float]:
    """
    Of calibrated cross-validated predictions: the share of truths that conformal sets hold, and how many labels they
    have on average, the sets of each fold fitted on the others.
    """
    judged, sets = _sets(predictions)
    return float(_held(judged, sets).mean()), float(sets.sum(1).mean())


def told_coverage(predictions: list[Prediction]) -> str:
    """A sentence: how often sets hold the truth of songs that fitted nothing, with its interval, and their size."""
    judged, sets = _sets(predictions)
    held = _held(judged, sets)
    fitted = (
        "those of each fold fitted on the others" if len(judged.truth) == len(predictions) else "fitted on validation"
    )
    coverage = scored(lambda _, weights: mean(held, weights), judged)
    return (
        f"Sets of labels that are to hold nine truths in ten, {fitted}, hold {coverage} of them, "
        f"with {sets.sum(1).mean():.2f} of {len(judged.labels)} labels on average."
    )


def scores_of(predictions: list[Prediction]) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities `(songs, labels)`, and the places of the true labels `(songs,)`."""
    labels = list(predictions[0].probabilities)
    chances = torch.tensor([[each.probabilities[label] for label in labels] for each in predictions])
    return chances.clamp(min=LEAST).log(), torch.tensor([labels.index(each.truth) for each in predictions])


def folds_of(predictions: list[Prediction]) -> Iterator[tuple[list[Prediction], list[Prediction]]]:
    """Each fold's predictions, and those of all others."""
    for name in dict.fromkeys(each.split for each in predictions):
        yield [each for each in predictions if each.split == name], [each for each in predictions if each.split != name]


def _sets(predictions: list[Prediction]) -> tuple[Judged, np.ndarray]:
    """The songs that have sets fitted without them, and which labels are in those, `(songs, labels)`."""
    tried: list[Prediction] = []
    thresholds: list[float] = []
    for fold, others in folds_of(predictions):
        if fold[0].split != HELD_OUT[0]:
            scores, truth = scores_of(others)
            tried += fold
            thresholds += [1 - conformal_quantile(scores.exp(), truth)] * len(fold)
    judged = Judged.of(tried)
    return judged, judged.probabilities >= np.array(thresholds)[:, None]


def _held(judged: Judged, sets: np.ndarray) -> np.ndarray:
    return sets[np.arange(len(sets)), judged.truth]
