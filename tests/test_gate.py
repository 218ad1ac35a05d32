"""A music detector hears a song first: speech and noise are answered *not music*, and music goes on to the model."""

import io
import json

import pytest
import soundfile
import torch
from conftest import RATE, new_model, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification
from typer.testing import CliRunner

from tonada.listening.listener import Listener, ModelError
from tonada_cli import app

GATE_RATE = 16000
NAMES = ["music", "speech", "noise"]
PARENTS = {"speech": "non_music", "noise": "non_music"}


def detector(names, parents) -> TonadaForAudioClassification:
    """A detector of music that takes tones for it, and noise for the last of its labels."""
    torch.manual_seed(0)
    config = TonadaConfig(
        id2label=dict(enumerate(names)),
        label2id={name: index for index, name in enumerate(names)},
        parents=parents,
        branches=("descriptors",),
        dropout=0.0,
        dnn_sizes=(8,),
    )
    model = TonadaForAudioClassification(config).train()
    extractor = TonadaFeatureExtractor(branches=("descriptors",), sampling_rate=GATE_RATE, max_frequency=8000.0)
    sounds = [tone(hertz, 6, GATE_RATE) for hertz in (220, 500, 900)] + [noise(6, n, rate=GATE_RATE) for n in range(3)]
    heard = extractor(sounds, sampling_rate=GATE_RATE, return_tensors="pt")
    encoder, columns = model.tonada.descriptor_encoder, heard["descriptors"][:, 0]
    encoder.mean.copy_(columns.mean(0))
    encoder.scale.copy_(columns.std(0).clamp(min=1e-6))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        model(**heard, labels=torch.tensor([0, 0, 0] + [len(names) - 1] * 3)).loss.backward()
        optimizer.step()
    return model.eval()


@pytest.fixture(scope="module")
def ears():
    return TonadaFeatureExtractor(branches=("descriptors",), sampling_rate=GATE_RATE, max_frequency=8000.0)


@pytest.fixture(scope="module", params=[(["non_music", "music"][::-1], {}), (NAMES, PARENTS)], ids=["flat", "tree"])
def gate(request, ears):
    return Listener(detector(*request.param), ears, "detector")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    soundfile.write(folder / "noise.wav", noise(12, 9), RATE)
    soundfile.write(folder / "tone.wav", tone(330, 12), RATE)
    return folder


@pytest.fixture(scope="module")
def listener(gate):
    extractor = TonadaFeatureExtractor(branches=("descriptors",))
    return Listener(new_model(branches=("descriptors",)), extractor, "mood", gate=gate)


def test_noise_is_not_music_and_a_line_says_who_says_so(listener, sounds):
    answer = listener.listen(sounds / "noise.wav", "noise.wav")
    assert (answer.status, answer.label, answer.probabilities) == ("not_music", None, None)
    assert answer.message.startswith("noise.wav: is not music, says detector (non_music ")
    assert answer.duration == pytest.approx(12)


def test_music_is_answered_as_without_a_gate(listener, sounds):
    without = Listener(listener.model, listener.extractor, "mood")
    assert listener.listen(sounds / "tone.wav") == without.listen(sounds / "tone.wav")


def test_what_is_given_as_bytes_or_as_an_open_file_passes_the_gate_too(listener, sounds):
    content = (sounds / "noise.wav").read_bytes()
    assert listener.listen(content).message.startswith("the audio given: is not music")
    assert listener.listen(io.BytesIO(content)).status == "not_music"


def test_of_what_is_no_music_no_stem_is_judged(listener, sounds):
    assert listener.listen(sounds / "noise.wav", stems="harmonic-percussive").stems == {}


def test_a_gate_that_knows_no_music_is_refused(listener):
    with pytest.raises(ModelError, match="it needs music and non_music, and has happy, sad"):
        Listener(listener.model, listener.extractor, "mood", gate=Listener(listener.model, listener.extractor, "mood"))


@pytest.mark.parametrize("format", ["table", "json"])
def test_the_command_says_not_music_and_that_is_an_answer(gate, ears, sounds, tmp_path, format):
    gate.model.save_pretrained(tmp_path / "detector")
    ears.save_pretrained(tmp_path / "detector")
    done = CliRunner().invoke(app, ["classify", str(sounds), "--gate", str(tmp_path / "detector"), "--format", format])
    assert done.exit_code == 0
    if format == "table":
        _, first, second = done.stdout.splitlines()
        assert first.split() == ["-", "-", "-", str(sounds / "noise.wav"), "(not", "music)"]
        assert second.endswith("tone.wav")
    else:
        assert [answer["status"] for answer in json.loads(done.stdout)] == ["not_music", "ok"]


def test_a_gate_that_is_not_there_is_one_line_and_exit_code_two(sounds):
    done = CliRunner().invoke(app, ["classify", str(sounds), "--gate", str(sounds / "nowhere")])
    assert done.exit_code == 2
    assert "nowhere cannot be loaded" in done.stderr
    assert len(done.stderr.splitlines()) == 1
