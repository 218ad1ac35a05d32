"""Source S2 whole: from files in AudioSet's form to the network's and the four models' answers."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tfrecords
from commands import tonada
from conftest import ROOT
from tonada.datasets_scripts import audioset_vggish
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaForAudioClassification

from tonada.learning.classical.recipe import load_classical
from tonada.learning.classical.training import train_classical
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.songs import rows_of
from tonada.learning.training import train
from tonada.listening.feature_cache import FeatureCache
from tonada.proving.predictions import Prediction, read_predictions
from tonada.sharing.folders import save_trained

SAMPLE = ROOT / "tests" / "data" / "audioset_vggish"
GUITAR, SPEECH = 2, 0  # of the sample's classes
NETWORK, MODELS = (ROOT / "recipes" / f"{name}.yaml" for name in ("music-audioset", "music-audioset-classical"))
CLIPS = {"bal_train": 120, "eval": 40}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Clips of three steps to ten: those of a guitar have larger numbers in half of the columns."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "audioset").mkdir()
    for name in ("class_labels_indices.csv", "ontology.json"):
        shutil.copy(SAMPLE / name, folder / "audioset")
    generator = np.random.default_rng(0)
    for part, count in CLIPS.items():
        clips = []
        for number in range(count):
            is_music = number % 3 == 0
            steps = generator.normal(128, 30, (int(generator.integers(3, 11)), 128))
            steps[:, :64] += 20 * is_music
            content = [row.tobytes() for row in steps.clip(0, 255).astype(np.uint8)]
            clips.append(tfrecords.clip(f"{part}{number}", [GUITAR if is_music else SPEECH], content))
        tfrecords.write(folder / "audioset" / "audioset_v1_embeddings" / part / "00.tfrecord", clips)
    return folder


@pytest.fixture(scope="module")
def saved(folder, tmp_path_factory) -> Path:
    recipe, output = load_recipe(NETWORK), tmp_path_factory.mktemp("saved") / "music"
    quick = replace(recipe, training=replace(recipe.training, epochs=12, learning_rate=0.003, tracker="none"))
    save_trained(train(quick, folder, FeatureCache(output.parent / "cache")), quick, NETWORK, output)
    return output


def right(answers: list[Prediction]) -> float:
    return np.mean([each.answer == each.truth for each in answers])


def test_the_network_answers_the_test_clips_and_a_fifth_of_the_others_validates(saved):
    answers = read_predictions(saved / "predictions" / "music-audioset.csv")
    of = {side: [each for each in answers if each.split == side] for side in ("validation", "test")}
    assert {each.song_id[:4] for each in of["test"]} == {"eval"}
    assert {side: len(found) for side, found in of.items()} == {"validation": CLIPS["bal_train"] // 5, "test": 40}
    assert right(of["test"]) > 0.9


def test_the_network_is_one_output_over_ten_steps(saved):
    model = TonadaForAudioClassification.from_pretrained(saved).eval()
    assert model.config.single_output
    extractor = TonadaFeatureExtractor.from_pretrained(saved)
    steps = [audioset_vggish.scaled([[255] * 128] * count) for count in (3, 10)]
    heard = extractor(steps, return_tensors="pt")
    assert heard["embeddings"].shape == (2, 1, 10, 128)
    assert model(**heard).logits.exp().sum(-1).tolist() == pytest.approx([1, 1])


def test_the_card_sends_nobody_to_the_pipeline_and_shows_what_works(saved):
    text = (saved / "README.md").read_text()
    assert "library_name: tonada" in text
    assert "pipeline(" not in text
    assert "10-second segments of embeddings" in text
    shown = text.split("```python\n")[1].split("```")[0].replace("THIS FOLDER OR ITS HUB ID", str(saved))
    for extra, label in ((20, "music"), (0, "non_music")):
        found = {"steps": audioset_vggish.scaled([[128 + extra] * 64 + [128] * 64] * 10)}
        exec(shown, found)
        assert found["model"].config.id2label[found["probabilities"].argmax().item()] == label


def test_a_song_is_refused_in_one_line_by_a_model_of_embeddings_that_nobody_makes_here(saved, examples):
    done = tonada("classify", examples[0], "--model", saved)
    assert done.returncode == 2
    assert "does not say whose" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_models_answer_every_clip_by_folds(folder, tmp_path):
    recipe = load_classical(MODELS)
    few = {name: system for name, system in recipe.systems.items() if name in ("logistic", "linear-svm")}
    trained = train_classical(replace(recipe, systems=few), folder, tmp_path)
    assert right(trained.predictions["logistic"]) > 0.9
    assert len(trained.predictions["linear-svm"]) == sum(CLIPS.values())


def test_recordings_cannot_be_joined_with_embeddings(folder):
    data = replace(load_recipe(NETWORK).data, also=({"script": "audioset_vggish", "folder": "audioset"},))
    with pytest.raises(RecipeError, match="joined with nothing"):
        rows_of(data, folder)
