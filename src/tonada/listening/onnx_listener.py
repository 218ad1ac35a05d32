"""An exported model that listens through ONNX Runtime: a file in, an answer out, and no torch."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from tonada.listening.answers import Answer
from tonada.listening.any_listener import AnyListener
from tonada.listening.decoding import Source, decode
from tonada.listening.each_song import answer_each
from tonada.listening.facts import Facts
from tonada.listening.files import Found
from tonada.listening.limits import Limits
from tonada.listening.model_error import ModelError
from tonada.listening.verdict import Numbers, verdict


class OnnxListener(AnyListener):
    """
    A classifier of files.

    Args:
        path: of a file that `tonada export` wrote.
        limits: what recordings are refused.

    Raises:
        ModelError: the file cannot be read, or is another program's.
    """

    def __init__(self, path: str | Path, limits: Limits | None = None):
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError("onnxruntime is not installed; pip install 'tonada[onnx]'") from error
        try:
            self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no common base
            reason = str(error).strip().splitlines()[0]
            raise ModelError(f"{path} cannot be loaded: {reason}") from error
        metadata = self.session.get_modelmeta().custom_metadata_map
        try:
            self.facts = Facts.from_metadata(metadata)
            self.sampling_rate = int(metadata["sampling_rate"])
            self.name, self.revision = metadata["model"], metadata["revision"] or None
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{path} is no model that `tonada export` wrote; export yours anew") from error
        self.limits = limits or Limits()

    def listen(self, source: Source, path: str = "", level: int | None = None) -> Answer:
        """
        Classify one recording, as `Listener.listen`.

        Raises:
            AudioError: the recording cannot be judged.
            ValueError: there is no such level.
        """
        waveform = decode(source, self.sampling_rate, self.limits)
        answer = verdict(self.numbers(waveform), self.facts, level)
        return self.signed(answer, path, len(waveform) / self.sampling_rate)

    def listen_all(self, found: Iterable[Found], level: int | None = None) -> Iterator[Answer]:
        """Classify what `find_audio` found, an answer each."""
        return answer_each(found, lambda path: self.listen(path, path, level))

    def numbers(self, waveform: np.ndarray) -> Numbers:
        """What the model says of a waveform, float32 `(samples,)` at its rate."""
        names = ["probabilities", "segment_logits", "segment_times"]
        probabilities, segment_logits, times = self.session.run(names, {"waveform": waveform})
        return Numbers(probabilities, segment_logits, [(start, end) for start, end in times.tolist()])
