"""Models that grew from one network share it, and nobody can tell from their answers."""

import pytest
import torch

from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.backbones import share_backbones
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
    song = str(examples[0])
    together = listen_together(song, listeners_of([Task("emotion"), Task("genre")]), song)
    assert together == {task: Listener.bundled(task).listen(song, song) for task in ("emotion", "genre")}


def test_a_song_is_embedded_once_for_models_that_share_a_network(examples, monkeypatch):
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
