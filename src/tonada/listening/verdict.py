"""The answer that a model's numbers give to one song, in numpy: what every runtime shares."""

from dataclasses import dataclass, replace

import numpy as np

from tonada.listening.answers import Answer, Stretch
from tonada.listening.facts import MULTI_LABEL, REGRESSION, UNKNOWN, Facts

Times = list[tuple[float, float]]  # start and end of each segment, seconds
AS_PROBABLE_AS_NOT = 0.5


@dataclass(frozen=True)
class Numbers:
    """
    What a model says of one song.

    Attributes:
        probabilities: of the leaves, or the values of a regression, `(labels,)`.
        segment_logits: `(segments, labels)`.
        times: of the segments.
    """

    probabilities: np.ndarray
    segment_logits: np.ndarray
    times: Times


def verdict(numbers: Numbers, facts: Facts, level: int | None = None) -> Answer:
    """
    The answer, without what only the caller knows (path, duration, model).

    Args:
        numbers: of the song.
        facts: of the model.
        level: of the tree of labels, 1 for the roots; the leaves if not given. The answer is then that level's most
            probable label, and `leaf` the most probable leaf below it.
    """
    if facts.problem == REGRESSION:
        return Answer("", values=dict(zip(facts.labels, numbers.probabilities.tolist(), strict=True)))
    answer = _several(numbers, facts) if facts.problem == MULTI_LABEL else _one(numbers, facts, level)
    answer = replace(answer, segments=_segments(numbers, facts, level))
    sure = facts.abstain_below is None or (answer.probability or 0.0) >= facts.abstain_below
    return answer if sure else _abstain(answer)


def _one(numbers: Numbers, facts: Facts, level: int | None) -> Answer:
    leaves, members, labels = numbers.probabilities, facts.members(level), list(facts.at_level(level))
    probabilities = members @ leaves
    winner = int(probabilities.argmax())
    leaf = facts.labels[int(np.where(members[winner] > 0, leaves, -np.inf).argmax())]
    by_label = dict(zip(labels, probabilities.tolist(), strict=True))
    votes = (_softmax(numbers.segment_logits) @ members.T).argmax(-1)
    return Answer(
        path="",
        label=labels[winner],
        parents=facts.ancestors(leaf),
        probability=by_label[labels[winner]],
        probabilities=by_label,
        agreement=float((votes == winner).mean()),
        set=_conformal_set(by_label, leaves, facts),
        level=level,
        leaf=None if level is None else leaf,
    )


def _several(numbers: Numbers, facts: Facts) -> Answer:
    by_label = dict(zip(facts.labels, numbers.probabilities.tolist(), strict=True))
    ordered = _by_probability(by_label)
    votes = numbers.segment_logits.argmax(-1)
    return Answer(
        path="",
        label=ordered[0],
        probability=by_label[ordered[0]],
        probabilities=by_label,
        agreement=float((votes == numbers.probabilities.argmax()).mean()),
        labels=[label for label in ordered if by_label[label] >= AS_PROBABLE_AS_NOT],
    )


def _abstain(answer: Answer) -> Answer:
    return replace(
        answer,
        label=UNKNOWN,
        parents=[],
        leaf=None if answer.leaf is None else UNKNOWN,
        labels=None if answer.labels is None else [],
    )


def _segments(numbers: Numbers, facts: Facts, level: int | None) -> list[Stretch]:
    scaled = numbers.segment_logits / facts.temperature
    if facts.problem == MULTI_LABEL:
        labels, probabilities = facts.labels, 1 / (1 + np.exp(-scaled))
    else:
        labels, probabilities = list(facts.at_level(level)), _softmax(scaled) @ facts.members(level).T
    best = probabilities.argmax(-1)
    return [
        Stretch(start, end, labels[index], float(of_segment[index]))
        for (start, end), of_segment, index in zip(numbers.times, probabilities, best, strict=True)
    ]


def _conformal_set(by_label: dict[str, float], leaves: np.ndarray, facts: Facts) -> list[str] | None:
    """The labels of a level that have a leaf in the set of leaves: they hold the truth wherever that set does."""
    if facts.conformal_quantile is None:
        return None
    held = {
        label
        for leaf, probability in zip(facts.labels, leaves.tolist(), strict=True)
        for label in (leaf, *facts.ancestors(leaf))
        if probability >= 1 - facts.conformal_quantile
    }
    return [label for label in _by_probability(by_label) if label in held]


def _by_probability(by_label: dict[str, float]) -> list[str]:
    return sorted(by_label, key=by_label.__getitem__, reverse=True)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)
