"""Scores, intervals and the tables made from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonada.proving import weighted_scores
from tonada.proving.ablations import ablations_table
from tonada.proving.held_out_table import held_out_table
from tonada.proving.intervals import interval, value
from tonada.proving.judged import Judged
from tonada.proving.measuring import compared, measured
from tonada.proving.paired import compare
from tonada.proving.predictions import Prediction, read_predictions, write_predictions
from tonada.proving.score_tables import number
from tonada.proving.scores import macro_f1
from tonada.proving.tables import load_systems, results_page


def prediction(number: int, truth: str, answer: str, split: str = "test") -> Prediction:
    rest = {label: 0.1 for label in "abc" if label != answer}
    return Prediction(f"song {number}", f"artist {number // 2}", split, 0, truth, {"abc"[0]: 0.1, **rest, answer: 0.8})


def test_macro_f1_weighs_every_label_alike():
    assert macro_f1(list("aaab"), list("aaaa")) == pytest.approx((6 / 7 + 0) / 2)


def judged(truth, answers, groups) -> Judged:
    values = {answer: {label: 0.8 if label == answer else 0.2 / 3 for label in "abcd"} for answer in "abcd"}
    facts = zip(truth, answers, groups, strict=True)
    return Judged.of([Prediction("", group, "test", 0, true, values[answer]) for true, answer, group in facts])


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=30))
def test_the_bootstraps_score_is_macro_f1(pairs):
    truth, answers = zip(*pairs, strict=True)
    alone = [str(number) for number in range(len(pairs))]
    assert value(weighted_scores.macro_f1, judged(truth, answers, alone)) == pytest.approx(macro_f1(truth, answers))


def test_the_interval_holds_the_score_and_narrows_with_more_artists():
    truth, answers = ["a", "b"] * 20, ["a", "b", "b", "b"] * 10
    groups = [str(number // 2) for number in range(40)]
    low, high = interval(weighted_scores.macro_f1, judged(truth, answers, groups))
    assert low < macro_f1(truth, answers) < high
    copies = [f"{copy} {group}" for copy in range(10) for group in groups]
    many = interval(weighted_scores.macro_f1, judged(truth * 10, answers * 10, copies))
    assert many[1] - many[0] < (high - low) / 2


def test_a_gain_is_judged_on_the_same_songs():
    truth = ["a", "b"] * 20
    groups = [str(number // 2) for number in range(40)]
    worse = ["b" if number % 4 == 0 else label for number, label in enumerate(truth)]
    first, second = judged(truth, truth, groups), judged(truth, worse, groups)
    low, high = interval(weighted_scores.macro_f1, first, second)
    assert 0 < low < macro_f1(truth, truth) - macro_f1(truth, worse) < high
    assert interval(weighted_scores.macro_f1, second, second) == (0, 0)


def test_systems_that_answered_other_songs_are_not_compared():
    first = [prediction(number, "ab"[number % 2], "a") for number in range(4)]
    with pytest.raises(ValueError, match="same songs"):
        ablations_table({"first": first, "second": first[:3]}, "first")


def test_an_ablation_is_compared_song_by_song_in_whatever_order_it_answered():
    whole = [prediction(number, "ab"[number % 2], "ab"[number % 2]) for number in range(20)]
    worse = [prediction(number, "ab"[number % 2], "a" if number < 4 else "ab"[number % 2]) for number in range(20)]
    row = ablations_table({"whole": whole, "worse": worse[::-1]}, "whole").splitlines()[-1].strip("| ").split(" | ")
    assert row[:5] == ["worse", "1.000", "0.800", "-", "0.900"]
    assert row[-1].startswith("+0.100 [+0.000, +0.2")


def test_songs_of_one_artist_are_not_independent_witnesses():
    truth, answers = ["a", "b"] * 20, ["a", "b", "b", "b"] * 10
    few = interval(weighted_scores.macro_f1, judged(truth, answers, [str(number // 10) for number in range(40)]))
    one_each = interval(weighted_scores.macro_f1, judged(truth, answers, [str(number) for number in range(40)]))
    assert few != one_each


def test_songs_of_a_single_artist_have_no_interval():
    truth, answers = ["a", "b"] * 4, ["a", "a"] * 4
    assert np.isnan(interval(weighted_scores.accuracy, judged(truth, answers, ["ana"] * 8))).all()
    rows = [Prediction("", "ana", "test", 0, true, {"a": 0.6, "b": 0.4}) for true in truth]
    score = measured(rows)["scores"]["accuracy"]
    assert score == {"value": 0.5, "low": None, "high": None}
    assert number(score) == "0.500 [-]"
    assert number(compared(rows, rows)["accuracy"], "+") == "+0.000 [-]"


def test_mcnemars_test_is_that_of_a_fair_coin():
    """Five songs only the first got, one only the second: six tosses, as uneven as 5 to 1 in 14 of 64 cases."""
    truth = ["a"] * 10
    first, second = ["a"] * 9 + ["b"], ["b"] * 5 + ["a"] * 5
    groups = [str(number) for number in range(10)]
    found = compare(judged(truth, first, groups), judged(truth, second, groups))
    assert (found.only_first, found.only_second) == (5, 1)
    assert found.mcnemar == pytest.approx(14 / 64)
    assert found.gains["accuracy"][0] == pytest.approx(0.4)


def test_a_system_beside_itself_differs_in_nothing():
    same = judged(["a", "b"] * 5, ["a"] * 10, [str(number) for number in range(10)])
    assert compare(same, same).gains["macro_f1"] == (0, 0, 0)
    assert compare(same, same).mcnemar == 1


@given(st.lists(st.tuples(st.text(min_size=1, max_size=8), st.sampled_from("abc")), min_size=1, max_size=9))
def test_predictions_come_back_as_they_were_written(tmp_path_factory, songs):
    path = tmp_path_factory.getbasetemp() / "predictions.csv"
    songs = [(name.replace("\r", ""), answer) for name, answer in songs]
    written = [Prediction(name, name, "test", 1, "a", {"a": 0.1, "b": 0.1, answer: 0.8}) for name, answer in songs]
    labels = sorted({label for each in written for label in each.probabilities})
    written = [
        Prediction(
            each.song_id, each.group, "test", 1, "a", {label: each.probabilities.get(label, 0.1) for label in labels}
        )
        for each in written
    ]
    write_predictions(written, path)
    assert read_predictions(path) == written


def test_labels_called_as_the_facts_of_a_song_come_back_too(tmp_path):
    by_label = {"group": 0.1, "split": 0.2, "seed": 0.3, "truth": 0.25, "song_id": 0.15}
    written = [Prediction("a song", "an artist", "test", 1, "seed", by_label)]
    write_predictions(written, tmp_path / "predictions.csv")
    assert read_predictions(tmp_path / "predictions.csv") == written


def test_a_table_that_holds_no_predictions_is_refused_with_what_was_expected(tmp_path):
    (tmp_path / "songs.csv").write_text("song,tempo\ns1,120\n")
    with pytest.raises(ValueError, match=r"has song, tempo as its first columns; expected song_id, group, split"):
        read_predictions(tmp_path / "songs.csv")


def test_the_results_page_is_computed_from_the_files(tmp_path):
    (tmp_path / "perfect").mkdir()
    rows = [prediction(number, "ab"[number % 2], "ab"[number % 2], f"fold {number // 4}") for number in range(8)]
    for name in ("perfect", "logistic-regression", "deaf"):
        write_predictions(rows, tmp_path / "perfect" / f"{name}.csv")
    page = results_page(tmp_path)
    assert "## perfect" in page
    assert "| perfect | 1.000 [" in page
    assert ablations_table(load_systems(tmp_path / "perfect"), "perfect") in page


def test_the_results_page_scores_the_test_songs_of_a_split(tmp_path):
    (tmp_path / "split").mkdir()
    rows = [prediction(number, "ab"[number % 2], "a", "validation") for number in range(4)]
    rows += [prediction(number, "ab"[number % 2], "ab"[number % 2]) for number in range(4, 12)]
    write_predictions(rows, tmp_path / "split" / "split.csv")
    page = results_page(tmp_path)
    assert held_out_table({"split": rows}, "split") in page
    assert "| songs or segments | 8 |" in page
