"""Why a model answered a song as it did: a file in, an explanation out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tonada.explaining.attention import AttentionMap, attention_maps
from tonada.explaining.attributions import METHODS
from tonada.explaining.descriptors import DescriptorContributions, descriptor_contributions
from tonada.explaining.hearing import HeardSong
from tonada.explaining.instants import Instant, Times, grid_of
from tonada.explaining.passages import Passage, deciding_passages
from tonada.explaining.reasons import Descriptor, Reasons, ranked
from tonada.explaining.targets import ExplainError, target_of
from tonada.extras import lacking
from tonada.listening.decoding import decode
from tonada.listening.inputs import as_heard
from tonada.listening.listener import Listener
from tonada.modeling.labels_tonada import REGRESSION

METHOD = "occlusion"  # the most faithful of METHODS: docs/explaining.md
BY_SEGMENT = "descriptors"  # the method of models that hear time in whole segments only


@dataclass(frozen=True)
class Explanation(Reasons):
    """
    What decided a song, and when.

    Attributes:
        duration: of the song, seconds.
        instants: of the whole song, in its order.
        passages: those that decided.
        attention: of each attention of the model what it kept.
    """

    duration: float
    instants: list[Instant]
    passages: list[Passage]
    attention: list[dict[str, Any]]


def check_explainable(listener: Listener, label: str | None = None) -> None:
    """
    Refuse at once what no song could be asked.

    Raises:
        ExplainError: a library is missing, the model has no such label, or it hears neither spectrograms, descriptors
            nor waveforms.
    """
    if told := lacking("explain"):
        raise ExplainError(f"explaining {told}")
    config = listener.model.config
    if "embeddings" in config.branches:
        raise ExplainError(f"{listener.name} hears embeddings that another network made, and no recording")
    target_of(config, torch.zeros(len(config.tree.leaves)), label)


def explain(listener: Listener, path: str, label: str | None = None) -> tuple[Explanation, np.ndarray]:
    """
    Explain one recording; also returns its waveform, float32 `(samples,)` at the model's rate.

    Args:
        listener: with the model to explain.
        path: of the recording.
        label: what to explain; the most probable label if not given.

    Raises:
        AudioError: the recording cannot be judged.
        ExplainError: see `check_explainable`.
    """
    rate = listener.extractor.sampling_rate
    waveform = decode(path, rate, listener.limits)
    sound = as_heard(waveform, listener.extractor)
    features = listener.extractor(sound, sampling_rate=rate, return_tensors="pt").to(listener.model.device)
    times = listener.extractor.segment_times(sound)
    song = HeardSong(listener.model, features, label)
    told = descriptor_contributions(song) if "descriptors" in song.config.branches else None
    method, instants = _instants(song, listener, told, times)
    duration, score = len(waveform) / rate, song.score()
    answered = float(song.target.score(song.logits.unsqueeze(0)))  # differs from the score under a majority alone
    explanation = Explanation(
        path=path,
        model=listener.name,
        revision=listener.revision,
        label=song.target.label,
        probability=song.target.probability(answered),
        unit="value" if song.config.problem == REGRESSION else "log-odds",
        score=score,
        duration=duration,
        method=method,
        instants=instants,
        passages=deciding_passages(instants, duration),
        branches={branch: score - song.score_without(branch) for branch in song.config.branches},
        descriptors=[] if told is None else _descriptors(told, listener.extractor.columns),
        attention=[_plain(name, each) for name, each in attention_maps(listener.model, features).items()],
    )
    return explanation, waveform


def _instants(
    song: HeardSong, listener: Listener, told: DescriptorContributions | None, times: Times
) -> tuple[str, list[Instant]]:
    """Of the branch that hears time; a model of descriptors alone tells its segments apart, and no more."""
    grid = grid_of(song, listener.extractor)
    if grid is not None:
        return METHOD, grid.instants(METHODS[METHOD](song, grid), times)
    assert told is not None  # a model hears something
    spoken = told.contributions.sum(1).tolist()
    pairs = zip(times, spoken, strict=True)
    return BY_SEGMENT, [Instant(index, *when, value) for index, (when, value) in enumerate(pairs)]


def _descriptors(told: DescriptorContributions, columns: tuple[str, ...]) -> list[Descriptor]:
    return ranked(
        columns,
        told.values.mean(0).tolist(),
        told.average.tolist(),
        told.deviations.mean(0).tolist(),
        told.contributions.sum(0).tolist(),
    )


def _plain(name: str, seen: AttentionMap) -> dict[str, Any]:
    """Of each head the steps it kept in each segment, how many a query kept, what softmax would have given the rest."""
    return {
        "name": name,
        "mode": seen.mode,
        "steps": seen.kept.shape[-1],
        "heads": [
            {
                "kept": [steps.nonzero().flatten().tolist() for steps in seen.kept[:, head]],
                "kept_by_query": float(seen.kept_by_query[:, head].mean()),
                "dense_weight_of_dropped": float(seen.dropped[:, head].mean()),
            }
            for head in range(seen.kept.shape[1])
        ],
    }
