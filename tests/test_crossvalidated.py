"""The table of cross-validated systems: figures are scikit-learn's, and intervals resample groups."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score

from tonada.proving.classical_page import classical_page
from tonada.proving.crossvalidated import by_group, by_label, crossvalidated_table, fold_by_fold
from tonada.proving.predictions import Prediction

LABELS = ("classical", "pop", "rock")


def predictions(right: float, songs: int = 90, seed: int = 0) -> list[Prediction]:
    generator = np.random.default_rng(seed)
    found = []
    for number in range(songs):
        truth = LABELS[number % 3]
        answer = truth if generator.random() < right else LABELS[generator.integers(3)]
        chances = {label: 0.8 if label == answer else 0.1 for label in LABELS}
        found.append(Prediction(f"s{number}", f"g{number // 2}", f"fold {number % 5}", 0, truth, chances))
    return found


def cells(table: str, name: str) -> list[str]:
    return next(line for line in table.splitlines() if line.startswith(f"| {name} |")).strip("| ").split(" | ")


def test_its_figures_are_those_of_scikit_learn():
    own = predictions(0.6)
    truth, answers = [each.truth for each in own], [each.answer for each in own]
    found = [
        float(cell.split()[0])
        for cell in cells(crossvalidated_table({"logistic-regression": own}), "logistic-regression")[1:5]
    ]
    f1 = [f1_score(truth, answers, average=average) for average in ("macro", "weighted")]
    assert found == pytest.approx([accuracy_score(truth, answers), *f1, cohen_kappa_score(truth, answers)], abs=5e-4)


def test_a_system_is_compared_with_logistic_regression_on_the_same_songs():
    table = crossvalidated_table({"logistic-regression": predictions(0.5), "better": predictions(1.0, seed=1)})
    assert cells(table, "better")[-1].startswith("+")
    assert table.index("| better |") < table.index("| logistic-regression |")


def test_the_confusions_of_a_label_add_up_to_its_songs():
    row = cells(by_label(predictions(0.6)), "pop")
    assert sum(map(float, row[1:4])) == 30
    assert row[-1] == f"{float(row[2]) / 30:.1%}"


def test_every_song_of_a_label_is_in_one_row_of_its_groups():
    own = [replace(each, group="large" if int(each.song_id[1:]) < 60 else each.group) for each in predictions(0.6)]
    large, others = (cells(by_group(own, "pop"), name) for name in ("large", "10 others"))
    assert (int(large[1]), int(others[1])) == (20, 10)
    wrong = sum(each.truth == "pop" != each.answer for each in own)
    assert int(large[2]) + int(others[2]) == wrong


def test_folds_that_chose_something_are_left_out_of_a_figure():
    own = predictions(0.6)
    rest = [each for each in own if each.split not in ("fold 1", "fold 3")]
    score = f1_score([each.truth for each in rest], [each.answer for each in rest], average="macro")
    assert f"chosen on fold 1 and fold 3; the other folds together have {score:.3f} [" in fold_by_fold(
        own, ["fold 1", "fold 3"]
    )


def test_of_a_label_without_songs_no_share_is_said():
    assert cells(by_label([each for each in predictions(0.6) if each.truth != "pop"]), "pop")[1:] == ["0"] * 3 + ["-"]


@pytest.mark.slow
def test_the_page_is_what_its_program_prints():
    assert (ROOT / "docs" / "results-classical.md").read_text() == classical_page(ROOT / "docs" / "results-classical")
