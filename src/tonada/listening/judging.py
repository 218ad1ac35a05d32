"""What a model's output says of one song, by kind of problem: a label and those above it, several labels, or values."""

from dataclasses import replace

import torch

from tonada.listening.answers import Answer, Stretch
from tonada.modeling import TonadaConfig, TonadaOutput
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION, UNKNOWN
from tonada.modeling.voting_tonada import agreement

Times = list[tuple[float, float]]  # start and end of each segment, seconds
AS_PROBABLE_AS_NOT = 0.5


def judge(output: TonadaOutput, config: TonadaConfig, times: Times, level: int | None = None) -> Answer:
    """
    The answer to the one song of a batch, without what only the caller knows (path, duration, model).

    Args:
        output: of one song.
        config: the model's.
        times: of the song's segments.
        level: of the tree of labels, 1 for the roots; the leaves if not given. The answer is then that level's most
            probable label, and `leaf` the most probable leaf below it.
    """
    if config.problem == REGRESSION:
        return Answer("", values=dict(zip(config.tree.leaves, output.logits[0].tolist(), strict=True)))
    answer = _several(output, config) if config.problem == MULTI_LABEL else _one(output, config, level)
    answer = replace(answer, segments=_segments(output, config, times, level))
    sure = config.abstain_below is None or answer.probability >= config.abstain_below
    return answer if sure else _abstain(answer)


def _one(output: TonadaOutput, config: TonadaConfig, level: int | None) -> Answer:
    tree, leaves = config.tree, output.logits[0]
    labels = tree.level(level)
    scores = tree.log_probabilities(leaves, level)
    winner = int(scores.argmax())
    leaf = tree.best_leaf(labels[winner], leaves)
    by_label = dict(zip(labels, scores.exp().tolist(), strict=True))
    votes = tree.log_probabilities(output.segment_logits.log_softmax(-1), level)
    return Answer(
        path="",
        label=labels[winner],
        parents=tree.ancestors(leaf),
        probability=by_label[labels[winner]],
        probabilities=by_label,
        agreement=float(agreement(votes, output.segment_mask, scores.argmax().unsqueeze(0))),
        set=_conformal_set(by_label, leaves, config),
        level=level,
        leaf=None if level is None else leaf,
    )


def _several(output: TonadaOutput, config: TonadaConfig) -> Answer:
    by_label = dict(zip(config.tree.leaves, output.logits[0].sigmoid().tolist(), strict=True))
    ordered = _by_probability(by_label)
    return Answer(
        path="",
        label=ordered[0],
        probability=by_label[ordered[0]],
        probabilities=by_label,
        agreement=float(output.agreement[0]),
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


def _segments(output: TonadaOutput, config: TonadaConfig, times: Times, level: int | None) -> list[Stretch]:
    scaled = output.segment_logits[0] / config.temperature
    if config.problem == MULTI_LABEL:
        labels, probabilities = config.tree.leaves, scaled.sigmoid()
    else:
        labels = config.tree.level(level)
        probabilities = config.tree.log_probabilities(scaled.log_softmax(-1), level).exp()
    best = probabilities.max(-1)
    heard = zip(best.values.tolist(), best.indices.tolist(), strict=True)
    return [
        Stretch(start, end, labels[index], probability)
        for (start, end), (probability, index) in zip(times, heard, strict=True)
    ]


def _conformal_set(by_label: dict[str, float], leaves: torch.Tensor, config: TonadaConfig) -> list[str] | None:
    """The labels of a level that have a leaf in the set of leaves: they hold the truth wherever that set does."""
    if config.conformal_quantile is None:
        return None
    likely = leaves.exp().double() >= 1 - config.conformal_quantile
    held = {
        label
        for leaf, is_likely in zip(config.tree.leaves, likely.tolist(), strict=True)
        for label in (leaf, *config.ancestors(leaf))
        if is_likely
    }
    return [label for label in _by_probability(by_label) if label in held]


def _by_probability(by_label: dict[str, float]) -> list[str]:
    return sorted(by_label, key=by_label.__getitem__, reverse=True)
