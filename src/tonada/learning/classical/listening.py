"""Classical models behind `tonada classify`: audio files and tables in, an answer a song out."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from tonada.learning.classical.answering import answer_of, calibrated_probabilities, with_source
from tonada.learning.classical.rows import descriptors_of
from tonada.learning.classical.saving import ClassicalModel, load_classical_model
from tonada.listening.answers import Answer
from tonada.listening.decoding import decode
from tonada.listening.files import Found, find_audio
from tonada.listening.limits import AudioError, Limits
from tonada.modeling.tree_tonada import LabelTree
from tonada.proving.number_tables import SUFFIXES, TableError, named, read_table

IDS = ("song_id", "path")  # columns that name a row of a table, the first that is there
REASONS = 100  # longest reason of a failure, characters


class ClassicalListener:
    """
    A classical model that answers of files as `Listener` does, and of tables, a row a song.

    Args:
        model: what answers.
        name: what answers call it.
        limits: what recordings are refused.
    """

    def __init__(self, model: ClassicalModel, name: str, limits: Limits | None = None):
        self.model = model
        self.name = name
        self.limits = limits or Limits()

    @classmethod
    def from_pretrained(cls, folder: str, limits: Limits | None = None) -> "ClassicalListener":
        """
        The listener of a folder.

        Raises:
            ClassicalModelError: it cannot be loaded, or is not to be trusted.
        """
        return cls(load_classical_model(folder), folder, limits)

    def find(self, paths: Iterable[str | Path]) -> Iterator[Found]:
        """Tables as they are; all else as `find_audio` has it."""
        for path in paths:
            if Path(path).suffix.lower() in SUFFIXES:
                yield str(path), None
            else:
                yield from find_audio([path])

    def labels(self, level: int | None = None) -> list[str]:
        """
        What an answer has a probability for.

        Raises:
            ValueError: there is no such level.
        """
        if level is not None and not self.model.parents:
            raise ValueError(f"{self.name} has no tree of labels, only {', '.join(self.model.labels)}; no --level")
        return list(LabelTree(self.model.labels, self.model.parents).level(level))

    def kind(self, level: int | None = None) -> list[str]:
        """The attributes that only answers of this kind have."""
        return [] if level is None else ["level", "leaf"]

    def listen_all(self, found: Iterable[Found], level: int | None = None) -> Iterator[Answer]:
        """An answer each, and of a table one a row; what cannot be judged is answered with the reason."""
        for path, error in found:
            try:
                if error is not None:
                    raise error
                if Path(path).suffix.lower() in SUFFIXES:
                    yield from self._rows(path, level)
                else:
                    yield self._song(path, level)
            except AudioError as problem:
                yield Answer(path, problem.status, str(problem))
            except TableError as problem:
                yield Answer(path, "unreadable", str(problem))
            except Exception as problem:  # one strange file must not take the rest of a catalogue with it
                reason = f"{type(problem).__name__}: {str(problem)[:REASONS]}"
                yield Answer(path, "failed", f"{path}: could not be judged ({reason}); please report this file")

    def _song(self, path: str, level: int | None) -> Answer:
        extractor = self.model.extractor
        if extractor is None:
            formats = " or ".join(SUFFIXES)
            raise TableError(f"{path}: {self.name} knows the columns of a table and no audio; give a {formats}")
        waveform = decode(path, extractor.sampling_rate, self.limits)
        chances = calibrated_probabilities(self.model, descriptors_of(waveform, extractor)[None])[0]
        return with_source(
            answer_of(self.model, chances, level), path, self.name, len(waveform) / extractor.sampling_rate
        )

    def _rows(self, path: str, level: int | None) -> Iterator[Answer]:
        table = read_table(Path(path))
        values = named(table, self.model.columns, path)
        ids = next((table[name] for name in IDS if name in table), None)
        for number, chances in enumerate(calibrated_probabilities(self.model, values), start=1):
            song = f"row {number}" if ids is None else str(ids[number - 1])
            where = f"{path}: {song}"
            if np.isnan(values[number - 1]).all():
                yield Answer(where, "no_numbers", f"{where}: has none of the {len(self.model.columns)} numbers")
            else:
                yield with_source(answer_of(self.model, chances, level), where, self.name, None)
