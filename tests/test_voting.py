"""Segments vote: the winner is the vote's winner, padding has no vote, and probabilities sum to one."""

import pytest
import torch
from conftest import RATE, new_model, songs_of_different_lengths
from hypothesis import given
from hypothesis import strategies as st
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaForAudioClassification
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION, SINGLE_LABEL, VOTES, VOTES_OF
from tonada.modeling.voting_tonada import (
    TonadaSegmentScorer,
    agreement,
    segment_log_weights,
    song_log_odds,
    song_log_probabilities,
    song_scores,
)

PROBLEMS_AND_VOTES = [(problem, vote) for problem, votes in VOTES_OF.items() for vote in votes]


def random_song(seed: int, segments: int, labels: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(1, segments, labels, generator=generator)
    return logits, torch.ones(1, segments, dtype=torch.long)


def random_weights(seed: int, mask: torch.Tensor) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed + 1)
    return segment_log_weights(torch.randn(mask.shape, generator=generator), mask)


def song_of(logits: torch.Tensor, mask: torch.Tensor, vote: str, seed: int = 0) -> torch.Tensor:
    return song_log_probabilities(logits, mask, vote, random_weights(seed, mask))


@pytest.mark.parametrize("vote", VOTES)
@given(seed=st.integers(0, 10_000), segments=st.integers(1, 12), labels=st.integers(2, 9))
def test_probabilities_sum_to_one(vote, seed, segments, labels):
    song = song_of(*random_song(seed, segments, labels), vote, seed)
    assert song.exp().sum().item() == pytest.approx(1, abs=1e-5)
    assert song.isfinite().all()


@pytest.mark.parametrize(("problem", "vote"), PROBLEMS_AND_VOTES)
@given(seed=st.integers(0, 10_000), padding=st.integers(1, 5))
def test_padded_segments_have_no_vote(problem, vote, seed, padding):
    logits, mask = random_song(seed, 4, 3)
    scores = torch.randn(1, 4 + padding, generator=torch.Generator().manual_seed(seed))
    padded = torch.nn.functional.pad(logits, (0, 0, 0, padding), value=9.0)
    with_padding = torch.nn.functional.pad(mask, (0, padding))
    expected = song_scores(logits, mask, vote, problem, segment_log_weights(scores[:, :4], mask))
    got = song_scores(padded, with_padding, vote, problem, segment_log_weights(scores, with_padding))
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


@given(seed=st.integers(0, 10_000), segments=st.integers(1, 15))
def test_the_winner_is_the_votes_own(seed, segments):
    logits, mask = random_song(seed, segments, 4)
    chances = logits.double().softmax(-1)
    weights = random_weights(seed, mask).exp().unsqueeze(-1)
    counted = {
        "mean_probability": chances.mean(1),
        "log_odds": chances.log().sum(1),
        "attention": (weights * chances).sum(1),
    }
    for vote, scores in counted.items():
        winner = song_of(logits, mask, vote, seed).argmax(-1)
        assert scores[0, winner].item() == pytest.approx(scores.max().item(), rel=1e-5), vote


@pytest.mark.parametrize("vote", VOTES)
def test_of_labels_alike_in_all_the_first_wins(vote):
    logits = torch.tensor([[[0.0, 2.0, 2.0], [0.0, 2.0, 2.0]]])
    assert int(song_of(logits, torch.ones(1, 2), vote).argmax()) == 1


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


def test_attention_counts_each_segment_by_its_weight():
    logits = torch.tensor([[[2.0, 0.0], [0.0, 3.0], [5.0, 0.0]]])
    mask = torch.tensor([[1, 1, 0]])
    log_weights = segment_log_weights(torch.tensor([[1.0, 2.0, 9.0]]), mask)
    weights = torch.tensor([1.0, 2.0]).softmax(0)
    torch.testing.assert_close(log_weights[0, :2].exp(), weights)
    expected = (weights.unsqueeze(-1) * logits[0, :2].softmax(-1)).sum(0)
    torch.testing.assert_close(song_log_probabilities(logits, mask, "attention", log_weights).exp()[0], expected)


def test_a_scorer_that_learned_nothing_counts_all_segments_alike():
    logits, mask = random_song(5, 6, 4)
    log_weights = TonadaSegmentScorer(8)(torch.randn(1, 6, 8), mask)
    expected = song_log_probabilities(logits, mask, "mean_probability")
    torch.testing.assert_close(song_log_probabilities(logits, mask, "attention", log_weights), expected)


def test_attention_without_weights_is_refused():
    with pytest.raises(ValueError, match="no log_weights came"):
        song_log_probabilities(*random_song(0, 3, 2), "attention")


@pytest.mark.parametrize("vote", VOTES)
def test_of_two_labels_the_log_odds_are_those_of_one_alone(vote):
    z, mask = random_song(7, 5, 1)
    weights = random_weights(7, mask)
    both = song_log_probabilities(torch.cat([torch.zeros_like(z), z], -1), mask, vote, weights)
    torch.testing.assert_close(song_log_odds(z, mask, vote, weights)[0, 0], both[0, 1] - both[0, 0])


def test_each_of_several_labels_is_voted_on_alone():
    z = torch.tensor([[[1.0, -2.0], [3.0, -1.0], [-1.0, 4.0]]])
    mask = torch.ones(1, 3)
    mean = song_log_odds(z, mask, "mean_probability").sigmoid()
    torch.testing.assert_close(mean, z.sigmoid().mean(1))
    torch.testing.assert_close(song_log_odds(z, mask, "log_odds"), z.sum(1))
    majority = song_log_odds(z, mask, "majority").sigmoid()
    torch.testing.assert_close(majority, torch.tensor([[2 / 3, 1 / 3]]), atol=1e-4, rtol=0)


def test_a_tie_on_one_of_several_labels_goes_to_the_higher_mean_probability():
    z = torch.tensor([[[2.0], [-1.0]]])
    assert song_log_odds(z, torch.ones(1, 2), "majority").item() > 0 > song_log_odds(-z, torch.ones(1, 2), "majority")


def test_values_are_averaged():
    values = torch.tensor([[[0.5, -1.0], [0.1, 0.0], [9.0, 9.0]]])
    mask = torch.tensor([[1, 1, 0]])
    mean = song_scores(values, mask, "mean_probability", REGRESSION)
    torch.testing.assert_close(mean, torch.tensor([[0.3, -0.5]]))
    log_weights = segment_log_weights(torch.tensor([[0.0, 1.0, 0.0]]).log(), mask)
    weighted = song_scores(values, mask, "attention", REGRESSION, log_weights)
    torch.testing.assert_close(weighted, torch.tensor([[0.1, 0.0]]))


@pytest.fixture(scope="module")
def heard():
    extractor = TonadaFeatureExtractor(branches=("descriptors",))
    return extractor(songs_of_different_lengths(), sampling_rate=RATE, return_tensors="pt")


@pytest.mark.parametrize(("problem", "vote"), PROBLEMS_AND_VOTES)
def test_the_model_answers_by_its_vote(heard, problem, vote):
    model = new_model(branches=("descriptors",), problem_type=problem, vote=vote)
    with torch.no_grad():
        if model.scorer is not None:
            model.scorer.weight.normal_()
        output = model(**heard)
    log_weights = None if output.segment_weights is None else output.segment_weights.log()
    expected = song_scores(output.segment_logits, heard["segment_mask"], vote, problem, log_weights)
    torch.testing.assert_close(output.logits, expected)
    assert (output.agreement is None) == (problem == REGRESSION)


@pytest.mark.parametrize("problem", [SINGLE_LABEL, MULTI_LABEL, REGRESSION])
def test_weighed_songs_are_answered_alike_alone_and_in_company(heard, problem):
    model = new_model(branches=("descriptors",), problem_type=problem, vote="attention")
    with torch.no_grad():
        model.scorer.weight.normal_()
        together = model(**heard).logits
        alone = [model(**{name: tensor[song : song + 1] for name, tensor in heard.items()}).logits for song in range(5)]
    torch.testing.assert_close(torch.cat(alone), together, atol=1e-5, rtol=0)


def test_agreement_on_several_labels_is_on_the_most_probable(heard):
    with torch.no_grad():
        output = new_model(branches=("descriptors",), problem_type=MULTI_LABEL)(**heard)
    winner = output.logits.argmax(-1)
    torch.testing.assert_close(output.agreement, agreement(output.segment_logits, heard["segment_mask"], winner))


@pytest.mark.parametrize("problem", [SINGLE_LABEL, MULTI_LABEL, REGRESSION])
def test_the_loss_under_attention_is_the_songs_and_teaches_the_scorer(heard, problem):
    model = new_model(branches=("descriptors",), problem_type=problem, vote="attention", dropout=0.0)
    labels = torch.tensor([0, 1, 2, 3, 0]) if problem == SINGLE_LABEL else torch.rand(5, 4).round()
    output = model(**heard, labels=labels)
    losses = {
        SINGLE_LABEL: torch.nn.functional.nll_loss,
        MULTI_LABEL: torch.nn.functional.binary_cross_entropy_with_logits,
        REGRESSION: torch.nn.functional.mse_loss,
    }
    torch.testing.assert_close(output.loss, losses[problem](output.logits, labels))
    output.loss.backward()
    assert model.scorer.weight.grad.abs().max() > 0
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_attention_learns_which_segment_knows():
    """Of each song's segments one has the song's label and says so in its embedding; the others have any label."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(2, (200,), generator=generator)
    logits = 4 * torch.randint(2, (200, 5, 1), generator=generator) * torch.tensor([[[1.0, -1.0]]]) - 2
    embeddings = torch.randn(200, 5, 8, generator=generator)
    logits[:, 2] = 4 * torch.nn.functional.one_hot(labels, 2).float()
    embeddings[:, 2, 0] += 3
    scorer, mask = TonadaSegmentScorer(8), torch.ones(200, 5)
    optimizer = torch.optim.Adam(scorer.parameters(), 0.1)
    for _ in range(50):
        optimizer.zero_grad()
        song = song_log_probabilities(logits, mask, "attention", scorer(embeddings, mask))
        torch.nn.functional.nll_loss(song, labels).backward()
        optimizer.step()
    with torch.no_grad():
        assert scorer(embeddings, mask).exp()[:, 2].mean() > 0.7


def test_a_model_that_weighs_segments_comes_back_from_its_folder(heard, tmp_path):
    model = new_model(branches=("descriptors",), vote="attention")
    with torch.no_grad():
        model.scorer.weight.normal_()
    model.save_pretrained(tmp_path)
    again = TonadaForAudioClassification.from_pretrained(tmp_path).eval()
    assert torch.equal(again(**heard).logits, model(**heard).logits)
    weights = again(**heard).segment_weights
    torch.testing.assert_close(weights.sum(1), torch.ones(5))
    assert not weights[heard["segment_mask"] == 0].any()


def test_a_model_that_never_weighed_segments_starts_by_weighing_all_alike(heard, tmp_path):
    model = new_model(branches=("descriptors",))
    model.save_pretrained(tmp_path)
    again = TonadaForAudioClassification.from_pretrained(tmp_path, vote="attention").eval()
    torch.testing.assert_close(again(**heard).logits, model(**heard).logits)
