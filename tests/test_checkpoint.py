"""The bundled checkpoint is small, safe, two-branched and sparse; its card's figures come from recorded predictions."""

import json

import pytest
import torch
from conftest import RATE, ROOT
from safetensors import safe_open
from tonada.datasets_scripts import emotion_4qaed, provenance, splits
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaForAudioClassification

from tonada.learning.recipes import load_recipe
from tonada.listening.decoding import decode
from tonada.listening.listener import Listener
from tonada.proving.predictions import HELD_OUT, read_predictions
from tonada.proving.scores import macro_f1
from tonada.proving.tables import load_systems, results_page

RESULTS = ROOT / "docs" / "results"


@pytest.fixture(scope="module")
def emotion(bundled) -> TonadaForAudioClassification:
    return TonadaForAudioClassification.from_pretrained(bundled).eval()


def test_it_is_at_most_five_megabytes_of_safetensors_and_runs_no_code(bundled):
    assert (bundled / "model.safetensors").stat().st_size <= 5_000_000
    assert {path.suffix for path in bundled.iterdir()} == {".json", ".safetensors", ".md", ".yaml"}


def test_every_tensor_is_finite(bundled):
    with safe_open(bundled / "model.safetensors", "pt") as file:
        assert all(file.get_tensor(name).isfinite().all() for name in file.keys())  # noqa: SIM118


def test_both_branches_and_sparse_attention_are_active(emotion, bundled, examples):
    config = emotion.config
    assert config.branches == ("spectrogram", "descriptors")
    assert config.attention_mode == "topk"
    extractor = TonadaFeatureExtractor.from_pretrained(bundled)
    songs = [decode(path, RATE) for path in examples]
    heard = extractor(songs, sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        expected = emotion(**heard).logits.exp()
        for branch in config.branches:
            average = {**heard, branch: heard[branch].mean(dim=(0, 1), keepdim=True).expand_as(heard[branch])}
            assert (emotion(**average).logits.exp() - expected).abs().max() > 0.02, branch
        emotion.tonada.spectrogram_encoder.attention.mode = "softmax"
        assert (emotion(**heard).logits.exp() - expected).abs().max() > 1e-3
        emotion.tonada.spectrogram_encoder.attention.mode = "topk"


def test_the_examples_do_not_all_get_one_answer(bundled, examples):
    listener = Listener.bundled("emotion")
    assert len({listener.listen(path).label for path in examples}) >= 2


def test_validation_macro_f1_is_at_least_one_half():
    own = [each for each in read_predictions(RESULTS / "emotion" / "emotion.csv") if each.split == "validation"]
    assert macro_f1([each.truth for each in own], [each.answer for each in own]) >= 0.50


def test_the_results_page_and_the_card_are_computed_from_the_recorded_predictions(bundled):
    page = results_page(RESULTS)
    assert (ROOT / "docs" / "results.md").read_text() == page
    row = next(line for line in page.splitlines() if line.startswith("| emotion |"))
    assert row in (bundled / "README.md").read_text()


def test_no_artist_is_in_validation_and_test():
    for name, predictions in load_systems(RESULTS / "emotion").items():
        sides = [{each.group for each in predictions if each.split == split} for split in ("validation", "test")]
        assert not sides[0] & sides[1], name


def test_its_recipe_and_its_split_are_those_of_the_recorded_predictions(bundled):
    assert (bundled / "recipe.yaml").read_bytes() == (ROOT / "recipes" / "emotion.yaml").read_bytes()
    split = splits.load(bundled / "split.json")
    recorded = {each.song_id: each.split for each in read_predictions(RESULTS / "emotion" / "emotion.csv")}
    assert {song: part for song, part in split.parts.items() if part in HELD_OUT} == recorded


def test_the_recorded_predictions_are_the_checkpoints(data):
    listener = Listener.bundled("emotion")
    for expected in read_predictions(RESULTS / "emotion" / "emotion.csv")[::12]:
        answer = listener.listen(data / "4qaed" / "audio" / f"{expected.song_id}.ogg")
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=1e-3), expected.song_id


def test_the_recorded_splits_are_those_that_the_recipe_deals(data, tmp_path):
    recipe = load_recipe(ROOT / "recipes" / "emotion.yaml")
    rows = emotion_4qaed.load(data / recipe.data.folder, cache_dir=tmp_path)
    split = splits.even(rows, recipe.data.folds, recipe.data.seed).sides()
    dealt = {song: (part, split.groups[song]) for song, part in split.parts.items() if part in HELD_OUT}
    for name, predictions in load_systems(RESULTS / "emotion").items():
        assert {each.song_id: (each.split, each.group) for each in predictions} == dealt, name


def test_its_config_names_labels_and_calibration(bundled):
    config = json.loads((bundled / "config.json").read_text())
    assert sorted(config["label2id"]) == ["angry", "happy", "relaxed", "sad"]
    assert config["temperature"] > 0
    assert 0 < config["conformal_quantile"] < 1


def test_the_split_that_it_names_is_the_one_beside_it(bundled):
    named = provenance.load(bundled / provenance.FILE)
    assert named.split == splits.load(bundled / "split.json").hash
    assert str(named).rpartition("; ")[2] in (bundled / "README.md").read_text()
