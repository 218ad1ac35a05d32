"""A waveform to an answer, by a model that is known by its id or folder alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

from reasons import Descriptor, Moment, descriptors, moments

AS_LIKELY_AS_NOT = 0.5
UNKNOWN = "unknown"  # the label of a model that abstains


@dataclass(frozen=True)
class Segment:
    """Part of a song, in seconds, and the probability of each label there."""

    start: float
    end: float
    probabilities: dict[str, float]

    @property
    def label(self) -> str:
        """The most probable."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


@dataclass(frozen=True)
class Answer:
    """
    What the model says of a song.

    Attributes:
        label: the most probable.
        probabilities: of every label, calibrated.
        parents: of the labels above it, nearest first, each with its probability.
        agreement: share of the segments that voted for the label.
        labels: those that hold the truth for nine songs in ten (split conformal); `None` if never fitted.
        abstains: whether the model would rather not answer.
        duration: seconds.
        segments: what each sounds like.
        moments: where the sparse attention listened most.
        descriptors: what in the sound spoke for the label and against it, the strongest first.
    """

    label: str
    probabilities: dict[str, float]
    parents: dict[str, float]
    agreement: float
    labels: list[str] | None
    abstains: bool
    duration: float
    segments: list[Segment]
    moments: list[Moment]
    descriptors: list[Descriptor]

    @property
    def probability(self) -> float:
        """Of the label."""
        return self.probabilities[self.label]

    @property
    def told(self) -> str:
        """The label as programs are told it: unknown where the model abstains."""
        return UNKNOWN if self.abstains else self.label

    @property
    def sure(self) -> bool:
        """Whether the label is likelier than all else together, and the model did not abstain."""
        return not self.abstains and self.probability >= AS_LIKELY_AS_NOT


class Judge:
    """
    A model and its extractor, from any folder or repository that `tonada push` or `save_pretrained` made.

    Args:
        model: its id or folder. The code that it brings is run.

    Raises:
        ValueError: it does not answer with one label a song, or does not hear plain sound.
    """

    def __init__(self, model: str):
        self.name = model
        self.extractor = AutoFeatureExtractor.from_pretrained(model, trust_remote_code=True)
        loaded = AutoModelForAudioClassification.from_pretrained(model, trust_remote_code=True)
        self.model = loaded.eval().requires_grad_(False)
        if loaded.config.problem != "single_label_classification":
            raise ValueError(f"{model} answers with {loaded.config.problem}; this page shows one label a song")
        if self.extractor.stems or "embeddings" in self.extractor.branches:
            raise ValueError(f"{model} hears stems or embeddings; this page hears plain sound")

    @property
    def rate(self) -> int:
        """Of the waveforms it hears, hertz."""
        return self.extractor.sampling_rate

    @property
    def labels(self) -> list[str]:
        """In the model's order."""
        return list(self.model.config.tree.leaves)

    def hear(self, waveform: np.ndarray) -> Answer:
        """The answer for a song, float32 `(samples,)` at the judge's rate."""
        features = self.extractor(waveform, sampling_rate=self.rate, return_tensors="pt")
        output, config = self.model(**features), self.model.config
        times = self.extractor.segment_times(waveform)
        probabilities = self._by_label(output.logits[0])
        label = max(probabilities, key=probabilities.__getitem__)
        return Answer(
            label=label,
            probabilities=probabilities,
            parents={each: self._below(each, probabilities) for each in config.ancestors(label)},
            agreement=float(output.agreement[0]),
            labels=_conformal(probabilities, config.conformal_quantile),
            abstains=probabilities[label] < (config.abstain_below or 0.0),
            duration=len(waveform) / self.rate,
            segments=[
                Segment(start, end, self._by_label(logits / config.temperature))
                for (start, end), logits in zip(times, output.segment_logits[0], strict=True)
            ],
            moments=self._moments(output.kept_steps, times),
            descriptors=descriptors(self.model, self.extractor.columns, features, output, self.labels.index(label)),
        )

    def _moments(self, kept_steps: Any, times: list[tuple[float, float]]) -> list[Moment]:
        if "spectrogram" not in self.extractor.branches or self.extractor.image_size is not None:
            return []  # when the steps of its attention are is not known
        frames = 2 ** len(self.model.config.conv_channels)
        return moments(kept_steps, times, frames * self.extractor.hop_length / self.rate)

    def _by_label(self, logits: Any) -> dict[str, float]:
        return dict(zip(self.labels, logits.softmax(-1).tolist(), strict=True))

    def _below(self, above: str, probabilities: dict[str, float]) -> float:
        return sum(each for leaf, each in probabilities.items() if above in self.model.config.ancestors(leaf))


def _conformal(probabilities: dict[str, float], quantile: float | None) -> list[str] | None:
    if quantile is None:
        return None
    ordered = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
    return [label for label in ordered if probabilities[label] >= 1 - quantile]
