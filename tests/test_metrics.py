"""Metrics of songs: what scikit-learn computes, what can be worked out by hand, and what no score may do."""

import evaluate
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from tonada.proving.judged import Judged
from tonada.proving.metrics import (
    Abstention,
    AnswerScores,
    Calibration,
    ConformalSets,
    Confusion,
    LabelScores,
    ProbabilityScores,
)
from tonada.proving.weighted_scores import SCORES

LABELS = ["a", "b", "c"]
songs = st.integers(0, 10_000).flatmap(lambda seed: st.builds(judged, st.just(seed), st.integers(4, 40)))


def judged(seed: int, count: int, labels: int = 3) -> Judged:
    """Songs with probabilities in tenths, so that many are equal, of two labels at least."""
    random = np.random.default_rng(seed)
    raw = random.integers(1, 5, (count, labels)).astype(float)
    truth = np.concatenate([[0, 1], random.integers(0, labels, count - 2)])
    return Judged(LABELS[:labels], truth, raw / raw.sum(1, keepdims=True), random.integers(0, count, count))


def computed(metric: evaluate.Metric, each: Judged) -> dict:
    return metric.compute(predictions=each.probabilities, references=each.truth)


def perfect(count: int = 30) -> Judged:
    truth = np.arange(count) % 3
    return Judged(LABELS, truth, np.eye(3)[truth], truth)


def test_perfect_answers_have_the_best_of_every_score():
    found = {**computed(AnswerScores(), perfect()), **computed(ProbabilityScores(), perfect())}
    assert found == pytest.approx({**dict.fromkeys(found, 1.0), "log_loss": 0, "brier": 0}, abs=1e-12)
    assert computed(Calibration(), perfect())["ece"] == 0
    assert computed(Abstention(), perfect())["abstention_area"] == 1
    assert computed(ConformalSets(0.5), perfect()) == {"coverage": 1, "size": 1, "empty": 0}


def test_answers_that_know_nothing_have_no_kappa_and_an_area_of_one_half():
    random = np.random.default_rng(0)
    values = random.random((20_000, 3))
    blind = Judged(LABELS, random.integers(0, 3, 20_000), values / values.sum(1, keepdims=True), np.arange(20_000))
    assert computed(AnswerScores(), blind)["cohen_kappa"] == pytest.approx(0, abs=0.02)
    assert computed(AnswerScores(), blind)["balanced_accuracy"] == pytest.approx(1 / 3, abs=0.02)
    assert computed(ProbabilityScores(), blind)["roc_auc"] == pytest.approx(1 / 2, abs=0.02)


@given(songs, st.permutations(range(3)))
def test_no_score_depends_on_the_order_of_the_labels(each, order):
    order = np.array(order)
    moved = Judged(LABELS, order.argsort()[each.truth], each.probabilities[:, order], each.groups)
    before, after = computed(ProbabilityScores(), each), computed(ProbabilityScores(), moved)
    assert after == pytest.approx(before)


@given(songs)
def test_with_every_song_once_the_resampled_scores_are_scikit_learns(each):
    once = np.ones((1, len(each.truth)))
    expected = {**computed(AnswerScores(), each), **computed(ProbabilityScores(), each)}
    assert {name: score(each, once)[0] for name, score in SCORES.items()} == pytest.approx(expected, nan_ok=True)


@given(songs, st.integers(0, 1000))
def test_a_song_drawn_twice_counts_as_two_songs(each, seed):
    times = np.random.default_rng(seed).multinomial(len(each.truth), np.full(len(each.truth), 1 / len(each.truth)))
    copies = np.repeat(np.arange(len(times)), times)
    twice = Judged(LABELS, each.truth[copies], each.probabilities[copies], each.groups[copies])
    once = np.ones((1, len(copies)))
    drawn = {name: score(each, times[None].astype(float))[0] for name, score in SCORES.items()}
    assert drawn == pytest.approx({name: score(twice, once)[0] for name, score in SCORES.items()}, nan_ok=True)


@given(songs)
def test_the_scores_of_scikit_learn_by_their_own_names(each):
    answers = each.answers
    found = computed(AnswerScores(), each)
    assert found["cohen_kappa"] == pytest.approx(metrics.cohen_kappa_score(each.truth, answers), nan_ok=True)
    if set(answers) <= set(each.truth):
        assert found["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(each.truth, answers))
    if len(set(each.truth)) == 3:
        area = metrics.roc_auc_score(each.truth, each.probabilities, multi_class="ovr")
        assert computed(ProbabilityScores(), each)["roc_auc"] == pytest.approx(area)
    assert np.sum(computed(Confusion(), each)["confusion"]) == len(answers)
    assert sum(computed(LabelScores(), each)["support"]) == len(answers)


def test_two_labels_are_scored_as_three_are():
    two = judged(3, 30, labels=2)
    found = computed(ProbabilityScores(), two)
    assert found["brier"] == pytest.approx(2 * metrics.brier_score_loss(two.truth, two.probabilities[:, 1]))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(two.truth, two.probabilities[:, 1]))


def test_the_calibration_error_is_the_one_worked_out_by_hand():
    """Twenty songs, two a bin. Of the first ten, sure of 0.6, five are right: each bin is off by 0.1, one right of two.
    Of the others, sure of 0.8, all are right: off by 0.2. Together 0.1 * 0.5 + 0.2 * 0.5."""
    sure = np.array([0.6] * 10 + [0.8] * 10)
    right = np.array([True, False] * 5 + [True] * 10)
    probabilities = np.stack([sure, 1 - sure], axis=1)
    found = Calibration().compute(predictions=probabilities, references=np.where(right, 0, 1))
    assert found["ece"] == pytest.approx(0.15)
    assert [each["songs"] for each in found["bins"]] == [2] * 10


def test_the_calibration_error_of_ties_does_not_depend_on_the_order_of_the_songs():
    """Forty songs by rising label, each answered alike with the share that each label has: exactly true."""
    truth = np.repeat(np.arange(4), 10)
    found = Calibration().compute(predictions=np.full((40, 4), 0.25), references=truth)
    assert found["ece"] == pytest.approx(0)
    assert found["ece_if_calibrated"] < 0.1
    assert {each["accuracy"] for each in found["bins"]} == {0.25}


def test_a_calibrated_system_errs_as_much_as_the_simulation_says_and_an_overconfident_one_more():
    random = np.random.default_rng(1)
    sure = random.uniform(0.5, 1, 1000)
    probabilities = np.stack([sure, 1 - sure], axis=1)
    true = Calibration().compute(predictions=probabilities, references=(random.random(1000) > sure).astype(int))
    assert true["ece"] < true["ece_if_calibrated_95"]
    sharp = Calibration().compute(predictions=probabilities, references=(random.random(1000) > sure - 0.2).astype(int))
    assert sharp["ece"] > 2 * sharp["ece_if_calibrated_95"]


def test_the_surest_answers_come_first_and_ties_in_no_order():
    """Sure and right, then three tied songs of which one is right: one third of each of them counts."""
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4], [0.6, 0.4]])
    areas = [
        Abstention().compute(predictions=probabilities, references=truth)["abstention_area"]
        for truth in ([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0])
    ]
    assert areas == pytest.approx([(1 + (4 / 3) / 2 + (5 / 3) / 3 + 2 / 4) / 4] * 3)


@given(songs)
def test_answering_every_song_has_the_accuracy_of_all(each):
    curve = computed(Abstention(), each)["curve"]
    assert curve[-1]["coverage"] == 1
    assert curve[-1]["accuracy"] == pytest.approx(computed(AnswerScores(), each)["accuracy"])


@given(songs, st.floats(0, 1))
def test_a_larger_quantile_never_holds_fewer_truths(each, quantile):
    small, large = (computed(ConformalSets(each_quantile), each) for each_quantile in (quantile, 1.0))
    assert small["coverage"] <= large["coverage"] == 1
    assert small["size"] <= large["size"] == 3


def test_metrics_are_combined_as_the_library_combines_its_own():
    together = evaluate.combine([AnswerScores(), ProbabilityScores(), Calibration()])
    each = judged(0, 30)
    found = together.compute(predictions=each.probabilities.tolist(), references=each.truth.tolist())
    assert found == {
        **computed(AnswerScores(), each),
        **computed(ProbabilityScores(), each),
        **computed(Calibration(), each),
    }


@pytest.mark.parametrize("references", [[0, 2], [-1, 0]])
def test_a_reference_that_is_no_labels_id_is_refused(references):
    with pytest.raises(ValueError, match="ids of 2 labels"):
        AnswerScores().compute(predictions=[[0.2, 0.8], [0.5, 0.5]], references=references)


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="expected probabilities"):
        AnswerScores().compute(predictions=[[2.0, 3.0]], references=[0])
