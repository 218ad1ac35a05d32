"""What `tonada inspect` counts is what the formulas say."""

import pytest
from commands import tonada
from conftest import RATE, noise

from tonada.proving.cost import cost_of


def test_multiply_adds_are_those_of_the_layers_formulas(model, extractor):
    parts = {part.name: part for part in cost_of(model, extractor(noise(10), sampling_rate=RATE, return_tensors="pt"))}
    steps, width = 54, 256  # three poolings of 431 frames; both directions of the LSTM
    by_hand = {
        "spectrogram_encoder.blocks": 9 * (80 * 431 * 16 + 40 * 216 * 16 * 32 + 20 * 108 * 32 * 48),
        "spectrogram_encoder.lstm": 2 * steps * 4 * 128 * (480 + 128),
        "descriptor_encoder.layers": 90 * 256 + 256 * 128 + 128 * 64,
        "classifier": 320 * 4,
    }
    assert {name: parts[name].multiply_adds for name in by_hand} == by_hand
    projections, scores = 4 * steps * width * width, 2 * steps * steps * width
    assert parts["spectrogram_encoder.attention"].multiply_adds == pytest.approx(projections + scores, rel=0.01)


def test_every_parameter_is_in_one_part(model, extractor):
    parts = cost_of(model, extractor(noise(10), sampling_rate=RATE, return_tensors="pt"))
    assert sum(part.parameters for part in parts) == sum(each.numel() for each in model.parameters())


def test_the_command_says_what_the_bundled_model_is_made_of():
    done = tonada("inspect")
    assert done.returncode == 0
    assert "happy, sad, relaxed, angry" in done.stdout
    assert "spectrogram_encoder.lstm" in done.stdout
    assert "all" in done.stdout.splitlines()[-1]


def test_what_cannot_be_inspected_is_one_line():
    done = tonada("inspect", "no-such-folder")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
