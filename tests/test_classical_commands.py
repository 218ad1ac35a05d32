"""Classical systems behind the same commands: a recipe and a table in, a folder and the usual answers out."""

import contextlib
import csv
import io
import json
import re
import shutil
import zipfile

import commands
import numpy as np
import pytest
import yaml
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from tonada.evaluating.unheard import told_by_training
from tonada.learning.classical.answering import answer_of, at_temperature, calibrated_probabilities
from tonada.learning.classical.models import MODELS, new_model
from tonada.learning.classical.recipe import TYPES, ClassicalRecipe, Songs, System, is_classical, load_classical
from tonada.learning.classical.rows import load_rows
from tonada.learning.classical.saving import (
    ClassicalModel,
    ClassicalModelError,
    load_classical_model,
    save_classical,
)
from tonada.learning.classical.systems import fit_system
from tonada.learning.classical.training import train_classical
from tonada.learning.recipes import RecipeError
from tonada.proving.number_tables import TableError
from tonada.proving.thresholds import threshold_for, threshold_for_recall

RECIPE = """
kind: classical
name: moods
data: {table: songs.csv, label: mood, group: artist, song_id: song_id}
folds: 3
repeats: 2
keep: vote
systems:
  bayes: {cap: 1.5, model: naive_bayes}
  boosted: {model: xgboost, settings: {n_estimators: 5}}
  machine: {model: linear_svm}
  vote: {vote: soft, of: [bayes, machine]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A recipe and a table of sixty songs by twenty artists, in which `tempo` and `level` tell the mood."""
    folder = tmp_path_factory.mktemp("classical")
    generator = np.random.default_rng(0)
    with (folder / "songs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["song_id", "artist", "mood", "tempo", "level", "noise"])
        for number in range(60):
            mood = number % 3
            tempo, level = generator.normal([[0, 0], [4, 0], [0, 4]][mood])
            writer.writerow(
                [f"s{number}", f"a{number // 3}", ["happy", "sad", "calm"][mood], tempo, level, generator.normal()]
            )
    (folder / "moods.yaml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def trained(folder):
    """What the command printed, and the folder it left."""
    return tonada("train", "moods.yaml", "--data", ".", "--output", "moods", folder=folder), folder / "moods"


def tonada(*arguments, folder, code=0):
    done = commands.tonada(*arguments, folder=folder)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.mark.parametrize(
    "path", sorted(filter(is_classical, (ROOT / "recipes").glob("*.yaml"))), ids=lambda path: path.stem
)
def test_every_classical_recipe_of_the_repository_is_valid_and_named_after_its_file(path):
    assert load_classical(path).name == path.stem


OWN = "{kind: classical, name: own, data: {table: own.csv}, folds: 3, keep: it, systems: {it: {%s}}}"
ROWS = [f"{number},{1 - number},{'happy' if number % 2 else 'sad'}" for number in range(24)]
BAYES = "model: naive_bayes"


@pytest.mark.parametrize(
    ("system", "rows", "said"),
    [
        (BAYES, [*ROWS, "1,2,"], "own.csv has no label in 1 rows, the first in row 25"),
        (BAYES, [row.replace("sad", "happy") for row in ROWS], "all songs are 'happy'"),
        (BAYES, [], "own.csv: has no rows"),
        ("cap: -2, model: naive_bayes", ROWS, "it: cap is -2; expected a number above 0"),
        ("select: 0, model: naive_bayes", ROWS, "it: select is 0"),
        ("model: knn, search: {candidates: 0, over: {n_neighbors: [1]}}", ROWS, "search needs 2 folds"),
        ("model: knn, settings: {n_neighbors: 99}", ROWS, "knn cannot answer: "),
        ("model: xgboost, settings: {nonsense: 1}", ROWS, "unexpected keyword argument 'nonsense'"),
        ("model: random_forest, settings: {class_weight: heavy}", ROWS, "random_forest: The 'class_weight' parameter"),
    ],
)
def test_what_cannot_be_learned_is_one_line_that_says_what_is_wrong(system, rows, said, tmp_path):
    (tmp_path / "own.csv").write_text("\n".join(["up,down,label", *rows, ""]))
    (tmp_path / "own.yaml").write_text(OWN % system)
    printed = tonada("train", "own.yaml", "--data", ".", "--output", "out", folder=tmp_path, code=2)
    assert said in printed.splitlines()[-1]
    assert "Traceback" not in printed


def test_an_infinity_is_a_number_that_is_missing(folder, trained):
    lines = (folder / "songs.csv").read_text().splitlines()
    cells = lines[1].split(",")
    place = lines[0].split(",").index("tempo")
    for value, name in (("inf", "infinite.csv"), ("1e300", "large.csv"), ("", "missing.csv")):
        cells[place] = value
        (folder / name).write_text("\n".join([lines[0], ",".join(cells), *lines[2:], ""]))
    said = {
        name: json.loads(tonada("classify", name, "--model", "moods", "--format", "json", folder=folder))
        for name in ("infinite.csv", "large.csv", "missing.csv")
    }
    answers = [[each["probabilities"] for each in found] for found in said.values()]
    assert answers[0] == answers[1] == answers[2]


def test_equal_rows_are_one_and_a_level_of_the_tree_can_be_learned():
    recipe = ClassicalRecipe("x", Songs("gtzan", "gtzan", level=1, unique=True), {}, "x")
    rows = load_rows(recipe, ROOT / "tests" / "data")
    assert rows.song_ids.tolist() == [
        f"{genre}.0000{number}.wav" for genre in ("blues", "classical", "rock") for number in (0, 1)
    ]
    assert [rows.names[label] for label in rows.labels] == ["non_classic"] * 2 + ["classic"] * 2 + ["non_classic"] * 2


def test_training_compares_every_system_with_the_baselines_and_answers_every_song_once_a_deal(trained):
    printed, folder = trained
    for name in ("majority", "logistic-regression", "bayes", "boosted", "machine", "vote"):
        assert f"| {name} |" in printed
        rows = list(csv.DictReader((folder / "predictions" / f"{name}.csv").open()))
        assert len(rows) == 120
        assert len({(row["song_id"], row["seed"]) for row in rows}) == 120
        home = {}
        assert all(home.setdefault((row["group"], row["seed"]), row["split"]) == row["split"] for row in rows)


def test_the_columns_that_tell_the_moods_are_worth_most_and_noise_nothing(trained):
    rows = {row["column"]: row for row in csv.DictReader((trained[1] / "importance.csv").open())}
    assert float(rows["tempo"]["sad"]) > 0.3 > abs(float(rows["noise"]["accuracy"]))
    assert float(rows["level"]["calm"]) > 0.3


def test_the_card_shows_the_figures_that_lie_beside_it(trained):
    card = (trained[1] / "README.md").read_text()
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", card)
    assert set(shown) == {path.name for path in trained[1].glob("*.png")}
    assert len(shown) == 4


def test_an_interrupted_run_goes_on_with_what_is_missing(folder, trained, tmp_path):
    recipe = load_classical(folder / "moods.yaml")
    first = train_classical(recipe, folder, tmp_path)
    kept = (tmp_path / "predictions" / "bayes.csv").stat().st_mtime_ns
    (tmp_path / "predictions" / "vote.csv").unlink()
    again = train_classical(recipe, folder, tmp_path)
    assert (tmp_path / "predictions" / "bayes.csv").stat().st_mtime_ns == kept
    assert [each.answer for each in again.predictions["vote"]] == [each.answer for each in first.predictions["vote"]]


@pytest.mark.parametrize("format", ["json", "csv", "table"])
def test_a_table_is_classified_in_every_format_of_classify(format, folder, trained):
    printed = tonada("classify", "songs.csv", "--model", "moods", "--format", format, folder=folder)
    if format == "json":
        answers = json.loads(printed)
        assert len(answers) == 60
        assert answers[0]["path"] == "songs.csv: s0"
        assert sum(answers[0]["probabilities"].values()) == pytest.approx(1)
        right = [a["label"] == ["happy", "sad", "calm"][n % 3] for n, a in enumerate(answers)]
        assert np.mean(right) > 0.9
    elif format == "csv":
        assert len(list(csv.DictReader(io.StringIO(printed)))) == 60
    else:
        assert len(printed.splitlines()) == 61


def test_new_answers_are_monitored_against_those_to_songs_that_training_held_out(folder, trained, tmp_path):
    _, saved = trained
    songs = tonada("classify", "songs.csv", "--model", "moods", "--format", "csv", folder=folder)
    (tmp_path / "new.csv").write_text(songs)
    header, *rows = songs.splitlines()
    all_calm = [row for row in rows if ",calm," in row]
    (tmp_path / "calm.csv").write_text("\n".join([header, *all_calm]) + "\n")
    told = tonada("monitor", tmp_path / "new.csv", "--against", saved, folder=folder)
    assert "2 columns compared" in told
    assert "label" not in told
    due = commands.tonada("monitor", tmp_path / "calm.csv", "--against", saved, folder=folder)
    assert due.returncode == 3
    assert "label (share of calm): 0.333 -> 1" in due.stdout


def test_what_was_held_out_is_told_once_and_as_sure_as_the_saved_model_is(folder, trained):
    _, saved = trained
    model = load_classical_model(saved)
    first_deal = [row for row in csv.DictReader((saved / "predictions" / "vote.csv").open()) if row["seed"] == "0"]
    chances = np.array([[float(row[label]) for label in model.labels] for row in first_deal]) ** (1 / model.temperature)
    told = told_by_training(saved)
    assert told["label"] == tuple(model.labels[place] for place in chances.argmax(1))
    assert told["probability"] == pytest.approx(chances.max(1) / chances.sum(1), rel=1e-3)


def test_columns_are_monitored_against_those_that_training_knew(folder, trained, tmp_path):
    _, saved = trained
    same = commands.tonada("monitor", folder / "songs.csv", "--against", saved, folder=folder)
    assert same.returncode == 0, same.stderr
    assert "3 columns compared, 0 drifted" in same.stdout
    rows = list(csv.DictReader((folder / "songs.csv").open()))
    with (tmp_path / "faster.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "tempo": float(row["tempo"]) + 5} for row in rows)
    due = commands.tonada("monitor", tmp_path / "faster.csv", "--against", saved, folder=folder)
    assert due.returncode == 3
    assert "the songs sound otherwise: 1 of 3 columns changed" in due.stdout


def test_a_folder_without_the_answers_of_training_is_no_reference(trained, tmp_path):
    _, saved = trained
    shutil.copytree(saved, tmp_path / "moods", ignore=shutil.ignore_patterns("predictions"))
    said = tonada("monitor", saved / "importance.csv", "--against", tmp_path / "moods", folder=tmp_path, code=2)
    assert "does not tell what the model answered in training" in said


def test_a_table_that_lacks_a_column_is_one_line_and_the_others_go_on(folder, trained):
    (folder / "short.csv").write_text("tempo,level\n1,2\n")
    said = tonada("classify", "short.csv", "songs.csv", "--model", "moods", folder=folder, code=1)
    assert "short.csv: lacks 1 of 3 columns, 'noise'" in said


def test_a_model_of_tables_refuses_sound_and_a_timeline(folder, trained):
    assert "no audio" in tonada("classify", "song.mp3", "--model", "moods", folder=folder, code=1)
    assert "--timeline" in tonada("classify", "a.csv", "--model", "moods", "--timeline", folder=folder, code=2)


def test_a_saved_model_gives_the_same_probabilities(folder, trained):
    recipe = load_classical(folder / "moods.yaml")
    rows = load_rows(recipe, folder)
    fresh = train_classical(recipe, folder, trained[1]).model
    loaded = load_classical_model(trained[1])
    expected = calibrated_probabilities(fresh, rows.values)
    assert np.array_equal(calibrated_probabilities(loaded, rows.values), expected)
    assert (loaded.columns, loaded.labels) == (("tempo", "level", "noise"), ("calm", "happy", "sad"))


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_saved_in_types_that_are_on_the_list(name, tmp_path):
    known = new_model(name, {}, 0).get_params()
    quick = {each: 3 for each in ("n_estimators", "max_iter") if each in known}
    generator = np.random.default_rng(0)
    values, labels, columns = generator.normal(size=(30, 2)), np.arange(30) % 2, ("tempo", "level")
    system = System(columns=("t", "l"), cap=1.5, limit=3, select=2, pca=2, model=name, settings=quick, balance="smote")
    fitted = fit_system(system, {}, columns, values, labels, labels, 0)
    model = ClassicalModel(fitted, "x", columns, ("happy", "sad"))
    save_classical(model, tmp_path, "")
    again = calibrated_probabilities(load_classical_model(tmp_path), values)
    assert np.array_equal(again, calibrated_probabilities(model, values))


def test_a_stack_is_saved_in_types_that_are_on_the_list(tmp_path):
    generator = np.random.default_rng(0)
    values, labels, columns = generator.normal(size=(30, 2)), np.arange(30) % 2, ("tempo", "level")
    voters = {"a": System(model="naive_bayes"), "b": System(model="lda")}
    fitted = fit_system(System(vote="stacked", of=("a", "b")), voters, columns, values, labels, np.arange(30), 0)
    model = ClassicalModel(fitted, "x", columns, ("happy", "sad"))
    save_classical(model, tmp_path, "")
    again = calibrated_probabilities(load_classical_model(tmp_path), values)
    assert np.array_equal(again, calibrated_probabilities(model, values))


class Stranger:
    """A type of nobody's."""


def test_a_type_that_is_not_on_the_list_is_refused_by_name(trained, tmp_path):
    from skops.io import dump

    model = load_classical_model(trained[1])
    save_classical(model, tmp_path, "")
    dump(Stranger(), tmp_path / "model.skops")
    with pytest.raises(ClassicalModelError, match=r"Stranger, which no Tonada model does"):
        load_classical_model(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda config: config.update(columns=["tempo", "level"]), "schema"),
        (lambda config: config.update(temperature=0), "temperature"),
        (lambda config: config.update(labels=["one"]), "labels"),
        (lambda config: config.pop("labels"), "cannot be loaded"),
        (lambda config: config.update(surprise=1), "surprise"),
    ],
)
def test_a_config_that_does_not_fit_its_model_is_refused(change, says, trained, tmp_path):
    save_classical(load_classical_model(trained[1]), tmp_path, "")
    config = json.loads((tmp_path / "config.json").read_text())
    change(config)
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ClassicalModelError, match=says):
        load_classical_model(tmp_path)


def test_what_is_no_skops_file_is_never_opened(trained, tmp_path):
    save_classical(load_classical_model(trained[1]), tmp_path, "")
    (tmp_path / "model.skops").write_bytes(b"\x80\x04cos\nsystem\n.")
    with pytest.raises(ClassicalModelError, match="no skops file"):
        load_classical_model(tmp_path)
    with zipfile.ZipFile(tmp_path / "model.skops", "w") as archive:
        archive.writestr("else.txt", "")
    with pytest.raises(ClassicalModelError):
        load_classical_model(tmp_path)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("keep: vote", "keep: vot", "keep is 'vot'"),
        ("model: xgboost", "model: xgbost", "model is 'xgbost'; expected one of"),
        ("folds: 3", "folds: 1", "folds is 1"),
        ("folds: 3", "folds: 25", "too few songs"),
        ("of: [bayes, machine]", "of: [bayes]", "at least two"),
        ("of: [bayes, machine]", "of: [bayes, machine], limit: 3", "a vote, in which limit would do nothing"),
        ("{model: linear_svm}", "{model: linear_svm, of: [bayes]}", "no vote, in which of would do nothing"),
        ("table: songs.csv", "table: none.csv", "there is no such table"),
        ("label: mood", "label: moods", "data.label is 'moods'"),
        ("folds: 3", "folds: yes", "folds: True; expected int"),
        ("cap: 1.5", "cap: [1]", "bayes has cap"),
        ("systems:", "systems: 3\nfolds_:", "unknown key"),
        ("repeats: 2", "repeets: 2", "did you mean 'repeats'"),
        ("{model: linear_svm}", "{model: linear_svm, search: {by: luck, over: {C: [1]}}}", "by is 'luck'"),
        ("{model: linear_svm}", "{model: linear_svm, search: {by: optuna, over: {C: [1]}}}", "needs candidates"),
        ("{model: linear_svm}", "{model: linear_svm, search: {over: {C: {low: 1, high: 2}}}}", "a list of values"),
        (
            "{model: linear_svm}",
            "{model: linear_svm, search: {by: optuna, candidates: 2, over: {C: {low: 0, high: 2, log: true}}}}",
            "or a range",
        ),
        ("keep: vote", "keep: vote\nprecision: 0.9", "choose between two labels"),
        ("keep: vote", "keep: vote\nprecision: 0.9\nrecall: 0.9", "both given"),
    ],
)
def test_a_recipe_that_says_something_unknown_is_refused_by_its_name(was, now, says, folder, tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace(was, now))
    with pytest.raises((RecipeError, TableError), match=says):
        train_classical(load_classical(tmp_path / "recipe.yaml"), folder, tmp_path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.sampled_from(sorted(TYPES)), each),
    )
)
def test_whatever_a_recipe_holds_it_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(yaml.safe_dump(content))
    with contextlib.suppress(RecipeError):
        load_classical(path)


def test_probabilities_add_up_at_every_level_and_the_leaf_is_below_the_answer():
    model = ClassicalModel(
        None,
        "x",
        (),
        ("classical", "pop", "rock"),
        {"pop": "non_classic", "rock": "non_classic", "classical": "classic"},
    )
    answer = answer_of(model, np.array([0.4, 0.35, 0.25]), level=1)
    assert (answer.label, answer.leaf) == ("non_classic", "pop")
    assert answer.probabilities == pytest.approx({"classic": 0.4, "non_classic": 0.6})


def test_a_threshold_reaches_the_precision_or_recall_that_was_asked_for():
    truth, chances = np.array([0, 1, 0, 1, 1, 1]), np.array([0.1, 0.2, 0.5, 0.6, 0.7, 0.9])
    assert threshold_for(1.0, truth, chances) == 0.6
    assert threshold_for_recall(1.0, truth, chances) == 0.2
    with pytest.raises(ValueError, match="the best has"):
        threshold_for(0.9, np.array([1, 0]), np.array([0.1, 0.9]))


def test_a_temperature_never_changes_the_winner():
    chances = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    assert (at_temperature(chances, 3.0).argmax(1) == chances.argmax(1)).all()
    assert np.allclose(at_temperature(chances, 1.0), chances, atol=1e-5)
