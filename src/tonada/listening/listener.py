"""A model that listens: a file in, an answer out."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from huggingface_hub import try_to_load_from_cache
from safetensors import SafetensorError
from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForAudioClassification, BatchFeature

import tonada
from tonada.checkpoints import tasks
from tonada.embedding.published import EMBEDDERS
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.answers import Answer
from tonada.listening.decoding import Source, decode
from tonada.listening.each_song import answer_each
from tonada.listening.facts import Facts
from tonada.listening.files import Found
from tonada.listening.gate import MUSIC, NON_MUSIC, can_gate, refusal
from tonada.listening.inputs import InputError, as_heard, check_input_of
from tonada.listening.judging import judge
from tonada.listening.limits import AudioError, Limits
from tonada.listening.model_error import ModelError
from tonada.listening.separation import SeparationError, check_method
from tonada.listening.stems import check_sounds, each_stem
from tonada.listening.verdict import Times
from tonada.modeling import TonadaConfig, TonadaForAudioClassification

SECONDS_OF_A_SONG = 180.0  # where a song is not cut
# What transformers, torch and safetensors raise for a folder that is missing, foreign or damaged.
DAMAGED = (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, SafetensorError)

Heard = tuple[BatchFeature, float, Times]


class Listener:
    """
    A classifier of files.

    Args:
        model: in evaluation mode from here on.
        extractor: saved beside the model.
        name: what answers call the model.
        revision: which edition of it.
        limits: what recordings are refused.
        gate: a music detector, which hears every song first; what it finds no music is answered `not_music`.

    Raises:
        ModelError: model, extractor and gate do not fit together.
    """

    def __init__(
        self,
        model: TonadaForAudioClassification,
        extractor: TonadaFeatureExtractor,
        name: str,
        revision: str | None = None,
        limits: Limits | None = None,
        gate: "Listener | None" = None,
    ):
        check_pair(model.config, extractor)
        try:
            check_input_of(extractor)
        except InputError as error:
            raise ModelError(f"{name} cannot hear here: {error}") from error
        self.model = model.eval()
        self.facts = Facts.of(model.config)
        self.extractor = extractor
        self.name = name
        self.revision = revision
        self.limits = limits or Limits()
        if gate is not None and not can_gate(gate.model.config):
            labels = ", ".join(gate.model.config.tree.nodes)
            raise ModelError(f"{gate.name} cannot be the gate: it needs {MUSIC} and {NON_MUSIC}, and has {labels}")
        self.gate = gate

    @classmethod
    def bundled(cls, task: str, limits: Limits | None = None, gate: "Listener | None" = None) -> "Listener":
        """The listener whose weights come with the package."""
        try:
            folder = tonada.checkpoint(task)
        except ValueError as error:
            raise ModelError(str(error)) from error
        return cls(*_load(str(folder), None), f"bundled:{task}", tonada.__version__, limits, gate)

    @classmethod
    def from_pretrained(
        cls,
        model: str,
        revision: str | None = None,
        limits: Limits | None = None,
        gate: "Listener | None" = None,
    ) -> "Listener":
        """
        The listener of a folder, of a model that came with the package (its task's name) or of a Hub id, looked for in
        this order. No code from the model's repository is run.

        Raises:
            ModelError: it cannot be found or read, or is not Tonada's.
        """
        if model in tasks() and not Path(model).is_dir():
            return cls.bundled(model, limits, gate)
        pair = _load(model, revision)
        return cls(*pair, model, None if Path(model).is_dir() else _commit(model, revision), limits, gate)

    def listen(self, source: Source, path: str = "", stems: str = "none", level: int | None = None) -> Answer:
        """
        Classify one recording.

        Args:
            source: a path, a file's bytes, or an open binary file.
            path: what the answer calls it.
            stems: a separation method, whose stems are also classified, each alone as a song of its own.
            level: of the model's tree of labels to answer at, 1 for the roots; the leaves if not given.

        Raises:
            AudioError: the recording cannot be judged.
            SeparationError: it cannot be separated.
            ValueError: there is no such level.
        """
        waveform = decode(source, self.extractor.sampling_rate, self.limits)
        if refusal := self._refusal(source, waveform, path):
            seconds = len(waveform) / self.extractor.sampling_rate
            answer = Answer(path, "not_music", refusal, duration=seconds, model=self.name, revision=self.revision)
            return replace(answer, stems=None if stems == "none" else {})
        alone = None if stems == "none" else self._stems(waveform, stems, path, level)
        heard = self.hear(waveform)
        del waveform  # an hour of it is 300 MB, and the model needs room too
        return replace(self.answer(heard, path, level), stems=alone)

    def listen_all(self, found: Iterable[Found], stems: str = "none", level: int | None = None) -> Iterator[Answer]:
        """Classify what `find_audio` found, an answer each; one that cannot be judged is answered with the reason."""
        alone: dict[str, Answer] | None = None if stems == "none" else {}
        return answer_each(found, lambda path: self.listen(path, path, stems, level), alone)

    def labels(self, level: int | None = None) -> list[str]:
        """
        What an answer has a number for: the model's labels or values, or the labels of a level.

        Raises:
            ModelError: there is no such level.
        """
        return self.facts.labels_of(level, self.name)

    def kind(self, level: int | None = None) -> list[str]:
        """The attributes that only answers of this kind have, among `level`, `leaf`, `labels` and `values`."""
        return self.facts.kind(level)

    def check_stems(self, method: str) -> None:
        """
        Refuse to classify stems alone by a method that cannot work here, or with a model that hears several at once.

        Raises:
            ModelError: saying why and what to do.
        """
        try:
            check_method(method)
        except SeparationError as error:
            raise ModelError(str(error)) from error
        if method != "none" and self.extractor.stems is not None:
            heard = ", ".join(self.extractor.stems)
            raise ModelError(f"{self.name} hears {heard} together and cannot judge a stem alone; leave out --stems")

    def one_segment(self) -> BatchFeature:
        """Features of one segment of silence, as long as a segment is."""
        seconds = self.extractor.segment_seconds or SECONDS_OF_A_SONG
        features, _, _ = self.hear(np.zeros(round(seconds * self.extractor.sampling_rate), np.float32))
        return features

    def _refusal(self, source: Source, waveform: np.ndarray, path: str) -> str | None:
        """What the gate says against a recording, in a line; decoded anew only if the gate hears at another rate."""
        if self.gate is None:
            return None
        rate = self.gate.extractor.sampling_rate
        if rate != self.extractor.sampling_rate:
            waveform = decode(source, rate, self.limits)
        return refusal(self.gate, waveform, path)

    def _stems(self, waveform: np.ndarray, method: str, path: str, level: int | None) -> dict[str, Answer]:
        self.check_stems(method)
        answers = {}
        for name, stem in each_stem(waveform, self.extractor.sampling_rate, method):
            try:
                check_sounds(stem, waveform)
                answers[name] = self.answer(self.hear(stem), path, level)
            except AudioError as problem:
                answers[name] = Answer(path, problem.status, f"{path}: its {name} {problem}")
        return answers

    def hear(self, waveform: np.ndarray) -> Heard:
        """
        What the model takes of a song, its seconds, and the times of its segments.

        Args:
            waveform: float32 `(samples,)` at the extractor's rate.
        """
        rate = self.extractor.sampling_rate
        song = as_heard(waveform, self.extractor)
        features = self.extractor(song, sampling_rate=rate, return_tensors="pt")
        return features, len(waveform) / rate, self.extractor.segment_times(song)

    @torch.inference_mode()
    def answer(self, heard: Heard, path: str, level: int | None = None) -> Answer:
        """Classify what was heard of a song, see `hear` and `listen`."""
        features, seconds, times = heard
        output = self.model(**features.to(self.model.device))
        answer = judge(output, self.model.config, times, level)
        return replace(answer, path=path, duration=seconds, model=self.name, revision=self.revision)


def check_pair(config: TonadaConfig, extractor: TonadaFeatureExtractor) -> None:
    """
    Refuse an extractor that makes other features than the model was built for.

    Raises:
        ModelError: naming the first number on which they disagree, and both its values.
    """
    if not isinstance(extractor, TonadaFeatureExtractor):
        raise ModelError(f"the extractor is a {type(extractor).__name__}; a Tonada model hears with Tonada's own")
    shared = {
        "branches": (sorted(extractor.branches), sorted(config.branches)),
        "num_channels": (extractor.num_channels, config.num_channels),
        "num_mel_bins": (extractor.num_bands, config.num_mel_bins),
        "num_descriptors": (len(extractor.columns), config.num_descriptors),
        "feature_schema": (extractor.feature_schema["hash"], config.feature_schema or extractor.feature_schema["hash"]),
    }
    if "waveform" in config.branches:
        shared["sampling_rate"] = (extractor.sampling_rate, config.encoder_processor["sampling_rate"])
    if extractor.embedder in EMBEDDERS:
        shared["embedding_width"] = (EMBEDDERS[extractor.embedder].width, config.embedding_width)
    for name, (made, expected) in shared.items():
        if made != expected:
            raise ModelError(f"extractor and model disagree on {name}: {made} is made, {expected} is expected")


def _load(model: str, revision: str | None) -> tuple[TonadaForAudioClassification, TonadaFeatureExtractor]:
    try:
        where = {"revision": revision, "trust_remote_code": False}
        config = AutoConfig.from_pretrained(model, **where)
        if not isinstance(config, TonadaConfig):
            raise ModelError(f"{model} is a {config.model_type!r} model; this command runs Tonada's own")
        extractor = AutoFeatureExtractor.from_pretrained(model, **where)
        loaded, told = AutoModelForAudioClassification.from_pretrained(
            model, output_loading_info=True, dtype=torch.float32, **where
        )
    except DAMAGED as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{model} cannot be loaded: {reason}") from error
    astray = sorted(str(key) for keys in ("missing_keys", "unexpected_keys", "mismatched_keys") for key in told[keys])
    if astray:
        raise ModelError(f"{model} is no whole classifier: {len(astray)} tensors do not fit, {astray[0]} among them")
    return loaded, extractor


def _commit(model: str, revision: str | None) -> str | None:
    """The commit of a cached Hub model: its files lie in a folder of that name."""
    path = try_to_load_from_cache(model, "config.json", revision=revision)
    return Path(path).parent.name if isinstance(path, str) else revision
