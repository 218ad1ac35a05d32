"""`tonada monitor` finds what drifted, is silent about chance, and says when retraining is due."""

import csv
import io
import math

import numpy as np
import pytest
from commands import tonada

from tonada.evaluating.unheard import answers_of_task
from tonada.proving.drift import drifts, reasons_to_retrain
from tonada.proving.number_tables import TableError
from tonada.proving.spread import Spread


def answers(generator, shares, sure=0.7, rows=2000):
    return {
        "path": [f"{number}.mp3" for number in range(rows)],
        "label": generator.choice(["happy", "sad"], rows, p=shares).tolist(),
        "probability": np.clip(generator.normal(sure, 0.1, rows), 0, 1).tolist(),
        "zcr_mean": generator.normal(size=rows).tolist(),
    }


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_the_index_is_that_of_its_definition():
    old, new = {"label": ["a"] * 50 + ["b"] * 50}, {"label": ["a"] * 80 + ["b"] * 20}
    expected = 0.3 * math.log(0.8 / 0.5) - 0.3 * math.log(0.2 / 0.5)
    assert drifts(old, new)[0].index == pytest.approx(expected)


def test_songs_of_one_population_have_not_drifted(generator):
    for rows in (30, 300, 3000):
        found = drifts(answers(generator, [0.5, 0.5], rows=rows), answers(generator, [0.5, 0.5], rows=rows))
        assert [each.word for each in found] == ["stable"] * 3
        assert not reasons_to_retrain(found)


@pytest.mark.parametrize(
    ("change", "column", "says"),
    [
        ({"shares": [0.9, 0.1]}, "label", "other labels"),
        ({"sure": 0.5}, "probability", "as sure"),
    ],
)
def test_what_changed_is_first_and_makes_retraining_due(change, column, says, generator):
    found = drifts(answers(generator, [0.5, 0.5]), answers(generator, **{"shares": [0.5, 0.5], **change}))
    assert (found[0].name, found[0].word) == (column, "major")
    assert [each.word for each in found[1:]] == ["stable", "stable"]
    assert says in reasons_to_retrain(found)[0]


def test_descriptors_that_moved_make_retraining_due(generator):
    old = {f"mfcc_{number}": generator.normal(size=500).tolist() for number in range(10)}
    new = {name: (np.array(cells) + (3 if name < "mfcc_2" else 0)).tolist() for name, cells in old.items()}
    assert reasons_to_retrain(drifts(old, new)) == ["the songs sound otherwise: 2 of 10 columns changed"]


def test_a_mean_is_that_of_the_numbers_that_are_there():
    found = drifts({"a": [1.0, None, 2.0, math.nan]}, {"a": [1.0, 2.0, None, math.inf]})
    assert (found[0].old, found[0].new) == (1.5, 1.5)
    assert found[0].word == "stable"


@pytest.mark.parametrize("share", [0.98, 1])
def test_a_column_whose_numbers_go_missing_has_drifted(share, generator):
    old = {"zcr_mean": generator.normal(size=500).tolist()}
    new = {"zcr_mean": np.where(np.arange(500) < share * 500, np.nan, old["zcr_mean"]).tolist()}
    for one, other in ((old, new), (new, old)):
        (found,) = drifts(one, other)
        assert (found.name, found.word) == ("zcr_mean", "major")
    assert math.isnan(drifts(old, new)[0].new) == (share == 1)


def test_as_many_missing_numbers_as_before_are_no_drift(generator):
    old, new = (np.where(generator.random(500) < 0.3, np.nan, generator.normal(size=500)) for _ in range(2))
    assert drifts({"a": old.tolist()}, {"a": new.tolist()})[0].word == "stable"


def test_files_that_cannot_be_read_are_no_songs_that_sound_otherwise(generator):
    old = {"status": ["ok"] * 500, **answers(generator, [0.5, 0.5], rows=500)}
    new = {name: [None if number % 4 == 0 else cell for number, cell in enumerate(old[name])] for name in old}
    new["status"] = ["ok" if cell else "unreadable" for cell in new["status"]]
    assert [each.word for each in drifts(old, new)] == ["stable"] * 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([1.0] * 500, [5.0] * 500),
        ([1.0] * 500, [0.0] * 500),
        ([0.0] * 300 + [1.0] * 200, [0.0] * 200 + [1.0] * 300),
        ([0.0] * 300 + [1.0] * 200, [0.5] * 300 + [1.0] * 200),
    ],
)
def test_numbers_that_many_songs_share_are_seen_to_move(old, new):
    assert drifts({"a": old}, {"a": new})[0].word != "stable"
    assert drifts({"a": old}, {"a": old})[0].index == 0


@pytest.mark.parametrize("rows", [30, 300, 3000])
def test_whole_numbers_of_one_population_have_not_drifted(rows, generator):
    old, new = ({f"a{most}": generator.integers(0, most, rows).tolist() for most in (2, 12, 100)} for _ in range(2))
    assert [each.word for each in drifts(old, new)] == ["stable"] * 3


def test_a_label_that_one_table_lacks_keeps_no_other_column_from_being_compared(generator):
    old = answers(generator, [0.5, 0.5], rows=300)
    none = {**old, "label": [None, ""] * 150}
    assert {each.name for each in drifts(old, none)} == {"probability", "zcr_mean"}
    with pytest.raises(TableError, match="share no numbers and no labels; shared are label"):
        drifts({"label": ["happy"]}, {"label": [None]})


def test_a_label_that_is_less_likely_is_no_other_sound(generator):
    old, new = ({"probability of sad": (shift + generator.normal(size=500)).tolist()} for shift in (0, 3))
    assert drifts(old, new)[0].word == "major"
    assert not reasons_to_retrain(drifts(old, new))


def test_of_a_table_of_several_tasks_the_labels_tell_which_one_a_model_answers():
    like = {"label": ["happy", "sad"], "probability": [0.5, 0.5]}
    table = {"genre_label": ["pop"], "genre_probability": [0.9], "mood_label": ["sad"], "mood_probability": [0.6]}
    assert answers_of_task(table, like) == {"label": ["sad"], "probability": [0.6]}
    assert answers_of_task(like, like) == like
    assert answers_of_task({"mood_label": ["sad"]}, like) == {"label": ["sad"]}
    with pytest.raises(TableError, match=r"answers loud, and so do 0 of the tasks in the table \(genre, mood\)"):
        answers_of_task(table, {"label": ["loud"]})


def test_the_answers_of_another_model_are_not_compared_with_a_models_own():
    with pytest.raises(TableError, match="answers happy, and so do 0 of the tasks"):
        answers_of_task({"label": ["rock"], "probability": [0.9]}, {"label": ["happy"], "probability": [0.5]})


def test_a_label_that_no_model_of_ours_gave_keeps_no_column_from_being_compared():
    like = {"label": ["happy", "sad"], "probability": [0.5, 0.5], "tempo": [120.0, 60.0]}
    assert answers_of_task({"record_label": ["EMI"], "tempo": [90.0]}, like) == {"tempo": [90.0]}


def test_labels_that_a_table_of_words_reads_as_numbers_are_the_models(tmp_path):
    assert answers_of_task({"label": [1, 0], "probability": [0.9, 0.8]}, {"label": ["0", "1"]})["label"] == [1, 0]


def test_an_abstention_tells_no_task_from_another():
    like = {"label": ["happy", "unknown"], "probability": [0.9, 0.4]}
    table = {f"{task}_{what}": [] for task in ("mood", "genre") for what in ("label", "probability")}
    table |= {"mood_label": ["unknown", "happy"], "mood_probability": [0.4, 0.9], "genre_label": ["unknown", "pop"]}
    assert answers_of_task(table, like) == {"label": ["unknown", "happy"], "probability": [0.4, 0.9]}


def test_the_status_of_a_song_goes_with_its_answer():
    like = {"label": ["happy"], "probability": [0.5]}
    table = {"status": ["ok", "unreadable"], "mood_label": ["happy", None], "mood_probability": [0.6, None]}
    assert answers_of_task(table, like)["status"] == ["ok", "unreadable"]


@pytest.mark.parametrize("missing", [0, 0.3])
def test_how_a_column_lies_is_as_good_as_its_numbers(missing, generator):
    columns = {
        "mode": generator.integers(0, 2, 1000).astype(float),
        "key": generator.integers(0, 12, 1000).astype(float),
        "tempo": generator.normal(120, 20, 1000),
    }
    table = {name: np.where(generator.random(1000) < missing, np.nan, each).tolist() for name, each in columns.items()}
    new = {name: generator.permutation(cells)[:600].tolist() for name, cells in table.items()}
    kept = {name: Spread.of(cells) for name, cells in table.items()}
    assert drifts(kept, new) == drifts(table, new)
    assert all(each.index == 0 for each in drifts(kept, table))


def test_tables_that_share_nothing_are_refused():
    with pytest.raises(TableError, match="share no numbers"):
        drifts({"a": ["x"]}, {"b": ["x"]})


def test_the_command_prints_and_its_exit_code_says_that_retraining_is_due(tmp_path, generator):
    for name, shares in (("old", [0.5, 0.5]), ("new", [0.95, 0.05])):
        table = answers(generator, shares, rows=400)
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([list(table), *zip(*table.values(), strict=True)])
    due, none, missing = (
        tonada("monitor", "new.csv", "--against", f"{name}.csv", folder=tmp_path) for name in ("old", "new", "nowhere")
    )
    assert due.returncode == 3, due.stderr
    assert "label (share of happy)" in due.stdout
    assert "Retraining is due" in due.stdout
    assert none.returncode == 0
    assert missing.returncode == 2
    assert "there is no such table" in missing.stderr


def test_names_with_commas_stand_in_one_cell(tmp_path):
    for name, values in (("old", "1\n2\n3\n"), ("new", "2\n3\n4\n")):
        (tmp_path / f"{name}.csv").write_text(f'"loudness, in LUFS"\n{values}')
    done = tonada("monitor", "new.csv", "--against", "old.csv", "--format", "csv", folder=tmp_path)
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["column"] == "loudness, in LUFS"
    assert float(row["now"]) == 3
