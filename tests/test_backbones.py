"""Models that grew from one network share it, and nobody can tell from their answers."""

import pytest
import torch
from tonada.modeling import TonadaConfig, TonadaForAudioClassification, TonadaModel

from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.backbones import OF_THE_HEAD, share_backbones
from tonada.listening.listener import Listener
from tonada.listening.together import listen_together


@pytest.fixture
def emotion() -> Listener:
    return Listener.bundled("emotion")


@pytest.fixture(scope="module")
def grown(tmp_path_factory) -> Task:
    """Two labels over the network of emotion, as `start: emotion` with all epochs frozen leaves one."""
    emotion, folder = Listener.bundled("emotion"), tmp_path_factory.mktemp("grown")
    labels = {"id2label": {0: "calm", 1: "wild"}, "label2id": {"calm": 0, "wild": 1}}
    torch.manual_seed(0)
    model = TonadaForAudioClassification(TonadaConfig(**{**emotion.model.config.to_dict(), **labels, "parents": {}}))
    model.tonada.load_state_dict(emotion.model.tonada.state_dict())
    model.save_pretrained(folder)
    emotion.extractor.save_pretrained(folder)
    return Task("grown", str(folder))


def test_a_model_that_grew_from_emotion_hears_with_its_network_and_music_with_its_own(grown):
    listeners = listeners_of([Task("emotion"), grown, Task("music")])
    emotion, other, music = (listeners[task].model.tonada for task in ("emotion", "grown", "music"))
    assert emotion is other
    assert emotion is not music


def test_models_that_share_a_network_answer_as_each_alone(examples, emotion, grown):
    listeners = listeners_of([Task("emotion"), grown])
    alone = {"emotion": emotion, "grown": Listener.from_pretrained(grown.model)}
    alone["grown"].revision = listeners["grown"].revision
    for song in map(str, examples):
        assert listen_together(song, listeners, song) == {task: each.listen(song, song) for task, each in alone.items()}


def test_a_song_is_embedded_once_for_models_that_share_a_network(examples, grown):
    listeners = listeners_of([Task("emotion"), grown])
    passes = []
    listeners["grown"].model.tonada.register_forward_hook(lambda *_: passes.append(1))
    listen_together(str(examples[0]), listeners)
    assert passes == [1]


def test_a_network_that_differs_in_one_weight_is_not_shared(emotion, grown):
    other = Listener.from_pretrained(grown.model)
    with torch.no_grad():
        other.model.tonada.spectrogram_encoder.lstm.bias_hh_l0[0] += 1e-6
    share_backbones([emotion, other])
    assert emotion.model.tonada is not other.model.tonada


@pytest.mark.parametrize(("setting", "value"), [("attention_top_k", 7), ("descriptor_limit", 4.0)])
def test_a_network_that_reckons_otherwise_with_the_same_weights_is_not_shared(emotion, grown, setting, value):
    other = Listener.from_pretrained(grown.model)
    setattr(other.model.config, setting, value)
    share_backbones([emotion, other])
    assert emotion.model.tonada is not other.model.tonada


@pytest.mark.parametrize(
    "changed",
    [
        {"id2label": {0: "one", 1: "other"}, "label2id": {"one": 0, "other": 1}, "single_output": True},
        {"parents": {"happy": "up", "sad": "down"}},
        {"temperature": 3.0, "abstain_below": 0.9, "conformal_quantile": 0.1, "label_smoothing": 0.3, "dropout": 0.9},
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
