"""Cross-validated training: every song answered once by a model that saw none of its group, then one taught by all."""

import json
import shutil
from dataclasses import replace

import pytest
from commands import tonada
from conftest import ROOT
from test_learning import RECIPE, folder  # noqa: F401  (a fixture)
from tonada.datasets_scripts import splits

from tonada.evaluating.unheard import told_by_training
from tonada.learning.calibration import fold_by_fold
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.training import train
from tonada.proving.conformal import coverage_fold_by_fold, scores_of, told_coverage
from tonada.proving.predictions import Prediction
from tonada.sharing.folders import save_trained

CROSSVALIDATED = RECIPE.replace("patience: 15, ", "").replace("epochs: 15", "epochs: 10") + (
    "report: {crossvalidate: true}\n"
)


@pytest.fixture(scope="module")
def recipe_file(folder):  # noqa: F811
    path = folder / "crossvalidated.yaml"
    path.write_text(CROSSVALIDATED)
    return path


@pytest.fixture(scope="module")
def trained(folder, recipe_file):  # noqa: F811
    return train(load_recipe(recipe_file), folder)


def test_every_song_is_answered_once_and_by_its_own_fold(trained):
    assert set(trained.predictions) == {"tiny", "majority", "logistic-regression"}
    for answers in trained.predictions.values():
        assert len(answers) == len({each.song_id for each in answers}) == 24
        assert all(each.split == f"fold {trained.split.parts[each.song_id]}" for each in answers)


def test_no_group_is_answered_in_two_folds(trained):
    homes: dict[str, set[str]] = {}
    for each in trained.predictions["tiny"]:
        homes.setdefault(each.group, set()).add(each.split)
    assert len(homes) == 8
    assert all(len(folds) == 1 for folds in homes.values())


def test_what_a_child_could_tell_apart_is_told_apart_in_every_fold(trained):
    own = trained.predictions["tiny"]
    assert sum(each.answer == each.truth for each in own) >= 20


def test_a_fold_is_answered_by_a_model_that_did_not_learn_from_it(folder, recipe_file, trained, tmp_path):  # noqa: F811
    """Other labels in fold 0 change what the other folds' songs are said to be, and not what its own are."""
    twisted = tmp_path / "songs"
    shutil.copytree(folder / "songs", twisted)
    table = (twisted / "metadata.csv").read_text().splitlines()
    in_first = {song for song, fold in trained.split.parts.items() if fold == "0"}
    swap = {"Q2": "Q1", "Q4": "Q3"}
    for number, line in enumerate(table[1:], start=1):
        cells = line.split(",")
        if cells[3] in in_first:
            table[number] = ",".join([cells[0], cells[1], swap[cells[2]], *cells[3:]])
    (twisted / "metadata.csv").write_text("\n".join(table) + "\n")
    trained.split.save(tmp_path / "split.json")
    recipe = load_recipe(recipe_file)
    recipe = replace(recipe, data=replace(recipe.data, deal="saved", split="split.json"))
    again = train(recipe, tmp_path).predictions["tiny"]
    before = {each.song_id: each.answer for each in trained.predictions["tiny"]}
    assert all(each.answer == before[each.song_id] for each in again if each.split == "fold 0")
    assert any(each.answer not in ("angry", "relaxed") for each in again if each.split != "fold 0")


def test_the_model_that_is_kept_says_it_learned_from_all(folder, recipe_file, trained, tmp_path):  # noqa: F811
    save_trained(trained, load_recipe(recipe_file), recipe_file, tmp_path)
    asked = ("evaluate", tmp_path, "emotion_4qaed", folder / "songs", "--report", tmp_path / "report")
    done = tonada(*asked)
    assert done.returncode == 2
    assert "the model learned from all of these songs" in done.stderr
    told = json.loads(tonada(*asked, "--split", "all", "--format", "json").stdout)
    assert not told["is_test"]
    card = (tmp_path / "README.md").read_text()
    assert "Each song was answered by a model that had learned from no song of its group" in card
    assert splits.load(tmp_path / "split.json").hash == trained.split.hash


def test_a_model_without_descriptors_has_its_baseline_from_the_same_bands(folder, tmp_path):  # noqa: F811
    path = tmp_path / "recipe.yaml"
    words = CROSSVALIDATED.replace("epochs: 10", "epochs: 1")
    path.write_text(words.replace("features: {", "features: {branches: [spectrogram], "))
    recipe = load_recipe(path)
    trained = train(recipe, folder)
    guessed = trained.predictions["logistic-regression"]
    assert sum(each.answer == each.truth for each in guessed) >= 20, "tones and noise differ in every band"
    save_trained(trained, recipe, path, tmp_path / "saved")
    assert "the same\nbands and their deviations, averaged" in (tmp_path / "saved" / "README.md").read_text()


def test_the_answers_to_songs_that_a_fold_left_out_are_what_later_ones_are_held_against(recipe_file, trained, tmp_path):
    save_trained(trained, load_recipe(recipe_file), recipe_file, tmp_path)
    told, answered = told_by_training(tmp_path), trained.predictions["tiny"]
    assert told["label"] == tuple(each.answer for each in answered)
    assert told["probability"] == pytest.approx([max(each.probabilities.values()) for each in answered], rel=1e-6)


def test_what_a_model_abstains_from_it_abstained_from_in_training_too(recipe_file, trained, tmp_path):
    save_trained(trained, load_recipe(recipe_file), recipe_file, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    for least, unknown in ((None, 0), (0.0, 0), (1.01, len(trained.predictions["tiny"]))):
        (tmp_path / "config.json").write_text(json.dumps({**config, "abstain_below": least}))
        assert told_by_training(tmp_path)["label"].count("unknown") == unknown


def test_official_sides_are_no_folds_to_cross_validate(folder, recipe_file, trained, tmp_path):  # noqa: F811
    trained.split.sides().save(folder / "sides.json")
    recipe = load_recipe(recipe_file)
    with pytest.raises(RecipeError, match="sides and no folds"):
        train(replace(recipe, data=replace(recipe.data, deal="saved", split="sides.json")), folder)


def test_patience_has_nothing_to_wait_for(tmp_path):
    (tmp_path / "recipe.yaml").write_text(CROSSVALIDATED.replace("epochs:", "patience: 3, epochs:"))
    with pytest.raises(RecipeError, match="leave out training's patience"):
        load_recipe(tmp_path / "recipe.yaml")


def overconfident(folds: int, songs: int) -> list[Prediction]:
    """Six answers in ten are right, all of them said to be 0.99 sure."""
    found = []
    for number in range(folds * songs):
        answer, truth = "a", "a" if number % 10 < 6 else "b"
        chances = {"a": 0.99, "b": 0.01} if answer == "a" else {"a": 0.01, "b": 0.99}
        found.append(Prediction(str(number), str(number), f"fold {number % folds}", 0, truth, chances))
    return found


def test_a_fold_is_calibrated_by_the_others():
    own = overconfident(5, 40)
    for each, before in zip(sorted(fold_by_fold(own), key=lambda each: int(each.song_id)), own, strict=True):
        assert each.answer == before.answer
        assert each.probabilities["a"] == pytest.approx(0.6, abs=0.05)


def test_sets_of_each_fold_are_fitted_on_the_others():
    coverage, size = coverage_fold_by_fold(fold_by_fold(overconfident(5, 40)))
    assert coverage == 1.0  # all songs look alike, so nine truths in ten take both labels
    assert size == 2.0


def test_sets_of_the_test_songs_are_fitted_on_validation():
    songs = [replace(each, split="validation" if each.split == "fold 0" else "test") for each in overconfident(2, 100)]
    told = told_coverage(songs)
    assert "fitted on validation, hold 1.000 [1.000, 1.000]" in told
    assert "2.00 of 2 labels" in told


def test_scores_are_logarithms_even_of_nothing():
    scores, truth = scores_of([Prediction("s", "g", "fold 0", 0, "b", {"a": 1.0, "b": 0.0})])
    assert scores.isfinite().all()
    assert truth.tolist() == [1]


def test_the_recipes_that_cross_validate_deal_enough_folds():
    for path in sorted((ROOT / "recipes").glob("*.yaml")):
        if "crossvalidate: true" in path.read_text():
            assert load_recipe(path).data.folds >= 3
