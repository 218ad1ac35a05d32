"""The table of detectors: figures are scikit-learn's, and a threshold is chosen on other folds than it answers."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from tonada.proving.crossvalidated import worst_label
from tonada.proving.detection import detection_table
from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction
from tonada.proving.thresholds import measured_from


def predictions(fold_of_liars: int | None = None) -> list[Prediction]:
    """Two hundred songs in five folds; of the liars' fold probabilities say the opposite."""
    generator, found = np.random.default_rng(0), []
    for number in range(200):
        is_music = number % 3 == 0
        chance = float(np.clip(generator.normal(0.7 if is_music else 0.3, 0.2), 0.01, 0.99))
        chance = 1 - chance if number % 5 == fold_of_liars else chance
        chances = {"music": chance, "non_music": 1 - chance}
        truth = "music" if is_music else "non_music"
        found.append(Prediction(f"s{number}", f"g{number}", f"fold {number % 5}", 0, truth, chances))
    return found


def cells(table: str) -> list[str]:
    return table.splitlines()[2].strip("| ").split(" | ")


def test_its_figures_are_those_of_scikit_learn():
    own = predictions()
    truth = [each.truth == "music" for each in own]
    chances = [each.probabilities["music"] for each in own]
    found = cells(detection_table({"a": own}, 0.9))
    assert float(found[1]) == pytest.approx(f1_score(truth, np.array(chances) > 0.5), abs=5e-4)
    assert float(found[4]) == pytest.approx(average_precision_score(truth, chances), abs=5e-4)
    assert float(found[5]) == pytest.approx(0.9, abs=0.08)


def test_no_fold_chooses_the_threshold_that_it_is_judged_by():
    honest, lied_to = (cells(detection_table({"a": predictions(liars)}, 0.9)) for liars in (None, 4))
    assert float(lied_to[5]) < float(honest[5])
    unreachable = [
        Prediction(e.song_id, e.group, e.split, 0, e.truth, {"music": 0.5, "non_music": 0.5}) for e in predictions()
    ]
    assert cells(detection_table({"a": unreachable}, 0.9))[5:] == ["-", "-"]


def test_no_song_chooses_its_threshold_in_another_deal():
    honest = predictions()
    sure = {True: {"music": 1.0, "non_music": 0.0}, False: {"music": 0.0, "non_music": 1.0}}
    told = [replace(each, seed=1, probabilities=sure[each.truth == "music"]) for each in honest]
    both = cells(detection_table({"a": [*honest, *told]}, 0.9))
    alone = [cells(detection_table({"a": deal}, 0.9)) for deal in (honest, told)]
    assert float(both[6]) == pytest.approx(np.mean([float(each[6]) for each in alone]), abs=1e-3)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_precision_and_recall_from_a_threshold_on_are_scikit_learns(threshold):
    own = predictions()
    truth, answers = ([is_it(each) for each in own] for is_it in (is_music, lambda each: said(each) >= threshold))
    found = measured_from(threshold, own)
    assert (found["label"], found["from"], found["answered"]) == ("music", threshold, sum(answers))
    for name, score in (("precision", precision_score), ("recall", recall_score)):
        assert found[name]["value"] == pytest.approx(score(truth, answers))
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]


def test_a_threshold_that_no_song_reaches_has_a_recall_of_nothing_and_no_precision():
    found = measured_from(0.999, predictions())
    assert (found["answered"], found["precision"]["value"], found["recall"]["value"]) == (0, None, 0)


def is_music(each: Prediction) -> bool:
    return each.truth == "music"


def said(each: Prediction) -> float:
    return each.probabilities["music"]


def test_the_label_that_fares_worst_is_named():
    own = [Prediction(f"s{n}", f"g{n}", "fold 0", 0, "ab"[n % 2], {"a": 0.9, "b": 0.1}) for n in range(10)]
    assert worst_label(Judged.of(own)) == "b 0%"
