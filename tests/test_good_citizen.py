"""What people do with a transformers model works with this one: export, compile, checkpointing, states, old files."""

import json

import pytest
import torch
from conftest import RATE, new_model, songs_of_different_lengths
from freeze import FROZEN
from safetensors.torch import load_file, save_file
from tonada.modeling import TonadaForAudioClassification
from tonada.modeling.sparse_weights_tonada import ATTENTION_MODES

TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def heard(extractor):
    return dict(extractor(songs_of_different_lengths(), sampling_rate=RATE, return_tensors="pt"))


QUICK = ("topk", "softmax")
SLOW = [pytest.param(mode, marks=pytest.mark.slow) for mode in ATTENTION_MODES if mode not in QUICK]


@pytest.mark.parametrize("mode", [*QUICK, *SLOW])
def test_an_exported_program_answers_as_the_model_for_any_number_of_songs_and_segments(heard, mode):
    model = new_model(attention_mode=mode)
    songs, segments = (torch.export.Dim(name, min=2, max=64) for name in ("songs", "segments"))
    shapes = {name: {0: songs, 1: segments} for name in heard}
    program = torch.export.export(model, (), kwargs=heard, dynamic_shapes=shapes).module()
    fewer = {name: tensor[1:4, :3] for name, tensor in heard.items()}
    for given in (heard, fewer):
        with torch.no_grad():
            torch.testing.assert_close(program(**given).logits, model(**given).logits, atol=TOLERANCE, rtol=0)


def test_a_compiled_model_is_one_graph_and_answers_as_before(model, heard):
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    with torch.no_grad():
        torch.testing.assert_close(compiled(**heard).logits, model(**heard).logits, atol=TOLERANCE, rtol=0)


def test_gradient_checkpointing_keeps_less_and_changes_no_gradient(heard):
    kept, gradients = [], []
    for checkpointing in (False, True):
        model = new_model(dropout=0.0).train()
        if checkpointing:
            model.gradient_checkpointing_enable()
        kept.append(0)

        def keep(tensor):
            kept[-1] += tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = model(**heard, labels=torch.tensor([0, 1, 2, 3, 0])).loss
        loss.backward()
        gradients.append([parameter.grad for parameter in model.parameters()])
    assert kept[1] < 0.95 * kept[0]
    for plain, checkpointed in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, checkpointed)


def test_states_and_attentions_come_when_they_are_asked_for(model, heard):
    plain, full = model(**heard), model(**heard, output_hidden_states=True, output_attentions=True)
    assert plain.hidden_states is None
    assert plain.attentions is None
    steps, descriptors = full.hidden_states
    assert steps.shape == (5, 5, 54, model.config.step_size)
    assert descriptors.shape == (5, 5, 1, model.config.dnn_sizes[-1])
    assert full.attentions[0].shape == (5, 5, model.config.attention_heads, 54, 54)
    torch.testing.assert_close(full.logits, plain.logits)


def test_the_model_changes_none_of_what_it_is_given(heard):
    before = {name: tensor.clone() for name, tensor in heard.items()}
    model = new_model().train()
    model(**heard, labels=torch.tensor([0, 1, 2, 3, 0])).loss.backward()
    assert all(torch.equal(heard[name], tensor) for name, tensor in before.items())


def test_asking_twice_gives_the_same_bits(model, heard):
    with torch.no_grad():
        assert torch.equal(model(**heard).logits, model(**heard).logits)


@pytest.fixture
def saved(model, tmp_path):
    model.save_pretrained(tmp_path)
    return tmp_path


def test_a_config_of_before_a_field_existed_loads_with_its_default(saved, model, heard):
    settings = json.loads((saved / "config.json").read_text())
    for field in ("attention_placement", "embedding_width", "encoder_layer", "abstain_below"):
        del settings[field]
    (saved / "config.json").write_text(json.dumps(settings))
    again = TonadaForAudioClassification.from_pretrained(saved)
    with torch.no_grad():
        assert torch.equal(again(**heard).logits, model(**heard).logits)


def test_a_config_with_a_field_of_a_later_version_loads(saved, model, heard):
    settings = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps({**settings, "ears": 3}))
    with torch.no_grad():
        assert torch.equal(TonadaForAudioClassification.from_pretrained(saved)(**heard).logits, model(**heard).logits)


def test_a_checkpoint_without_one_of_its_weights_is_refused_and_not_filled_with_noise(saved):
    tensors = load_file(saved / "model.safetensors")
    del tensors["tonada.spectrogram_encoder.lstm.weight_hh_l0"]
    save_file(tensors, saved / "model.safetensors", {"format": "pt"})
    with pytest.raises(ValueError, match="lacks 1 of the weights"):
        TonadaForAudioClassification.from_pretrained(saved)


def test_a_body_alone_may_be_given_a_new_classifier(model, tmp_path):
    model.tonada.save_pretrained(tmp_path)
    again = TonadaForAudioClassification.from_pretrained(tmp_path)
    expected = model.tonada.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in again.tonada.state_dict().items())


def test_a_frozen_model_answers_as_on_the_day_it_was_frozen():
    """Made by tests/freeze.py; a change that this notices is a new version of the model."""
    model = TonadaForAudioClassification.from_pretrained(FROZEN)
    with torch.no_grad():
        output = model(**load_file(FROZEN / "features.safetensors"))
    for name, expected in load_file(FROZEN / "outputs.safetensors").items():
        torch.testing.assert_close(output[name], expected, atol=TOLERANCE, rtol=0)
