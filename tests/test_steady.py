"""What is said of a stream does not flicker, follows a change, and starts anew after silence."""

import math
from itertools import pairwise

import pytest
from conftest import LABELS
from hypothesis import given
from hypothesis import strategies as st
from tonada.modeling import TonadaConfig

from tonada.listening.answers import Answer
from tonada.listening.steady import MARGIN, Smoother


def config(**settings) -> TonadaConfig:
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {label: index for index, label in enumerate(LABELS)}}
    return TonadaConfig(**names, **settings)


def happy_or_sad(happy: float) -> Answer:
    return Answer("", probabilities={"happy": happy, "sad": 1 - happy, "relaxed": 0.0, "angry": 0.0})


def said(smoother: Smoother, answers) -> list:
    return [smoother.add(answer, end) for end, answer in enumerate(answers, start=3)]


def changes(labels) -> int:
    return sum(one != other for one, other in pairwise(labels))


FLICKER = [happy_or_sad(float(second % 2)) for second in range(120)]


def test_answers_that_flicker_wildly_are_said_without_flicker():
    raw = [max(answer.probabilities, key=answer.probabilities.get) for answer in FLICKER]
    assert changes(raw) == 119
    assert changes([each.label for each in said(Smoother(config(), 5.0), FLICKER)]) <= 1


def test_neither_mean_nor_margin_alone_is_enough_for_that():
    assert changes([each.label for each in said(Smoother(config(), 5.0, margin=0.0), FLICKER)]) > 50
    assert changes([each.label for each in said(Smoother(config(), 0.0), FLICKER)]) > 50


def test_a_true_change_is_said_within_the_time_of_the_mean():
    answers = [happy_or_sad(0.9)] * 30 + [happy_or_sad(0.1)] * 30
    after = said(Smoother(config(), 5.0), answers)[30:]
    first = next(second for second, each in enumerate(after, start=1) if each.label == "sad")
    assert first <= 5
    assert {each.label for each in after[first:]} == {"sad"}
    assert after[-1].since == 3 + 30 + first - 1


@given(st.lists(st.floats(0.5 - MARGIN / 2.01, 0.5 + MARGIN / 2.01), min_size=1, max_size=50), st.floats(0, 30))
def test_labels_nearer_than_the_margin_never_change(shares, seconds):
    assert changes([each.label for each in said(Smoother(config(), seconds), map(happy_or_sad, shares))]) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0, 30))
def test_means_are_probabilities(shares, seconds):
    for each in said(Smoother(config(), seconds), map(happy_or_sad, shares)):
        assert math.isclose(sum(each.probabilities.values()), 1, abs_tol=1e-9)
        assert 0 <= each.probability == each.probabilities[each.label] <= 1


def test_silence_is_said_and_what_follows_it():
    answers = [happy_or_sad(0.9)] * 5 + [Answer("", "silent")] * 10 + [happy_or_sad(0.9)] * 10
    labels = [each.label for each in said(Smoother(config(), 5.0), answers)]
    assert (labels[4], labels[14], labels[24], changes(labels)) == ("happy", "silent", "happy", 2)


def test_a_label_that_is_not_sure_enough_is_unknown_and_does_not_flicker_there():
    abstaining = config(abstain_below=0.7)
    around = [happy_or_sad(0.69 if second % 2 else 0.72) for second in range(40)]
    assert {each.label for each in said(Smoother(abstaining, 0.0), around[:1])} == {"happy"}
    assert changes([each.label for each in said(Smoother(abstaining, 0.0), around)]) == 0
    assert said(Smoother(abstaining, 0.0), [happy_or_sad(0.65)])[0].label == "unknown"
    assert said(Smoother(abstaining, 0.0), [happy_or_sad(0.65)])[0].probability == pytest.approx(0.65)


def test_labels_that_occur_together_come_and_go_with_a_margin():
    together = config(problem_type="multi_label_classification")
    shares = [0.6, 0.45, 0.39, 0.45, 0.55]
    answers = [Answer("", probabilities={"happy": 0.9, "sad": share, "relaxed": 0.0, "angry": 0.0}) for share in shares]
    labels = [each.labels for each in said(Smoother(together, 0.0), answers)]
    assert labels == [["happy", "sad"], ["happy", "sad"], ["happy"], ["happy"], ["happy", "sad"]]


def test_values_are_averaged_and_do_not_reach_over_silence():
    values = config(problem_type="regression")
    answers = [Answer("", values=dict.fromkeys(LABELS, each)) for each in (0.0, 1.0)]
    heard = said(Smoother(values, 1.0), [*answers, Answer("", "silent"), answers[1]])
    assert heard[1].values["happy"] == pytest.approx(1 - math.exp(-1))
    assert (heard[2].label, heard[2].values) == ("silent", None)
    assert heard[3].values["happy"] == 1.0
