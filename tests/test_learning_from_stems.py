"""A model that learned from stems: trained from a recipe, loaded, separated for, and never taken for one of the mix."""

import csv

import numpy as np
import pytest
import soundfile
from conftest import RATE, last_json, noise, run_python
from known_mixes import gliding_voice, looped_chords

from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.training import train
from tonada.listening.listener import Listener
from tonada.listening.separation import METHODS, Method
from tonada.proving.predictions import read_predictions
from tonada.sharing.folders import save_trained

RECIPE = """
name: of-stems
data: {script: emotion_4qaed, folder: songs, folds: 3}
features: {segment_seconds: 3.0, num_mel_bins: 16, stems: [voice, accompaniment], separation: repet-sim}
model: {conv_channels: [4, 4, 4], lstm_hidden_size: 8, attention_heads: 2, dnn_sizes: [16, 8]}
training: {epochs: 2, batch_size: 4, masked_mels: 2, masked_frames: 10}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve songs of six artists, sung over chords or over noise."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "songs" / "audio").mkdir(parents=True)
    with (folder / "songs" / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "quadrant", "song_id", "artist"])
        for index in range(12):
            sound = gliding_voice(6) * (1 + index) / 12 + (noise(6, index) if index % 2 else looped_chords(6))
            soundfile.write(folder / "songs" / "audio" / f"{index}.wav", sound, RATE, subtype="FLOAT")
            quadrant = "Q2" if index % 2 else "Q4"
            table.writerow([f"audio/{index}.wav", quadrant, f"S{index}", f"Artist {index // 2}"])
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def trained(folder):
    return train(load_recipe(folder / "recipe.yaml"), folder)


@pytest.fixture(scope="module")
def saved(folder, trained, tmp_path_factory):
    output = tmp_path_factory.mktemp("saved")
    save_trained(trained, load_recipe(folder / "recipe.yaml"), folder / "recipe.yaml", output)
    return output


def test_stems_are_channels_and_columns_of_the_trained_model(trained):
    assert (trained.model.config.num_channels, trained.model.config.num_descriptors) == (2, 180)
    assert trained.model.tonada.spectrogram_encoder.mean.shape == (2, 16, 1)


def test_what_was_separated_for_training_is_not_separated_again(folder, trained, monkeypatch):
    monkeypatch.setitem(METHODS, "repet-sim", Method(("voice", "accompaniment"), None))
    again = train(load_recipe(folder / "recipe.yaml"), folder)
    assert again.predictions == trained.predictions


def test_the_saved_model_hears_songs_as_the_trained_one_did(folder, saved):
    listener = Listener.from_pretrained(str(saved))
    for expected in read_predictions(saved / "predictions" / "of-stems.csv")[:3]:
        answer = listener.listen(folder / "songs" / "audio" / f"{expected.song_id[1:]}.wav")
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=1e-4)


def test_its_card_says_what_it_hears_and_sends_nobody_to_the_pipeline(saved):
    card = (saved / "README.md").read_text()
    assert "hears voice and accompaniment, separated by repet-sim" in card
    assert "pipeline_tag" not in card
    assert "trust_remote_code" not in card


@pytest.fixture(scope="module")
def stranger(folder, saved, tmp_path_factory):
    """What anybody who finds the model gets of it, in a process where Tonada cannot be imported."""
    here = tmp_path_factory.mktemp("stranger")
    np.save(here / "stems.npy", np.stack([gliding_voice(6), looped_chords(6)]))
    code = f"""
import json, logging
import numpy as np
import soundfile
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification, pipeline
records = []
logging.getLogger().addHandler(type("Keep", (logging.Handler,), {{"emit": lambda _, record: records.append(record)}})())
pipe = pipeline("audio-classification", model={str(saved)!r}, trust_remote_code=True)
try:
    pipe(soundfile.read({str(folder / "songs" / "audio" / "0.wav")!r}, dtype="float32")[0])
except ValueError as error:
    said = [str(error), [record.getMessage() for record in records]]
where = {{"pretrained_model_name_or_path": {str(saved)!r}, "trust_remote_code": True}}
extractor = AutoFeatureExtractor.from_pretrained(**where)
model = AutoModelForAudioClassification.from_pretrained(**where).eval()
heard = extractor(np.load("stems.npy"), sampling_rate={RATE}, return_tensors="pt")
print(json.dumps([*said, model(**heard).logits.exp().sum().item()]))
"""
    return last_json(run_python(code, here))


def test_the_stock_pipeline_is_told_that_it_cannot_separate(stranger):
    error, warnings, _ = stranger
    assert "this model hears stems and not a mix" in error
    assert "tonada classify" in error
    assert sum("stock pipeline cannot separate" in warning for warning in warnings) == 1


def test_the_saved_folder_takes_stems_without_tonada(stranger):
    """Whoever separates by other means may ask the model itself."""
    assert stranger[2] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("features", "says"),
    [("{stems: [voice]}", "separation"), ("{stems: [voice], separatoin: repet-sim}", "did you mean 'separation'")],
)
def test_a_recipe_of_stems_that_is_not_whole_is_refused(tmp_path, features, says):
    (tmp_path / "recipe.yaml").write_text(
        f"name: x\ndata: {{script: emotion_4qaed, folder: x}}\nfeatures: {features}\n"
    )
    with pytest.raises(RecipeError, match=says):
        load_recipe(tmp_path / "recipe.yaml")
