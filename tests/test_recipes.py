"""A recipe is read whole or refused with the key that is wrong and the nearest right one."""

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from tonada.learning.classical.recipe import is_classical
from tonada.learning.recipes import RecipeError, Training, load_recipe

GOOD = "name: x\ndata: {script: emotion_4qaed, folder: 4qaed}\n"


@pytest.fixture
def written(tmp_path):
    def write(text: str):
        (tmp_path / "recipe.yaml").write_text(text)
        return tmp_path / "recipe.yaml"

    return write


@pytest.mark.parametrize(
    "path",
    sorted(path for path in (ROOT / "recipes").glob("*.yaml") if not is_classical(path)),
    ids=lambda path: path.stem,
)
def test_every_recipe_of_the_repository_is_valid_and_named_after_its_file(path):
    assert load_recipe(path).name == path.stem


def test_what_is_left_out_has_a_default(written):
    assert load_recipe(written(GOOD)).training == Training()


@pytest.mark.parametrize(
    ("addition", "says"),
    [
        ("trainning: {}", "did you mean 'training'"),
        ("training: {epoch: 3}", "did you mean 'epochs'"),
        ("model: {dropuot: 0.1}", "did you mean 'dropout'"),
        ("features: {segment_second: 5}", "did you mean 'segment_seconds'"),
        ("model: 7", "model is 7"),
        ("model: [a", "is not YAML"),
        ("model: {num_mel_bins: 64}", "unknown key 'num_mel_bins'"),
        ("training: {epochs: ten}", "epochs is 'ten'; expected int"),
        ("training: {epochs: -1}", "cannot be negative"),
        ("training: {batch_size: 0}", "at least 1"),
        ("training: {learning_rate: .nan}", "cannot be negative"),
        ("features: {segment_seconds: ten}", "cannot be built"),
        ("model: {dropout: 1.5}", "below 1"),
        ("training: {seed: 2024-13-45}", "is not YAML"),
        ("training: {schedule: cosin}", "schedule is 'cosin'; choose among one_cycle, cosine"),
        ("training: {mixed_precision: no}", "mixed_precision is False; expected str"),
        ("training: {accumulate: 0}", "at least 1"),
        ("training: {frozen_epochs: 1}", "set encoder_unfrozen"),
        ("model: {preset: jia2023}", "no preset 'jia2023'; choose among default, jia2022"),
        ("model: {encoder: somebody/encoder}", "needs both the branch waveform"),
        ("features: {branches: [waveform]}", "needs both the branch waveform"),
        ("training: {epochs: 1}\ntraining: {epochs: 2}", "the key 'training' is there twice"),
        ("training: {epochs: 1, epochs: 2}", "the key 'epochs' is there twice"),
        ("training: {learning_rate: 5e-4}", "5.0e-4 as a number"),
        ("training: {learning_rate: ten}", "is 'ten'; expected int or float$"),
        ("training: {seed: 4294967296}", "below 2"),
        ("model: {encoder_unfrozen: 2}", "encoder_unfrozen, but no encoder"),
        ("model: {temperature: 2.0}", "unknown key 'temperature'"),
        ("teachers: {names: [[a]]}", "list some of"),
        (
            "teachers: {names: [fcn-mtat-layers], also: [{script: emotion_4qaed, folder: ./4qaed}]}",
            "held-out ones would be heard",
        ),
    ],
)
def test_a_wrong_key_is_refused_with_the_nearest_right_one(written, addition, says):
    with pytest.raises(RecipeError, match=says):
        load_recipe(written(GOOD + addition))


def test_an_unknown_deal_lists_those_there_are(written):
    with pytest.raises(RecipeError, match="choose among even, hashed, extended, random, official, saved"):
        load_recipe(written("name: x\ndata: {script: emotion_4qaed, folder: 4qaed, deal: cards}"))


@pytest.mark.parametrize(("deal", "says"), [("deal: saved", "no split"), ("split: s.json", "does not read")])
def test_a_split_and_its_deal_belong_together(written, deal, says):
    with pytest.raises(RecipeError, match=says):
        load_recipe(written(f"name: x\ndata: {{script: emotion_4qaed, folder: 4qaed, {deal}}}"))


def test_two_folds_are_too_few_to_learn_validate_and_test(written):
    with pytest.raises(RecipeError, match="at least 3"):
        load_recipe(written("name: x\ndata: {script: emotion_4qaed, folder: 4qaed, folds: 2}"))


@pytest.mark.parametrize("name", ["a/b", "majority", ".."])
def test_a_name_that_is_no_file_of_its_own_is_refused(written, name):
    with pytest.raises(RecipeError, match="names a file"):
        load_recipe(written(GOOD.replace("name: x", f"name: {name}")))


def test_a_folder_is_no_recipe(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path)


def test_a_missing_key_is_named(written):
    with pytest.raises(RecipeError, match="lacks folder"):
        load_recipe(written("name: x\ndata: {script: emotion_4qaed}"))


@given(st.text(max_size=200))
def test_no_text_ends_in_a_traceback(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "random.yaml"
    path.write_text(text, encoding="utf-8", newline="", errors="replace")
    with pytest.raises(RecipeError):
        load_recipe(path)
