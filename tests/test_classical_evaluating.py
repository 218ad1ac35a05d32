"""A classical model is evaluated and pushed by the commands of every other: what is no test is not called one."""

import csv
import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import LABELS, ROOT
from typer.testing import CliRunner

from tonada.evaluating.asking import Asked
from tonada.evaluating.labelled import Labelled, options_of, sides_of
from tonada.learning.classical.listening import ClassicalListener
from tonada.learning.classical.recipe import load_classical
from tonada.learning.classical.saving import save_classical
from tonada.learning.classical.training import train_classical
from tonada.sharing.classical import pack_classical, save_classically_trained
from tonada_cli import app

RECIPE = """
kind: classical
name: moods
data: {table: songs.csv, label: mood, group: artist, song_id: song}
folds: 3
keep: bayes
systems: {bayes: {model: naive_bayes}}
"""


def write_songs(path, first: int, songs: int = 45) -> None:
    """Songs of fifteen artists, in whose tempo and level is the mood."""
    generator = np.random.default_rng(first)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["song", "artist", "mood", "level", "tempo"])
        for number in range(first, first + songs):
            tempo, level = generator.normal([[0, 0], [4, 0], [0, 4]][number % 3])
            writer.writerow([f"s{number}", f"a{number // 3}", ["happy", "sad", "calm"][number % 3], level, tempo])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of 45 songs, and a table of 30 others: the first six by artists that it learned from."""
    folder = tmp_path_factory.mktemp("evaluated")
    write_songs(folder / "songs.csv", 0)
    write_songs(folder / "others.csv", 45, 24)
    rows = (folder / "others.csv").read_text().splitlines()
    known = [row.replace("s", "t", 1) for row in (folder / "songs.csv").read_text().splitlines()[1:7]]
    (folder / "others.csv").write_text("\n".join([rows[0], *known, *rows[1:]]))
    (folder / "moods.yaml").write_text(RECIPE)
    recipe = load_classical(folder / "moods.yaml")
    trained = train_classical(recipe, folder, folder / "moods")
    save_classically_trained(trained, recipe, folder / "moods.yaml", folder / "moods")
    return folder


def evaluated(folder, table: str, *options: str):
    given = [folder / "moods", "table", folder / table, "--report", folder / "report", *options]
    return CliRunner().invoke(app, ["evaluate", *map(str, given)])


def test_a_report_in_the_models_own_folder_replaces_nothing_that_training_left(folder, tmp_path):
    shutil.copytree(folder / "moods", tmp_path / "moods")
    trained = {path: path.read_bytes() for path in (tmp_path / "moods").rglob("*") if path.is_file()}
    given = [tmp_path / "moods", "table", folder / "others.csv", "--report", tmp_path / "moods"]
    done = CliRunner().invoke(app, ["evaluate", *map(str, given)])
    assert (tmp_path / "moods" / "report.md").exists(), done.stderr
    assert {path: path.read_bytes() for path in trained} == trained


def test_songs_of_artists_that_the_model_learned_from_are_in_no_test(folder):
    done = evaluated(folder, "others.csv", "--format", "json")
    assert done.exit_code == 0, done.stderr
    report = json.loads((folder / "report" / "report.json").read_text())
    assert report["is_test"]
    songs = report["systems"][report["model"]]["songs"]
    assert songs["count"] == 24
    assert songs["scores"]["accuracy"]["value"] > 0.8
    assert set(report["comparisons"]) == {"majority", "logistic-regression"}
    page = (folder / "report" / "report.md").read_text()
    assert "Songs / segments" not in page
    assert "real-time factor" not in page
    rows = list(csv.DictReader((folder / "report" / "songs" / "moods.csv").open()))
    assert len(rows) == 24


def test_a_data_set_is_read_as_the_model_learned_from_it_unless_asked_otherwise(folder):
    taught = {"script": "turkish", "options": {"table": "modified", "seed": 1}}
    listener = SimpleNamespace(model=SimpleNamespace(recipe={"data": taught}))
    asked = Asked("turkish", folder, "test", "", options={"table": "acoustic"})
    assert options_of(listener, asked) == {"table": "acoustic", "seed": 1}
    assert options_of(listener, replace(asked, data="gtzan")) == {"table": "acoustic"}


def test_what_a_model_answers_from_its_threshold_on_is_measured_as_it_answers(folder, tmp_path):
    for name in ("songs", "others"):
        rows = (folder / f"{name}.csv").read_text().replace("sad", "happy")  # of two labels, calm is the first
        (tmp_path / f"{name}.csv").write_text(rows)
    (tmp_path / "moods.yaml").write_text(RECIPE + "recall: 0.95\n")
    recipe = load_classical(tmp_path / "moods.yaml")
    trained = train_classical(recipe, tmp_path, tmp_path / "moods")
    save_classically_trained(trained, recipe, tmp_path / "moods.yaml", tmp_path / "moods")
    done = evaluated(tmp_path, "others.csv", "--format", "json", "--split", "all")
    assert done.exit_code == 0, done.stderr
    found = json.loads((tmp_path / "report" / "report.json").read_text())["threshold"]
    classified = CliRunner().invoke(
        app, ["classify", str(tmp_path / "others.csv"), "--model", str(tmp_path / "moods"), "--format", "json"]
    )
    answers = [row["label"] for row in json.loads(classified.stdout)]
    assert found["answered"] == answers.count("calm") > 0
    assert f"from a probability of {found['from']:.3f} on" in (tmp_path / "report" / "report.md").read_text()


def test_the_songs_it_was_fitted_on_are_refused_as_a_test_and_said_to_be_none(folder, capfd):
    done = evaluated(folder, "songs.csv")
    assert done.exit_code == 2
    assert "--split all" in done.stderr + capfd.readouterr().err
    done = evaluated(folder, "songs.csv", "--split", "all")
    assert done.exit_code == 0
    assert "**the model learned from 45 of these 45 songs: this is no test.**" in done.stdout


def test_other_labels_are_refused(folder, capfd):
    (folder / "odd.csv").write_text("song,artist,mood,level,tempo\nx,y,angry,1,2\n")
    done = evaluated(folder, "odd.csv")
    assert done.exit_code == 2
    said = (
        "table has the labels angry; "
        + f"{folder / 'moods'} answers calm, happy, sad: give songs of the model's labels"
    )
    assert said in done.stderr + capfd.readouterr().err


def test_what_is_pushed_answers_alike_and_says_what_it_learned_from(folder, tmp_path):
    pack_classical(folder / "moods", "me/moods", tmp_path)
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    beside = {"recipe.yaml", "split.json", "provenance.json", "importance.csv"}
    beside |= {"confusions.png", "correlations.png", "box-plots.png", "partial-dependence.png"}
    assert {"model.skops", "config.json", "README.md", *beside} <= names
    assert not any(name.endswith((".pkl", ".pickle", ".joblib")) for name in names)
    card = (tmp_path / "README.md").read_text()
    assert 'tonada classify table.csv --model "me/moods"' in card
    assert json.loads((tmp_path / "provenance.json").read_text())["data_set"] == "songs.csv"
    asked = ["classify", str(folder / "songs.csv"), "--format", "json", "--model"]
    printed = [CliRunner().invoke(app, [*asked, str(model)]).stdout for model in (folder / "moods", tmp_path)]
    answers = [[{**each, "model": ""} for each in json.loads(text)] for text in printed]
    assert answers[0] == answers[1]


def test_the_command_lists_what_would_be_sent_and_refuses_a_folder_that_is_not_to_be_trusted(folder, tmp_path):
    done = CliRunner().invoke(app, ["push", str(folder / "moods"), "me/moods", "--dry-run"])
    assert done.exit_code == 0, done.stderr
    assert "model.skops" in done.stdout
    assert "network" not in done.stdout
    (tmp_path / "config.json").write_text((folder / "moods" / "config.json").read_text())
    (tmp_path / "model.skops").write_bytes(b"\x80\x04cos\nsystem\n.")
    refused = CliRunner().invoke(app, ["push", str(tmp_path), "me/moods", "--dry-run"])
    assert refused.exit_code == 2


def test_what_it_was_fitted_on_is_no_test_under_another_name(folder):
    model = ClassicalListener.from_pretrained(str(folder / "moods"))
    songs = [(f"s{number}", f"a{number // 3}") for number in range(45, 48)]
    for known, parts in [([("s1", "a0")], {"train", "test"}), ([("s1", "a9")], {"test"})]:
        ids, groups = map(list, zip(*known, *songs, strict=True))
        labelled = Labelled(ids, groups, ["sad"] * 4, lambda place: pytest.fail("heard"))
        asked = Asked("folder", folder, "test", str(folder / "moods"))
        assert set(sides_of(model, asked, labelled).parts) == parts


def trained_without_ids(folder, data: str, root):
    """A folder with a model of `data`, which names no column of ids, and the list of its songs."""
    lines = [f"data: {data}" if line.startswith("data:") else line for line in RECIPE.splitlines()]
    (folder / "moods.yaml").write_text("\n".join(lines))
    trained = train_classical(load_classical(folder / "moods.yaml"), root, folder / "moods")
    save_classical(trained.model, folder / "moods", "")
    trained.split.save(folder / "moods" / "split.json")
    return folder


@pytest.fixture(scope="module")
def grouped(folder, tmp_path_factory):
    """A model of the same 45 songs whose recipe names artists and no ids."""
    return trained_without_ids(
        tmp_path_factory.mktemp("grouped"), "{table: songs.csv, label: mood, group: artist}", folder
    )


def test_a_table_without_ids_is_judged_by_its_groups_alone(grouped):
    write_songs(grouped / "new.csv", 45)
    done = evaluated(grouped, "new.csv", "--format", "json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["is_test"]
    assert report["systems"][report["model"]]["songs"]["count"] == 45


def test_songs_of_groups_that_were_learned_from_are_no_test_where_ids_are_missing(grouped, folder, capfd):
    done = evaluated(grouped, str(folder / "others.csv"), "--format", "json")
    assert json.loads(done.stdout)["systems"][str(grouped / "moods")]["songs"]["count"] == 24
    done = evaluated(grouped, str(folder / "songs.csv"))
    assert done.exit_code == 2
    assert "the model learned from all of these songs" in done.stderr + capfd.readouterr().err


def test_nobody_can_tell_whether_a_model_of_a_data_set_learned_from_rows_that_are_only_numbered(tmp_path):
    """The songs of `turkish` are called by their rows, as those of a table without ids are."""
    model = trained_without_ids(tmp_path, "{script: turkish, folder: turkish}", ROOT / "tests" / "data")
    with (ROOT / "tests" / "data" / "turkish" / "original.csv").open() as file:
        columns = [name for name in next(csv.reader(file)) if name != "Class"]
    generator = np.random.default_rng(0)
    rows = [[LABELS[number % 4], *generator.random(len(columns))] for number in range(20)]
    with (model / "new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["label", *columns], *rows])
    done = evaluated(model, "new.csv", "--format", "json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert not report["is_test"]
    assert "nothing tells these songs from those that" in report["warnings"][0]
    assert report["systems"][report["model"]]["songs"]["count"] == 20


def test_a_row_without_id_and_group_is_in_no_test(grouped):
    write_songs(grouped / "new.csv", 45)
    rows = (grouped / "new.csv").read_text().replace(",a20,", ",,")
    (grouped / "blank.csv").write_text(rows)
    done = evaluated(grouped, "blank.csv", "--format", "json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["systems"][str(grouped / "moods")]["songs"]["count"] == 42
