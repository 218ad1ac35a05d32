"""Branches: any of them together, the named shapes layer by layer, and encoders that others trained."""

import json
from itertools import chain, combinations

import numpy as np
import pytest
import torch
import transformers
from conftest import noise, run_python, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification
from tonada.modeling.configuration_tonada import BRANCHES
from tonada.modeling.embedding_encoder_tonada import TonadaAttentionConvEncoder

from tonada.listening.model_error import ModelError
from tonada.listening.pairs import check_pair

ENCODER_RATE = 16_000
SUBSETS = list(chain.from_iterable(combinations(BRANCHES, count) for count in range(1, 5)))
TINY = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 37}
CONVOLUTIONS = {"conv_dim": (16, 16), "conv_kernel": (10, 8), "conv_stride": (40, 8), "num_feat_extract_layers": 2}
SPEECH = {**TINY, **CONVOLUTIONS, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}


def tiny_encoder(kind: str):
    """A small encoder with random weights, and its feature extractor."""
    torch.manual_seed(0)
    if kind == "wav2vec2":
        return transformers.Wav2Vec2Model(
            transformers.Wav2Vec2Config(**SPEECH)
        ), transformers.Wav2Vec2FeatureExtractor()
    if kind == "hubert":
        return transformers.HubertModel(transformers.HubertConfig(**SPEECH)), transformers.Wav2Vec2FeatureExtractor()
    if kind == "ast":
        config = transformers.ASTConfig(**TINY, max_length=400, num_mel_bins=32, time_stride=16, frequency_stride=16)
        return transformers.ASTModel(config), transformers.ASTFeatureExtractor(num_mel_bins=32, max_length=400)
    if kind == "whisper":
        sizes = {"encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
        config = transformers.WhisperConfig(d_model=32, encoder_ffn_dim=37, decoder_ffn_dim=37, **sizes)
        return transformers.WhisperModel(config), transformers.WhisperFeatureExtractor()
    audio = {"num_mel_bins": 64, "spec_size": 256, "patch_embeds_hidden_size": 16, "depths": [1, 1]}
    audio |= {"num_attention_heads": [2, 2], "hidden_size": 32, "window_size": 4, "projection_dim": 16}
    text = {**TINY, "vocab_size": 50, "projection_dim": 16}
    config = transformers.ClapConfig(text_config=text, audio_config=audio, projection_dim=16)
    return transformers.ClapModel(config), transformers.ClapFeatureExtractor(
        sampling_rate=ENCODER_RATE, max_length_s=4, truncation="rand_trunc"
    )


@pytest.fixture(scope="session", params=["wav2vec2", "hubert", "ast", "clap", "whisper"])
def encoder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    for part in tiny_encoder(request.param):
        part.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def wav2vec2(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    for part in tiny_encoder("wav2vec2"):
        part.save_pretrained(folder)
    return str(folder)


def sounds() -> dict[str, torch.Tensor]:
    extractor = TonadaFeatureExtractor(
        ENCODER_RATE, branches=["waveform"], segment_seconds=4, shortest_seconds=1, max_frequency=None
    )
    songs = [noise(9, rate=ENCODER_RATE), tone(440, 2.5, ENCODER_RATE), noise(4, 1, rate=ENCODER_RATE)]
    return dict(extractor(songs, sampling_rate=ENCODER_RATE, return_tensors="pt"))


def features(branches: tuple[str, ...]) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    mask = torch.tensor([[1, 1, 1], [1, 0, 0]])
    found = {
        "spectrogram": 10 * torch.randn(2, 3, 1, 80, 40, generator=generator),
        "frame_mask": torch.ones(2, 3, 40),
        "descriptors": torch.randn(2, 3, 90, generator=generator),
        "embeddings": torch.randn(2, 3, 10, 128, generator=generator),
        "step_mask": torch.ones(2, 3, 10),
        "waveform": 0.1 * torch.randn(2, 3, 8000, generator=generator),
        "sounds": torch.full((2, 3), 8000),
    }
    needed = {"spectrogram": ["frame_mask"], "embeddings": ["step_mask"], "waveform": ["sounds"]}
    names = [name for branch in branches for name in (branch, *needed.get(branch, []))]
    return {"segment_mask": mask, **{name: found[name] for name in names}}


def two_labels() -> dict:
    return {"id2label": {0: "yes", 1: "no"}, "label2id": {"yes": 0, "no": 1}}


@pytest.mark.parametrize("branches", SUBSETS, ids="-".join)
def test_any_branches_together_answer_are_saved_and_loaded(branches, wav2vec2, tmp_path):
    settings = {"branches": branches, **two_labels()}
    if "waveform" in branches:
        model = TonadaForAudioClassification.with_encoder(wav2vec2, **settings)
    else:
        model = TonadaForAudioClassification(TonadaConfig(**settings))
    heard = features(branches)
    with torch.no_grad():
        expected = model.eval()(**heard).logits
    model.save_pretrained(tmp_path)
    again = TonadaForAudioClassification.from_pretrained(tmp_path)
    with torch.no_grad():
        assert torch.equal(again(**heard).logits, expected)
    assert expected.shape == (2, 2)
    assert again.config.embedding_size == again(**heard).embedding.shape[-1]


def test_an_encoder_of_transformers_is_heard_with_its_own_weights_and_saved_with_them(encoder, tmp_path):
    model = TonadaForAudioClassification.with_encoder(encoder, **two_labels()).eval()
    with torch.no_grad():
        output = model(**sounds(), output_attentions=True)
    published = transformers.AutoModel.from_pretrained(encoder)
    shared = dict(published.named_parameters())
    for name, parameter in model.tonada.waveform_encoder.encoder.named_parameters():
        same = [other for key, other in shared.items() if key.endswith(name)]
        assert any(torch.equal(parameter, other) for other in same), name
    model.save_pretrained(tmp_path)
    with torch.no_grad():
        assert torch.equal(TonadaForAudioClassification.from_pretrained(tmp_path)(**sounds()).logits, output.logits)
    assert output.logits.shape == (3, 2)
    assert output.logits.isfinite().all()
    assert (output.logits[0] - output.logits[1]).abs().max() > 1e-4


def test_company_changes_nothing_of_what_an_encoder_hears(encoder):
    model = TonadaForAudioClassification.with_encoder(encoder, **two_labels()).eval()
    together = sounds()
    with torch.no_grad():
        expected = model(**together).logits
        for index in range(3):
            alone = {name: tensor[index : index + 1] for name, tensor in together.items()}
            torch.testing.assert_close(model(**alone).logits, expected[index : index + 1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("at_once", [1, 2])
def test_how_many_segments_are_heard_at_once_changes_nothing(wav2vec2, at_once):
    model = TonadaForAudioClassification.with_encoder(wav2vec2, **two_labels()).eval()
    with torch.no_grad():
        expected = model(**sounds(), output_attentions=True, output_hidden_states=True)
        model.config.segments_per_pass = at_once
        found = model(**sounds(), output_attentions=True, output_hidden_states=True)
    torch.testing.assert_close(found.logits, expected.logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found.kept_steps, expected.kept_steps, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found.hidden_states[0], expected.hidden_states[0], atol=1e-4, rtol=1e-4)


def test_an_extractor_of_another_rate_than_the_encoder_hears_is_refused(wav2vec2):
    model = TonadaForAudioClassification.with_encoder(wav2vec2, **two_labels())
    with pytest.raises(ModelError, match="sampling_rate: 22050 is made, 16000 is expected"):
        check_pair(model.config, TonadaFeatureExtractor(branches=["waveform"]))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"encoder_unfrozen": -1}, "counts layers, from 0"),
        ({"encoder_layer": 9}, "the encoder has 3 layers"),
        ({"embedding_network": "attention_conv"}, "knows no padding"),
    ],
)
def test_a_choice_that_an_encoder_does_not_have_is_refused(wav2vec2, settings, says):
    with pytest.raises(ValueError, match=says):
        TonadaForAudioClassification.with_encoder(wav2vec2, **settings, **two_labels())


def test_layers_are_unfrozen_back_from_the_one_that_is_heard(wav2vec2):
    model = TonadaForAudioClassification.with_encoder(wav2vec2, encoder_layer=2, encoder_unfrozen=1, **two_labels())
    model.train()(**sounds(), labels=torch.tensor([0, 1, 0])).loss.backward()
    moved = {name for name, each in model.tonada.waveform_encoder.encoder.named_parameters() if each.grad is not None}
    assert moved
    assert all(name.startswith("encoder.layers.1.") for name in moved)


def test_of_a_frozen_encoder_only_the_unfrozen_layers_learn_and_only_they_have_dropout(wav2vec2):
    model = TonadaForAudioClassification.with_encoder(wav2vec2, encoder_unfrozen=1, **two_labels()).train()
    model(**sounds(), labels=torch.tensor([0, 1, 0])).loss.backward()
    encoder = model.tonada.waveform_encoder.encoder
    moved = {name for name, parameter in encoder.named_parameters() if parameter.grad is not None}
    assert moved
    assert all(name.startswith("encoder.layers.2.") for name in moved)
    in_training = {name for name, part in encoder.named_modules() if part.training}
    assert all(name.startswith("encoder.layers.2") for name in in_training)


@pytest.mark.parametrize("kind", ["ast", "clap"])
def test_a_segment_longer_than_an_encoder_can_hear_is_refused_and_not_cut_unheard(kind, tmp_path):
    for part in tiny_encoder(kind):
        part.save_pretrained(tmp_path)
    model = TonadaForAudioClassification.with_encoder(str(tmp_path), **two_labels()).eval()
    with pytest.raises(ValueError, match=r"lasts 5\.00 s, the encoder hears at most 4"):
        model(segment_mask=torch.ones(1, 1), waveform=torch.zeros(1, 1, 5 * ENCODER_RATE))


def test_the_layer_that_is_chosen_is_the_one_that_is_heard(wav2vec2):
    found = []
    for layer in (0, 1, -1):
        torch.manual_seed(0)
        model = TonadaForAudioClassification.with_encoder(wav2vec2, encoder_layer=layer, **two_labels()).eval()
        with torch.no_grad():
            found.append(model(**sounds()).embedding)
    assert not torch.allclose(found[0], found[1])
    assert not torch.allclose(found[1], found[2])


def test_an_encoder_that_brings_code_is_not_run_without_leave(wav2vec2):
    config = TonadaForAudioClassification.with_encoder(wav2vec2, **two_labels()).config
    config.encoder_config = {**config.encoder_config, "model_type": "of-its-own"}
    with pytest.raises(ValueError, match="encoder_remote_code=True"):
        TonadaForAudioClassification(config)


OF_ITS_OWN = """
import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

class EarConfig(PretrainedConfig):
    model_type = "ear-of-its-own"
    hidden_size = 8

class Ear(PreTrainedModel):
    config_class = EarConfig
    def __init__(self, config):
        super().__init__(config)
        self.layer = torch.nn.Linear(100, 8)
        self.post_init()
    def forward(self, input_values, output_hidden_states=False):
        return BaseModelOutput(last_hidden_state=self.layer(input_values.unfold(1, 100, 100)))
"""
WITH_LEAVE = """
import sys, torch, transformers
sys.path.insert(0, ".")
from ear_of_its_own import Ear, EarConfig
from tonada import TonadaForAudioClassification
EarConfig.register_for_auto_class()
Ear.register_for_auto_class("AutoModel")
ear = Ear(EarConfig())
ear.save_pretrained("ear")
transformers.Wav2Vec2FeatureExtractor().save_pretrained("ear")
made = TonadaForAudioClassification.with_encoder("ear", encoder_remote_code=True, num_labels=2).eval()
assert torch.equal(made.tonada.waveform_encoder.encoder.layer.weight, ear.layer.weight)
made.save_pretrained("made")
again = TonadaForAudioClassification.from_pretrained("made", encoder_remote_code=True).eval()
heard = {"segment_mask": torch.ones(1, 1), "waveform": torch.randn(1, 1, 16000)}
assert torch.equal(made(**heard).logits, again(**heard).logits)
try:
    TonadaForAudioClassification.from_pretrained("made")
except ValueError as error:
    print(error)
"""


def test_an_encoder_that_brings_code_works_with_leave_and_needs_it_with_every_load(tmp_path):
    (tmp_path / "ear_of_its_own.py").write_text(OF_ITS_OWN)
    said = run_python(WITH_LEAVE, tmp_path, without_tonada=False)
    assert "encoder_remote_code=True" in said


def test_no_file_gives_itself_leave_to_run_code(tmp_path):
    hostile = {
        "model_type": "tonada",
        "branches": ["waveform"],
        "encoder": str(tmp_path),
        "encoder_remote_code": True,
        "encoder_config": {"model_type": "ear-of-its-own"},
        "encoder_processor": transformers.Wav2Vec2FeatureExtractor().to_dict(),
    }
    (tmp_path / "config.json").write_text(json.dumps(hostile))
    for config in (TonadaConfig.from_pretrained(tmp_path), transformers.AutoConfig.from_pretrained(tmp_path)):
        assert not config.encoder_remote_code
        with pytest.raises(ValueError, match="runs code of its own"):
            TonadaForAudioClassification(config)


def test_leave_to_run_code_is_never_saved(tmp_path):
    TonadaConfig(encoder_remote_code=True).save_pretrained(tmp_path)
    assert not TonadaConfig.from_pretrained(tmp_path).encoder_remote_code
    assert TonadaConfig.from_pretrained(tmp_path, encoder_remote_code=True).encoder_remote_code


def test_music_attention_conv_has_the_layers_of_its_source():
    torch.manual_seed(0)
    config = TonadaConfig.preset("music_attention_conv", **two_labels())
    network = TonadaAttentionConvEncoder(config, 128).eval()
    # Keras' count of the source's code: attention 4 * (128 * 128 + 128), batch norm 2 * 128 learned, convolutions
    # 3 * 128 * 64 + 64 and 3 * 64 * 128 + 128, dense 128 * 64 + 64; its last unit of 65 is the model's head.
    learned = 4 * (128 * 128 + 128) + 256 + (3 * 128 * 64 + 64) + (3 * 64 * 128 + 128) + (128 * 64 + 64)
    assert sum(parameter.numel() for parameter in network.parameters()) == learned
    reference = torch.nn.MultiheadAttention(128, 2, batch_first=True).eval()
    with torch.no_grad():
        asked = (network.query, network.key, network.value)
        reference.in_proj_weight.copy_(torch.cat([each.weight for each in asked]))
        reference.in_proj_bias.copy_(torch.cat([each.bias for each in asked]))
        reference.out_proj.weight.copy_(network.output.weight)
        reference.out_proj.bias.copy_(network.output.bias)
        steps = torch.randn(4, 10, 128)
        features = reference(steps, steps, steps)[0].mT
        features = torch.nn.functional.max_pool1d(network.first(network.norm(features)).relu(), 2)
        expected = network.last(network.second(features).relu().mean(-1)).relu()
        torch.testing.assert_close(network(steps, None).embedding, expected)


@pytest.mark.parametrize(
    ("preset", "heard"),
    [
        ("default", {"spectrogram": (1, 1, 1, 80, 40), "frame_mask": (1, 1, 40), "descriptors": (1, 1, 90)}),
        ("jia2022", {"spectrogram": (1, 1, 4, 512, 512), "frame_mask": (1, 1, 512), "descriptors": (1, 1, 90)}),
        ("bag_of_songs", {"descriptors": (1, 1, 32)}),
        ("music_attention_conv", {"embeddings": (1, 1, 10, 128)}),
    ],
)
def test_a_preset_takes_the_shape_of_its_source(preset, heard):
    model = TonadaForAudioClassification(TonadaConfig.preset(preset, **two_labels())).eval()
    given = {name: torch.ones(shape) for name, shape in heard.items()}
    with torch.no_grad():
        assert model(segment_mask=torch.ones(1, 1), **given).logits.shape == (1, 2)


def test_an_unknown_preset_lists_what_there_is():
    with pytest.raises(ValueError, match="default, jia2022, bag_of_songs, music_attention_conv"):
        TonadaConfig.preset("resnet")


def test_given_embeddings_are_cut_into_segments_with_a_mask():
    extractor = TonadaFeatureExtractor(branches=["embeddings"], embedding_rate=1.0, segment_seconds=10)
    songs = [np.random.default_rng(0).standard_normal((24, 128)), np.ones((4, 128))]
    heard = extractor(songs, return_tensors="pt")
    assert heard["embeddings"].shape == (2, 3, 10, 128)
    assert heard["step_mask"].sum(-1).tolist() == [[10, 10, 4], [4, 0, 0]]
    assert heard["segment_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    np.testing.assert_allclose(heard["embeddings"][0, 1], songs[0][10:20], rtol=1e-6)


@pytest.mark.parametrize("given", [np.ones(128), np.full((10, 128), np.nan), np.ones((0, 128))])
def test_what_are_no_embeddings_is_refused_in_words(given):
    with pytest.raises(ValueError, match=r"\(steps, width\)|not finite"):
        TonadaFeatureExtractor(branches=["embeddings"])(given)
