"""Why a classical model answered: what spoke adds up, is told in words, and stands in a folder a song."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from tonada.explaining.classical import explain_song
from tonada.explaining.shapley import shapley_values
from tonada.explaining.targets import ExplainError
from tonada.learning.classical.listening import ClassicalListener, HeardSong
from tonada.learning.classical.recipe import System
from tonada.learning.classical.saving import ClassicalModel, save_classical
from tonada.learning.classical.systems import new_pipeline
from tonada_cli import app

COLUMNS = ("_Tempo_Mean", "_MFCC_Mean_1", "_RMSenergy_Mean")


@pytest.fixture(scope="module")
def listener(tmp_path_factory) -> ClassicalListener:
    """A model of two moods that are told by tempo alone, and of loudness, which says nothing."""
    generator = np.random.default_rng(0)
    values = generator.normal([[120.0, 0.0, 0.1]], [[20.0, 1.0, 0.01]], size=(200, 3))
    labels = (values[:, 0] + generator.normal(scale=10, size=200) > 120).astype(int)
    fitted = new_pipeline(System(model="logistic_regression"), COLUMNS, 0).fit(values, labels)
    scaling = {"mean": values.mean(0).tolist(), "scale": values.std(0).tolist()}
    folder = tmp_path_factory.mktemp("explained") / "moods"
    save_classical(ClassicalModel(fitted, "moods", COLUMNS, ("sad", "happy"), scaling=scaling), folder, "")
    return ClassicalListener.from_pretrained(str(folder))


def song(*values: float) -> HeardSong:
    return HeardSong("table.csv: s", "s", np.array(values))


def test_what_columns_spoke_adds_up_and_of_a_sum_is_each_term():
    def terms_and_a_product(rows):
        return rows @ [1.0, -2.0, 0.0, 0.0] + rows[:, 2] * rows[:, 3]

    values, average = np.array([3.0, 1.0, 2.0, 5.0]), np.zeros(4)
    spoken = shapley_values(terms_and_a_product, values, average)
    assert spoken.sum() == pytest.approx(3 - 2 + 10)
    assert spoken == pytest.approx([3, -2, 5, 5]), "who act together share alike"


def test_the_reasons_add_up_to_how_far_the_song_is_from_an_average_one(listener):
    reasons = explain_song(listener, song(180.0, 0.0, 0.1))
    assert (reasons.label, reasons.descriptors[0].words, reasons.descriptors[0].height) == (
        *("happy", "tempo, on average", "high"),
    )
    assert sum(each.contribution for each in reasons.descriptors) == pytest.approx(reasons.branches["descriptors"])
    against = explain_song(listener, song(180.0, 0.0, 0.1), "sad")
    assert against.score == pytest.approx(-reasons.score)
    assert against.descriptors[-1].name == "_Tempo_Mean"


@pytest.mark.parametrize("threshold", [0.001, None, 0.999])
def test_what_is_explained_is_what_the_model_answers_from_its_threshold_on(listener, tmp_path, threshold):
    choosing = ClassicalListener(replace(listener.model, threshold=threshold), listener.name)
    table = tmp_path / "songs.csv"
    table.write_text("\n".join(["song_id," + ",".join(COLUMNS), "slow,100,0,0.1", "fast,140,0,0.1"]))
    answers = [answer.label for answer in choosing.listen_all([(str(table), None)])]
    assert answers == {0.001: ["sad", "sad"], None: ["sad", "happy"], 0.999: ["happy", "happy"]}[threshold]
    assert [explain_song(choosing, each).label for each in choosing.hear(str(table))] == answers


def test_a_number_that_is_missing_speaks_neither_for_nor_against(listener):
    reasons = explain_song(listener, song(180.0, np.nan, 0.1))
    assert {each.name for each in reasons.descriptors} == {"_Tempo_Mean", "_RMSenergy_Mean"}
    assert sum(each.contribution for each in reasons.descriptors) == pytest.approx(reasons.branches["descriptors"])
    with pytest.raises(ExplainError, match="none of the 3 numbers"):
        explain_song(listener, song(np.nan, np.nan, np.nan))


def test_a_column_that_was_the_same_in_all_songs_is_told_by_its_difference(listener):
    scaling = {**listener.model.scaling, "scale": [*listener.model.scaling["scale"][:2], 0.0]}
    constant = ClassicalListener(replace(listener.model, scaling=scaling), listener.name)
    told = {each.name: each for each in explain_song(constant, song(180.0, 0.0, 0.6)).descriptors}
    assert told["_RMSenergy_Mean"].deviations == pytest.approx(0.6 - scaling["mean"][2])


def test_the_command_makes_a_folder_a_row_and_says_which_row_it_could_not_explain(listener, tmp_path, capfd):
    rows = ["song_id," + ",".join(COLUMNS), "../fast,180,0,0.1", "slow,60,0,0.1", "empty,,,"]
    (tmp_path / "songs.csv").write_text("\n".join(rows))
    given = [str(tmp_path / "songs.csv"), "--model", listener.name, "--output", str(tmp_path / "why")]
    done = CliRunner().invoke(app, ["explain", *given])
    assert done.exit_code == 1
    assert "empty: has none of the 3 numbers" in done.stderr + capfd.readouterr().err
    assert {path.name for path in (tmp_path / "why" / "songs").iterdir()} == {"fast", "slow"}
    assert "songs.csv: slow: sad" in done.stdout
    assert "decided" not in done.stdout
    found = json.loads((tmp_path / "why" / "songs" / "fast" / "explanation.json").read_text())
    assert (found["label"], found["method"], found["descriptors"][0]["name"]) == ("happy", "shapley", "_Tempo_Mean")
    assert (tmp_path / "why" / "songs" / "fast" / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert CliRunner().invoke(app, ["explain", *given, "--label", "angry"]).exit_code == 2
