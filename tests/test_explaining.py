"""Explanations tell what is known to have decided, add up, and leave the model alone."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from burst import BURST, burst_listener, song_with_a_burst
from conftest import RATE, new_model, noise, songs_of_different_lengths
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.explaining.attention import attention_maps
from tonada.explaining.attributions import METHODS, integrated_gradients
from tonada.explaining.descriptors import descriptor_contributions
from tonada.explaining.faithfulness import area, at_random, by_importance, deletion_curve
from tonada.explaining.hearing import AT_ONCE, HeardSong
from tonada.explaining.instants import Grid, Instant, grid_of
from tonada.explaining.permutation import mean_decrease_in_accuracy
from tonada.explaining.targets import ExplainError

KNOW_LABELS = ["occlusion", "integrated_gradients"]  # attention does not
SUM_ERROR = 1e-3  # log-odds: an integral of 256 points over a network of kinks
ROUNDING = 1e-4  # a branch heard alone, in other batches than before


def heard(model, waveform: np.ndarray, label: str | None = None) -> HeardSong:
    extractor = TonadaFeatureExtractor(branches=list(model.config.branches))
    return HeardSong(model, extractor(waveform, sampling_rate=RATE, return_tensors="pt"), label)


@pytest.fixture(scope="module")
def burst():
    """The handmade listener, and the song with a burst as it heard it."""
    listener = burst_listener()
    return listener, heard(listener.model, song_with_a_burst(), "burst")


@pytest.fixture(scope="module")
def song(model) -> HeardSong:
    return heard(model, songs_of_different_lengths()[0])


@pytest.mark.parametrize("method", KNOW_LABELS)
def test_the_instants_that_decided_are_those_of_the_burst(burst, method):
    listener, song = burst
    grid = grid_of(song, listener.extractor)
    times = listener.extractor.segment_times(song_with_a_burst())
    instants = grid.instants(METHODS[method](song, grid), times)
    spoke = [each for each in instants if each.contribution > 0.01]
    assert spoke
    assert all(each.start < BURST[1] and each.end > BURST[0] for each in spoke), spoke
    assert max(each.end for each in spoke) >= BURST[1]
    assert min(each.start for each in spoke) <= BURST[0] + 0.1  # the middle of the window that hears it first


def test_integrated_gradients_of_a_smooth_model_add_up_to_what_the_segment_does(burst):
    song = burst[1]
    nothing = song.absent("spectrogram").expand(1, 1, *song.given("spectrogram").shape[1:])
    does = song.score() - float(song.what_if("spectrogram", nothing, slice(1, 2)).detach())
    assert does > 0.5
    assert float(integrated_gradients(song, 1).sum()) == pytest.approx(does, rel=0.02)


def test_instants_cover_the_sound_without_a_gap(burst):
    listener, song = burst
    grid = grid_of(song, listener.extractor)
    times = listener.extractor.segment_times(song_with_a_burst())
    instants = grid.instants([torch.zeros(count) for count in grid.counts], times)
    for segment, (start, end) in enumerate(times):
        mine = [each for each in instants if each.segment == segment]
        assert mine[0].start == start
        assert all(one.end == pytest.approx(after.start) for one, after in pairwise(mine))
        assert mine[-1].end == pytest.approx(end, abs=0.05)


def test_an_instant_is_a_whole_number_of_steps_of_attention(burst):
    grid = grid_of(burst[1], burst[0].extractor)
    assert grid.length % grid.step == 0
    assert 0.3 < grid.length * grid.seconds < 0.8


def test_contributions_of_descriptors_add_up_to_what_their_branch_does(song):
    total = float(descriptor_contributions(song).contributions.sum())
    assert abs(total) > 10 * SUM_ERROR
    assert total == pytest.approx(song.score() - song.score_without("descriptors"), abs=SUM_ERROR)


def test_a_descriptor_that_the_network_ignores_contributes_nothing():
    model = new_model()
    with torch.no_grad():
        model.tonada.descriptor_encoder.layers[0].weight[:, 7] = 0
    found = descriptor_contributions(heard(model, songs_of_different_lengths()[1])).contributions
    assert (found[:, 7] == 0).all()
    assert (found[:, 6] != 0).all()


@pytest.mark.parametrize("vote", ["mean_probability", "log_odds", "attention"])
def test_a_song_heard_again_has_its_own_score(vote):
    model = new_model(vote=vote)
    if model.scorer is not None:
        torch.nn.init.normal_(model.scorer.weight)
    song = heard(model, songs_of_different_lengths()[0])
    own = float(song.target.score(song.logits.unsqueeze(0)))
    assert song.score() == pytest.approx(own, abs=ROUNDING)
    for branch in model.config.branches:
        again = song.what_if(branch, song.given(branch).unsqueeze(0))
        assert float(again.detach()) == pytest.approx(own, abs=ROUNDING)


def test_under_a_majority_the_mean_probability_is_explained():
    waveform = songs_of_different_lengths()[0]
    majority, mean = (heard(new_model(vote=vote), waveform, "sad") for vote in ("majority", "mean_probability"))
    assert majority.score() == pytest.approx(mean.score())


def test_the_score_of_one_label_is_its_log_odds(song):
    probability = float(song.logits[song.target.members].exp())
    assert song.target.probability(song.score()) == pytest.approx(probability, abs=ROUNDING)


def test_labels_that_occur_together_are_explained_each_for_itself():
    model = new_model(problem_type="multi_label_classification")
    song = heard(model, songs_of_different_lengths()[1], "angry")
    assert song.score() == pytest.approx(float(song.logits[3]), abs=ROUNDING)


def test_a_label_above_leaves_can_be_explained():
    parents = {"happy": "lively", "angry": "lively", "sad": "calm", "relaxed": "calm"}
    song = heard(new_model(parents=parents), songs_of_different_lengths()[1], "lively")
    both = song.logits[[0, 3]].exp().sum()
    assert song.score() == pytest.approx(float(both.logit()), abs=ROUNDING)


def test_a_value_is_explained_in_its_own_unit_and_has_no_probability():
    song = heard(new_model(problem_type="regression"), songs_of_different_lengths()[1], "sad")
    assert song.score() == pytest.approx(float(song.logits[1]), abs=ROUNDING)
    assert song.target.probability(song.score()) is None


@pytest.mark.parametrize(
    ("settings", "label", "says"),
    [
        ({}, "cheerful", "happy, sad, relaxed, angry"),
        ({"problem_type": "regression"}, None, "4 values"),
        ({"parents": dict.fromkeys(["happy", "sad", "relaxed", "angry"], "mood")}, "mood", "every song is 'mood'"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_words(settings, label, says):
    with pytest.raises(ExplainError, match=says):
        heard(new_model(**settings), noise(5), label)


def test_explaining_leaves_the_model_as_it_was(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    song = heard(model, noise(12))
    grid = grid_of(song, TonadaFeatureExtractor())
    for method in METHODS.values():
        method(song, grid)
    descriptor_contributions(song)
    attention_maps(model, {name: tensor.unsqueeze(0) for name, tensor in song.features.items()})
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any(module.training for module in model.modules())


def test_a_long_song_is_heard_a_few_segments_at_a_time():
    listener, sizes = burst_listener(), []
    song = heard(listener.model, noise(10.0 * (AT_ONCE + 4)))
    encoder = listener.model.tonada.spectrogram_encoder
    hook = encoder.register_forward_pre_hook(lambda module, arguments: sizes.append(len(arguments[0])))
    grid = grid_of(song, listener.extractor)
    for method in METHODS.values():
        method(song, grid)
    song.score_without("spectrogram")
    hook.remove()
    assert song.segments == AT_ONCE + 4
    assert max(sizes) <= AT_ONCE


@pytest.mark.parametrize("placement", ["self", "pooling"])
def test_an_attention_map_says_what_each_head_kept(extractor, placement):
    model = new_model(attention_placement=placement)
    features = extractor(noise(13), sampling_rate=RATE, return_tensors="pt")
    (name, found), *others = attention_maps(model, features).items()
    kept = model(**features).kept_steps[0]
    assert (name, others) == ("tonada.spectrogram_encoder.attention", [])
    assert torch.allclose(found.received.mean(1), kept, atol=1e-6)
    assert torch.equal(found.kept.any(1), kept > 0)
    assert (found.kept_by_query == model.config.attention_top_k).all()
    assert ((found.dropped > 0) & (found.dropped < 1)).all()


def test_what_dense_attention_gives_the_dropped_is_their_share_where_all_steps_are_alike(extractor):
    model = new_model(attention_mode="topk", attention_top_k=54)
    features = extractor(noise(10), sampling_rate=RATE, return_tensors="pt")
    everything_kept = attention_maps(model, features)["tonada.spectrogram_encoder.attention"]
    assert (everything_kept.dropped == 0).all()
    model = new_model(attention_top_k=8)
    attention = model.tonada.spectrogram_encoder.attention
    with torch.no_grad():
        attention.query.weight.mul_(1e-4)  # scores still have an order, and softmax sees hardly any
    nearly_alike = attention_maps(model, features)["tonada.spectrogram_encoder.attention"]
    assert nearly_alike.dropped.mean() == pytest.approx(1 - 8 / 54, abs=1e-3)


def songs_told_by_column_zero() -> tuple[list[torch.Tensor], torch.Tensor]:
    """Forty songs of one to three segments and two columns, the first of which is the label."""
    dice = torch.Generator().manual_seed(0)
    truth = torch.arange(40) % 2
    songs = []
    for number, label in enumerate(truth):
        columns = torch.rand(1 + number % 3, 2, generator=dice)
        columns[:, 0] = label
        songs.append(columns)
    return songs, truth


def by_column_zero(songs: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack([song[:, 0].mean().round().long() for song in songs])


def test_permuting_an_unused_descriptor_costs_nothing_and_the_used_one_half():
    lost = mean_decrease_in_accuracy(by_column_zero, *songs_told_by_column_zero(), repeats=20)
    assert (lost[1] == 0).all()
    assert lost[0].mean() == pytest.approx(0.5, abs=0.1)


def test_columns_can_be_permuted_as_a_group():
    lost = mean_decrease_in_accuracy(by_column_zero, *songs_told_by_column_zero(), groups=[[1], [0, 1]], repeats=3)
    assert (lost[0] == 0).all()
    assert (lost[1] > 0.2).all()


def test_permutation_needs_two_songs_with_labels():
    songs, truth = songs_told_by_column_zero()
    with pytest.raises(ValueError, match="40 songs and 39 labels"):
        mean_decrease_in_accuracy(by_column_zero, songs, truth[1:])


def test_the_answer_falls_faster_in_the_order_of_importance_than_at_random(burst):
    listener, song = burst
    grid = grid_of(song, listener.extractor)
    told = deletion_curve(song, grid, by_importance(METHODS["occlusion"](song, grid)))
    drawn = deletion_curve(song, grid, at_random(grid, torch.Generator().manual_seed(1)))
    assert told[0] == drawn[0]
    nothing = song.target.probability(song.score_without("spectrogram"))
    assert float(told[1]) == pytest.approx(nothing, abs=ROUNDING)  # two instants were all there was
    assert area(told) < area(drawn)


def test_the_area_of_a_curve_is_its_mean_height():
    assert area(torch.tensor([1.0, 0.5, 0.0]), (0, 0.5, 1.0)) == pytest.approx(0.5)
    assert area(torch.full((3,), 0.7), (0, 0.1, 0.4)) == pytest.approx(0.7)


def test_the_song_is_cut_into_instants_where_samples_are_heard():
    grid = Grid("waveform", 4, 0, 0.25, False, (2, 1))
    found = grid.instants([torch.tensor([1.0, 2.0]), torch.tensor([3.0])], [(0, 2), (2, 2.5)])
    assert found == [Instant(0, 0, 1, 1), Instant(0, 1, 2, 2), Instant(1, 2, 2.5, 3)]


@pytest.mark.parametrize("shape", ["picture", "stems"])
def test_pictures_and_stems_of_a_song_have_its_seconds_too(shape):
    pictured = {"image_size": 64} if shape == "picture" else {"stems": ["one", "two"], "separation": "by hand"}
    extractor = TonadaFeatureExtractor(branches=["spectrogram"], **pictured)
    sizes = {"num_channels": extractor.num_channels, "num_mel_bins": extractor.num_bands}
    sound = noise(13) if shape == "picture" else np.stack([noise(13), noise(13, 1)])
    features = extractor(sound, sampling_rate=RATE, return_tensors="pt")
    song = HeardSong(new_model(branches=("spectrogram",), **sizes), features)
    grid = grid_of(song, extractor)
    instants = grid.instants(METHODS["occlusion"](song, grid), extractor.segment_times(sound))
    assert instants[0].start == 0
    assert instants[-1].end == pytest.approx(13, abs=0.2)
    assert all(0 < each.end - each.start < 1.5 for each in instants)


def test_attention_tells_no_instants_where_its_steps_have_no_time(burst):
    with pytest.raises(ValueError, match="choose occlusion"):
        METHODS["attention"](burst[1], Grid("waveform", 4, 0, 0.25, False, (2, 1)))


@pytest.mark.parametrize("network", ["attention", "attention_conv"])
def test_embeddings_can_be_asked_what_if(network):
    model = new_model(branches=("embeddings",), embedding_network=network)
    features = TonadaFeatureExtractor(branches=["embeddings"])(np.ones((12, 128), np.float32), return_tensors="pt")
    song = HeardSong(model, features)
    again = song.what_if("embeddings", song.given("embeddings").unsqueeze(0)).detach()
    assert float(again) == pytest.approx(song.score())
    assert song.score_without("embeddings") != song.score()
