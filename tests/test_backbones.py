"""Models that grew from one network share it, and nobody can tell from their answers."""

import pytest
import torch
from tonada.modeling import TonadaConfig, TonadaModel

from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.backbones import OF_THE_HEAD, share_backbones
from tonada.listening.listener import Listener
from tonada.listening.together import listen_together


@pytest.fixture
def emotion() -> Listener:
    return Listener.bundled("emotion")


def test_emotion_and_genre_hear_with_one_network_and_music_with_its_own():
    listeners = listeners_of([Task("emotion"), Task("genre"), Task("music")])
    emotion, genre, music = (listeners[task].model.tonada for task in ("emotion", "genre", "music"))
    assert emotion is genre
    assert emotion is not music


def test_models_that_share_a_network_answer_as_each_alone(examples):
    alone = {task: Listener.bundled(task) for task in ("emotion", "genre")}
    listeners = listeners_of(map(Task, alone))
    for song in map(str, examples):
        assert listen_together(song, listeners, song) == {task: each.listen(song, song) for task, each in alone.items()}


def test_a_song_is_embedded_once_for_models_that_share_a_network(examples):
    listeners = listeners_of([Task("emotion"), Task("genre")])
    passes = []
    listeners["genre"].model.tonada.register_forward_hook(lambda *_: passes.append(1))
    listen_together(str(examples[0]), listeners)
    assert passes == [1]


def test_a_network_that_differs_in_one_weight_is_not_shared(emotion):
    other = Listener.bundled("genre")
    with torch.no_grad():
        other.model.tonada.spectrogram_encoder.lstm.bias_hh_l0[0] += 1e-6
    share_backbones([emotion, other])
    assert emotion.model.tonada is not other.model.tonada


@pytest.mark.parametrize(("setting", "value"), [("attention_top_k", 7), ("descriptor_limit", 4.0)])
def test_a_network_that_reckons_otherwise_with_the_same_weights_is_not_shared(emotion, setting, value):
    other = Listener.bundled("genre")
    setattr(other.model.config, setting, value)
    share_backbones([emotion, other])
    assert emotion.model.tonada is not other.model.tonada


@pytest.mark.parametrize(
    "changed",
    [
        {"id2label": {0: "one", 1: "other"}, "label2id": {"one": 0, "other": 1}, "single_output": True},
        {"parents": {"happy": "up", "sad": "down"}},
        {"temperature": 3.0, "abstain_below": 0.9, "conformal_quantile": 0.1, "label_smoothing": 0.3},
        {"vote": "attention"},
        {"problem_type": "multi_label_classification"},
    ],
)
def test_what_counts_as_the_heads_changes_nothing_before_it(changed):
    settings = {"branches": ["descriptors"], "num_descriptors": 5, "id2label": {0: "happy", 1: "sad"}}
    plain = TonadaModel(TonadaConfig(**settings)).eval()
    other = TonadaModel(TonadaConfig(**{**settings, **changed})).eval()
    other.load_state_dict(plain.state_dict())
    heard = {"descriptors": torch.randn(2, 3, 5), "segment_mask": torch.ones(2, 3)}
    assert set(changed) <= OF_THE_HEAD
    assert torch.equal(other(**heard).embedding, plain(**heard).embedding)
