"""A model of embeddings that another network makes: trained from a recipe, saved, and asked of a file."""

import csv

import numpy as np
import pytest
import soundfile
import soxr
import torch
from commands import tonada
from conftest import noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.embedding.embedders import Embedder, save_weights
from tonada.embedding.published import EMBEDDERS
from tonada.learning.recipes import load_recipe
from tonada.learning.training import train
from tonada.listening.inputs import InputError, as_heard, check_input_of
from tonada.listening.listener import Listener, ModelError
from tonada.proving.predictions import read_predictions
from tonada.sharing.folders import save_trained

RATE = 16_000
RECIPE = """
name: of-embeddings
data: {script: emotion_4qaed, folder: songs, folds: 3}
features:
  {sampling_rate: 16000, max_frequency: null, branches: [embeddings], embedder: musicnn-msd, embedding_seconds: 2.976,
   segment_seconds: 3.0, shortest_seconds: 1.0}
model: {embedding_hidden_size: 16, attention_heads: 2, attention_top_k: 2}
training: {epochs: 2, batch_size: 4}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve songs of six artists, tones or noise, and a network of chance in the folder of weights."""
    folder = tmp_path_factory.mktemp("data")
    torch.manual_seed(0)
    save_weights(Embedder("musicnn-msd", EMBEDDERS["musicnn-msd"].network()), folder / "weights" / "musicnn-msd")
    (folder / "songs" / "audio").mkdir(parents=True)
    with (folder / "songs" / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "quadrant", "song_id", "artist"])
        for index in range(12):
            sound = noise(7, index, rate=RATE) if index % 2 else tone(220 + 20 * index, 7, RATE)
            soundfile.write(folder / "songs" / "audio" / f"{index}.wav", sound, RATE, subtype="FLOAT")
            quadrant = "Q2" if index % 2 else "Q4"
            table.writerow([f"audio/{index}.wav", quadrant, f"S{index}", f"Artist {index // 2}"])
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def weights(folder):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TONADA_WEIGHTS", str(folder / "weights" / "musicnn-msd"))
        yield


@pytest.fixture(scope="module")
def saved(folder, weights, tmp_path_factory):
    recipe, output = load_recipe(folder / "recipe.yaml"), tmp_path_factory.mktemp("saved")
    save_trained(train(recipe, folder), recipe, folder / "recipe.yaml", output)
    return output


def test_the_saved_model_embeds_and_hears_files_as_in_training(folder, saved):
    listener = Listener.from_pretrained(str(saved))
    assert listener.model.config.embedding_width == EMBEDDERS["musicnn-msd"].width
    for expected in read_predictions(saved / "predictions" / "of-embeddings.csv")[:3]:
        answer = listener.listen(folder / "songs" / "audio" / f"{expected.song_id[1:]}.wav")
        assert list(answer.probabilities.values()) == pytest.approx(list(expected.probabilities.values()), abs=1e-4)
        heard = [(each.start, each.end) for each in answer.segments]
        assert heard == [pytest.approx(times, abs=0.05) for times in ((0, 5), (3, 7))]  # an embedding hears 3 s


def test_its_baseline_hears_the_same_embeddings(folder, weights, tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("epochs: 2", "epochs: 1") + "report: {crossvalidate: true}\n")
    recipe = load_recipe(tmp_path / "recipe.yaml")
    save_trained(train(recipe, folder), recipe, tmp_path / "recipe.yaml", tmp_path / "saved")
    guessed = read_predictions(tmp_path / "saved" / "predictions" / "logistic-regression.csv")
    assert len(guessed) == 12
    card = (tmp_path / "saved" / "README.md").read_text()
    assert "| logistic-regression |" in card
    assert "the same\nembeddings, averaged over the song" in card


def test_its_card_sends_nobody_to_the_pipeline(saved):
    card = (saved / "README.md").read_text()
    assert "hears embeddings by musicnn-msd" in card
    assert "pipeline_tag" not in card


def test_an_embedder_hears_a_lower_rate_without_what_lies_above_it(weights):
    sound = tone(300, 7, 8_000) + 0.3 * noise(7, 1, rate=8_000)
    told = {"branches": ["embeddings"], "embedder": "musicnn-msd", "embedding_seconds": 2.976, "segment_seconds": 3.0}
    lower = as_heard(sound, TonadaFeatureExtractor(sampling_rate=8_000, max_frequency=None, **told))
    own = as_heard(
        soxr.resample(sound, 8_000, RATE), TonadaFeatureExtractor(sampling_rate=RATE, max_frequency=None, **told)
    )
    np.testing.assert_allclose(lower, own, atol=1e-5)
    schemas = {
        TonadaFeatureExtractor(sampling_rate=rate, max_frequency=None, **told).feature_schema["hash"]
        for rate in (8_000, RATE)
    }
    assert len(schemas) == 2


def test_an_embedder_refuses_a_higher_rate_than_its_own(weights):
    told = {"branches": ["embeddings"], "embedder": "musicnn-msd", "embedding_seconds": 2.976, "segment_seconds": 3.0}
    with pytest.raises(InputError, match="sampling_rate is 44100, but musicnn-msd hears 16000 Hz"):
        check_input_of(TonadaFeatureExtractor(sampling_rate=44_100, max_frequency=None, **told))


def test_training_without_the_embedders_weights_is_one_line(folder, monkeypatch, tmp_path):
    monkeypatch.delenv("TONADA_WEIGHTS", raising=False)
    done = tonada("train", folder / "recipe.yaml", "--data", folder, folder=tmp_path)
    assert done.returncode != 0
    assert "pip download --no-deps musicnn" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_embedders_weights_the_model_says_what_is_missing(saved, monkeypatch):
    monkeypatch.delenv("TONADA_WEIGHTS")
    with pytest.raises(ModelError, match="pip download --no-deps musicnn"):
        Listener.from_pretrained(str(saved))
