"""How sure to be: a temperature and a conformal quantile, fitted on songs the model did not learn from."""

import math

import numpy as np
import torch

MISCOVERAGE = 0.1  # a set leaves out the true label of at most one song in ten
TEMPERATURES = torch.logspace(-1, 1, 401)  # 0.1 to 10 in steps of 1.2 %: finer than any validation set can tell


def fit_temperature(log_probabilities: torch.Tensor, labels: torch.Tensor) -> float:
    """
    The temperature that makes the labels `(songs,)` most likely (Guo et al. 2017), from songs' log-probabilities
    `(songs, labels)` at temperature one.

    A temperature divides all log-probabilities of a song alike and never changes the winner.
    """
    scaled = log_probabilities / TEMPERATURES[:, None, None]
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
