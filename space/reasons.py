"""Why a model answered so: where its sparse attention listened, and which descriptors spoke for the answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

MOMENTS, MOMENT_SECONDS = 3, 3.0
POINTS = 16  # of the integral


@dataclass(frozen=True)
class Moment:
    """Part of a song, in seconds, and the share of all attention that went to it."""

    start: float
    end: float
    share: float


@dataclass(frozen=True)
class Descriptor:
    """
    One number of the sound.

    Attributes:
        column: its name in the descriptor set.
        contribution: to the label's log-odds, above 0 where it spoke for the label.
        deviations: how many standard deviations of the training songs it lies above their mean.
    """

    column: str
    contribution: float
    deviations: float


def moments(kept_steps: Any, times: list[tuple[float, float]], step_seconds: float) -> list[Moment]:
    """
    The stretches of a song that received most attention, apart from each other, in their order.

    Args:
        kept_steps: `(1, segments, steps)`, the model's.
        times: start and end of each segment, seconds.
        step_seconds: from one step to the next.
    """
    end = times[-1][1]
    length = min(MOMENT_SECONDS, end - times[0][0])
    at, shares = _kept(kept_steps, times, step_seconds)
    starts = np.unique(np.clip(at, times[0][0], end - length))
    received = np.array([shares[(at >= start) & (at < start + length)].sum() for start in starts])
    chosen: list[Moment] = []
    for index in np.argsort(-received, kind="stable"):
        start = float(starts[index])
        if received[index] > 0 and all(abs(start - other.start) >= length for other in chosen):
            chosen.append(Moment(start, start + length, float(received[index])))
        if len(chosen) == MOMENTS:
            break
    return sorted(chosen, key=lambda moment: moment.start)


def _kept(kept_steps: Any, times: list[tuple[float, float]], step_seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """When each step that the attention kept begins, seconds `(kept,)`, and its share of all attention `(kept,)`."""
    shares = np.asarray(kept_steps[0].tolist())
    begins = np.array([start for start, _ in times])[:, None] + step_seconds * np.arange(shares.shape[1])
    kept = (shares > 0) & (begins < np.array([end for _, end in times])[:, None])
    return begins[kept], shares[kept] / shares[kept].sum()


def descriptors(model: Any, columns: tuple[str, ...], features: Any, output: Any, leaf: int) -> list[Descriptor]:
    """
    What each descriptor contributed to the label, over all segments, the strongest for it first.

    Integrated gradients (Sundararajan et al. 2017) from the mean of the training songs to what was heard: contributions
    add up to what the descriptors did for the log-odds of the segments' mean probability.

    Args:
        model: a `TonadaForAudioClassification`, its parameters without gradients.
        columns: names of the descriptors.
        features: of one song, from its extractor.
        output: what the model said of them.
        leaf: index of the label.
    """
    encoder = model.base_model.encoders.get("descriptors")
    if encoder is None:
        return []
    heard = features["descriptors"][0]  # (segments, columns)
    change = heard - encoder.mean
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    along = heard.new_tensor((points + 1) / 2)[:, None, None]
    path = (encoder.mean + along * change).requires_grad_()  # (points, segments, columns)
    embeddings = output.segment_embeddings.repeat(POINTS, 1, 1)
    embeddings[..., _place(model.config, "descriptors")] = encoder(path.flatten(0, 1)).embedding.unflatten(
        0, path.shape[:2]
    )
    mask = output.segment_mask.repeat(POINTS, 1)
    together = model.score_segments(embeddings, mask).log_softmax(-1).logsumexp(1)  # of logarithms: nothing is 1 or 0
    others = [each for each in range(together.shape[1]) if each != leaf]
    (together[:, leaf] - together[:, others].logsumexp(1)).sum().backward()
    slope = (path.grad * heard.new_tensor(weights / 2)[:, None, None]).sum(0)
    spoken = (slope * change).sum(0).tolist()
    deviations = (change / encoder.scale).mean(0).tolist()
    found = [Descriptor(*each) for each in zip(columns, spoken, deviations, strict=True)]
    return sorted(found, key=lambda each: -each.contribution)


def _place(config: Any, branch: str) -> slice:
    """Where a branch stands in a segment's embedding."""
    before = 0
    for name, width in config.embedding_sizes.items():
        if name == branch:
            return slice(before, before + width)
        before += width
    raise KeyError(branch)
