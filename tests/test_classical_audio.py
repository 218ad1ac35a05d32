"""A classical system over descriptors of audio: the classical folder and the network beside it answer alike."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from conftest import RATE, noise, tone

from tonada.learning.classical.export import save_network
from tonada.learning.classical.listening import ClassicalListener
from tonada.learning.classical.recipe import load_classical
from tonada.learning.classical.saving import save_classical
from tonada.learning.classical.training import train_classical
from tonada.listening.listener import Listener

RECIPE = """
kind: classical
name: sounds
data: {script: folder, folder: songs}
features: {set: bag32}
folds: 3
keep: linear
precision: 0.9
systems: {linear: {model: logistic_regression}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Nine tones and nine noises, and what a recipe makes of them."""
    folder = tmp_path_factory.mktemp("sounds")
    for number in range(9):
        for label, sound in (("hiss", noise(3.2, number)), ("tone", tone(200 + 90 * number, 3.2))):
            (folder / "songs" / label).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / "songs" / label / f"{number}.wav", sound, RATE)
    (folder / "recipe.yaml").write_text(RECIPE)
    model = train_classical(load_classical(folder / "recipe.yaml"), folder, folder).model
    save_classical(model, folder / "model", "")
    save_network(model, folder / "network")
    return folder


def test_the_folder_and_its_network_give_the_same_answer(folder):
    found = [(str(path), None) for path in sorted((folder / "songs").rglob("*.wav"))[::5]]
    own = list(ClassicalListener.from_pretrained(str(folder / "model")).listen_all(found))
    networks = list(Listener.from_pretrained(str(folder / "network")).listen_all(found))
    for classical, network in zip(own, networks, strict=True):
        assert classical.label == network.label == ("hiss" if "hiss" in classical.path else "tone")
        assert classical.probabilities == pytest.approx(network.probabilities, abs=1e-3)
        assert classical.duration == network.duration == pytest.approx(3.2)
        assert np.isclose(sum(classical.probabilities.values()), 1)


def test_from_the_saved_threshold_on_the_first_label_is_answered_however_likely_the_other(folder):
    song = str(folder / "songs" / "tone" / "0.wav")
    model = ClassicalListener.from_pretrained(str(folder / "model")).model
    assert 0 < model.threshold < 1
    chance = answer_to(song, model, folder).probabilities["hiss"]
    assert chance < 0.5
    for threshold, label in ((0.9 * chance, "hiss"), (1.1 * chance, "tone")):
        assert answer_to(song, replace(model, threshold=threshold), folder).label == label


def answer_to(song, model, folder):
    """What a model says of a song when it was saved and loaded."""
    save_classical(model, folder / "again", "")
    return next(ClassicalListener.from_pretrained(str(folder / "again")).listen_all([(song, None)]))


def test_a_file_that_is_no_sound_is_one_line(folder):
    (folder / "broken.wav").write_text("no sound")
    answer = next(
        ClassicalListener.from_pretrained(str(folder / "model")).listen_all([(str(folder / "broken.wav"), None)])
    )
    assert answer.label is None
    assert "broken.wav" in answer.message
