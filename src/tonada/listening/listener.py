"""A model that listens: a file in, an answer out."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from transformers import BatchFeature

import tonada
from tonada.checkpoints import classifier, is_bundled
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.answers import Answer
from tonada.listening.any_listener import AnyListener
from tonada.listening.decoding import Source, decode
from tonada.listening.each_song import answer_each
from tonada.listening.facts import Facts
from tonada.listening.files import Found
from tonada.listening.gate import MUSIC, NON_MUSIC, can_gate, refusal
from tonada.listening.inputs import InputError, as_heard, check_input_of
from tonada.listening.judging import judge
from tonada.listening.limits import AudioError, Limits
from tonada.listening.model_error import ModelError
from tonada.listening.pairs import check_pair, commit_of, load_pair
from tonada.listening.separation import SeparationError, check_method
from tonada.listening.stems import check_sounds, each_stem
from tonada.listening.verdict import Times
from tonada.modeling import TonadaForAudioClassification, TonadaOutput

SECONDS_OF_A_SONG = 180.0  # where a song is not cut

Heard = tuple[BatchFeature, float, Times]


class Listener(AnyListener):
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
            folder = classifier(task)
        except ValueError as error:
            raise ModelError(str(error)) from error
        return cls(*load_pair(str(folder), None), f"bundled:{task}", tonada.__version__, limits, gate)

    @classmethod
    def from_pretrained(
        cls,
        model: str,
        revision: str | None = None,
        limits: Limits | None = None,
        gate: "Listener | None" = None,
    ) -> "Listener":
        """
        The listener of a model's folder, of a model that came with the package (its task's name) or of a Hub id,
        looked for in this order. No code from the model's repository is run.

        Raises:
            ModelError: it cannot be found or read, or is not Tonada's; or what is not on the Hub has no revisions.
        """
        is_here = is_bundled(model) or Path(model).is_dir()
        if is_here and revision is not None:
            raise ModelError(f"{model} is not on the Hub and has no revision {revision!r}; leave out --revision")
        if is_bundled(model):
            return cls.bundled(model, limits, gate)
        pair = load_pair(model, revision)
        return cls(*pair, model, None if is_here else commit_of(model, revision), limits, gate)

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
            answer = Answer(path, "not_music", refusal, stems=None if stems == "none" else {})
            return self.signed(answer, path, seconds)
        alone = None if stems == "none" else self._stems(waveform, stems, path, level)
        heard = self.hear(waveform)
        del waveform  # an hour of it is 300 MB, and the model needs room too
        return replace(self.answer(heard, path, level), stems=alone)

    def listen_all(self, found: Iterable[Found], stems: str = "none", level: int | None = None) -> Iterator[Answer]:
        """Classify what `find_audio` found, an answer each; one that cannot be judged is answered with the reason."""
        alone: dict[str, Answer] | None = None if stems == "none" else {}
        return answer_each(found, lambda path: self.listen(path, path, stems, level), alone)

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
    def embed(self, heard: Heard) -> TonadaOutput:
        """Embeddings of a song's segments, see `hear`; the same of all listeners that share a backbone."""
        features, _, _ = heard
        return self.model.tonada(**features.to(self.model.device))

    @torch.inference_mode()
    def answer_embedded(self, embedded: TonadaOutput, heard: Heard, path: str) -> Answer:
        """Classify what was heard of a song and embedded, see `embed`."""
        return self._told(self.model.classify(embedded), heard, path)

    @torch.inference_mode()
    def answer(self, heard: Heard, path: str, level: int | None = None) -> Answer:
        """Classify what was heard of a song, see `hear` and `listen`."""
        features, _, _ = heard
        return self._told(self.model(**features.to(self.model.device)), heard, path, level)

    def _told(self, output: TonadaOutput, heard: Heard, path: str, level: int | None = None) -> Answer:
        _, seconds, times = heard
        return self.signed(judge(output, self.model.config, times, level), path, seconds)
