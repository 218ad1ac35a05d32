"""Segments vote: the winner is the vote's winner, padding has no vote, and probabilities sum to one."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tonada.modeling.configuration_tonada import VOTES
from tonada.modeling.voting_tonada import agreement, song_log_probabilities


def random_song(seed: int, segments: int, labels: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(1, segments, labels, generator=generator)
    return logits, torch.ones(1, segments, dtype=torch.long)


@pytest.mark.parametrize("vote", VOTES)
@given(seed=st.integers(0, 10_000), segments=st.integers(1, 12), labels=st.integers(2, 9))
def test_probabilities_sum_to_one(vote, seed, segments, labels):
    song = song_log_probabilities(*random_song(seed, segments, labels), vote)
    assert song.exp().sum().item() == pytest.approx(1, abs=1e-5)
    assert song.isfinite().all()


@pytest.mark.parametrize("vote", VOTES)
@given(seed=st.integers(0, 10_000), padding=st.integers(1, 5))
def test_padded_segments_have_no_vote(vote, seed, padding):
    logits, mask = random_song(seed, 4, 3)
    padded = torch.nn.functional.pad(logits, (0, 0, 0, padding), value=9.0)
    expected = song_log_probabilities(logits, mask, vote)
    got = song_log_probabilities(padded, torch.nn.functional.pad(mask, (0, padding)), vote)
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=0)


@given(seed=st.integers(0, 10_000), segments=st.integers(1, 15))
def test_under_majority_the_most_frequent_label_wins(seed, segments):
    logits, mask = random_song(seed, segments, 4)
    counts = torch.bincount(logits.argmax(-1)[0], minlength=4)
    winner = int(song_log_probabilities(logits, mask, "majority").argmax())
    assert counts[winner] == counts.max()


def test_a_tied_majority_goes_to_the_higher_mean_probability():
    logits = torch.tensor([[[0.0, 5.0], [0.4, 0.0]]])
    assert int(song_log_probabilities(logits, torch.ones(1, 2), "majority").argmax()) == 1


def test_mean_probability_is_the_mean_of_the_probabilities():
    logits, mask = random_song(3, 5, 4)
    expected = logits.softmax(-1).mean(1)
    torch.testing.assert_close(song_log_probabilities(logits, mask, "mean_probability").exp(), expected)


def test_log_odds_trusts_many_weak_witnesses_more_than_their_mean():
    logits = torch.tensor([[[1.0, 0.0]] * 10])
    mask = torch.ones(1, 10)
    mean = song_log_probabilities(logits, mask, "mean_probability").exp()[0, 0]
    assert song_log_probabilities(logits, mask, "log_odds").exp()[0, 0] > 0.99 > mean


def test_agreement_is_the_share_of_segments_that_voted_for_the_winner():
    logits = torch.tensor([[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [9.0, 0.0]]])
    mask = torch.tensor([[1, 1, 1, 0]])
    assert agreement(logits, mask, torch.tensor([0])).item() == pytest.approx(2 / 3)
