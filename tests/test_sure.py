"""How sure: a temperature never changes the winner, and conformal sets hold the truth as often as they promise."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mapie.classification import SplitConformalClassifier
from scipy.stats import betabinom
from sklearn.base import BaseEstimator, ClassifierMixin
from test_learning import exchangeable
from tonada.modeling.labels_tonada import MULTI_LABEL, SINGLE_LABEL
from tonada.modeling.voting_tonada import calibrated

from tonada.learning.calibration import fit_temperature
from tonada.proving.conformal import MISCOVERAGE, conformal_quantile

temperatures = st.floats(0.05, 20)


@given(seed=st.integers(0, 10_000), labels=st.integers(2, 20), temperature=temperatures)
def test_a_temperature_never_lets_a_label_overtake_the_winner(seed, labels, temperature):
    song = torch.randn(3, labels, generator=torch.Generator().manual_seed(seed)).mul(4).log_softmax(-1)
    scores = calibrated(song, temperature, SINGLE_LABEL)
    winner = song.argmax(-1, keepdim=True)
    assert torch.equal(scores.gather(1, winner), scores.max(-1, keepdim=True).values)
    torch.testing.assert_close(scores.exp().sum(-1), torch.ones(3))


@given(seed=st.integers(0, 10_000), temperature=temperatures)
def test_a_temperature_moves_none_of_several_labels_across_one_half(seed, temperature):
    log_odds = torch.randn(3, 6, generator=torch.Generator().manual_seed(seed)).mul(4)
    assert torch.equal(calibrated(log_odds, temperature, MULTI_LABEL) > 0, log_odds > 0)


def test_a_fitted_temperature_makes_the_labels_likelier_than_one_does():
    scores, labels = exchangeable(3, 500)
    temperature = fit_temperature(scores, labels)
    cost = torch.nn.functional.nll_loss
    assert cost(calibrated(scores, temperature, SINGLE_LABEL), labels) < cost(scores, labels)


@pytest.mark.parametrize("seed", range(10))
def test_coverage_of_exchangeable_songs_is_within_its_bound(seed):
    """Of `n` songs that fitted the quantile and `m` new ones, the new ones' sets hold a beta-binomial number of truths:
    beta(k, n + 1 - k) with `k = ceil((n + 1) * 0.9)`. One fit in a thousand falls outside the interval by chance."""
    fitted, new = 300, 2000
    scores, labels = exchangeable(seed, fitted + new)
    probabilities = scores.double().exp()
    threshold = 1 - conformal_quantile(probabilities[:fitted], labels[:fitted])
    held = int((probabilities[fitted:].gather(1, labels[fitted:, None]) >= threshold).sum())
    rank = math.ceil((fitted + 1) * (1 - MISCOVERAGE))
    low, high = betabinom(new, rank, fitted + 1 - rank).ppf([0.0005, 0.9995])
    assert low <= held <= high


def test_over_many_fits_sets_hold_no_less_and_hardly_more_than_they_promise():
    """The expected coverage is `k / (n + 1)`, between the promise and one song more."""
    fitted, fits = 40, 2000
    scores, labels = exchangeable(0, fits * (fitted + 1))
    truth = scores.double().exp().gather(1, labels[:, None]).view(fits, fitted + 1)
    songs = scores.double().exp().view(fits, fitted + 1, -1), labels.view(fits, fitted + 1)
    thresholds = [1 - conformal_quantile(*(each[:-1] for each in fit)) for fit in zip(*songs, strict=True)]
    coverage = float((truth[:, -1] >= torch.tensor(thresholds)).float().mean())
    expected = math.ceil((fitted + 1) * (1 - MISCOVERAGE)) / (fitted + 1)
    assert 1 - MISCOVERAGE <= expected <= 1 - MISCOVERAGE + 1 / (fitted + 1)
    assert coverage == pytest.approx(expected, abs=4 * math.sqrt(0.1 * 0.9 / fits))


class Given(ClassifierMixin, BaseEstimator):
    """A fitted classifier of songs whose features are their probabilities."""

    classes_ = range(4)

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, songs):
        return songs

    def predict(self, songs):
        return songs.argmax(1)


@pytest.mark.parametrize("songs", [40, 101, 500])
def test_sets_are_those_of_mapie_and_the_quantile_is_the_ranked_score(songs):
    scores, labels = exchangeable(songs, 2 * songs)
    probabilities = scores.double().softmax(-1)
    quantile = conformal_quantile(probabilities[:songs], labels[:songs])
    ranked = (1 - probabilities[:songs].gather(1, labels[:songs, None])).flatten().sort().values
    assert quantile == ranked[math.ceil((songs + 1) * (1 - MISCOVERAGE)) - 1]
    mapie = SplitConformalClassifier(Given(), confidence_level=1 - MISCOVERAGE, conformity_score="lac", prefit=True)
    mapie.conformalize(probabilities[:songs].numpy(), labels[:songs].numpy())
    _, sets = mapie.predict_set(probabilities[songs:].numpy())
    assert torch.equal(torch.from_numpy(sets[..., 0]), probabilities[songs:] >= 1 - quantile)
