"""Classical models behind `tonada classify`: audio files and tables in, an answer a song out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tonada.learning.classical.answering import answer_of, calibrated_probabilities
from tonada.learning.classical.rows import IDS, NUMBERED, descriptors_of
from tonada.learning.classical.saving import ClassicalModel, folder_of, load_classical_model
from tonada.listening.answers import Answer
from tonada.listening.decoding import decode
from tonada.listening.files import Found, find_audio
from tonada.listening.limits import AudioError, Limits
from tonada.modeling.tree_tonada import LabelTree
from tonada.proving.number_tables import SUFFIXES, TableError, named, read_table

REASONS = 100  # longest reason of a failure, characters


@dataclass(frozen=True)
class HeardSong:
    """
    One song as numbers.

    Attributes:
        path: of the recording, or of the table with the row's name after it.
        name: of the recording's file, or of the row.
        values: `(columns,)`, NaN where a number is missing.
        duration: in seconds; a row has none.
    """

    path: str
    name: str
    values: np.ndarray
    duration: float | None = None


class ClassicalListener:
    """
    A classical model that answers of files as `Listener` does, and of tables, a row a song.

    Args:
        model: what answers.
        name: what answers call it.
        limits: what recordings are refused.
        revision: which edition of a model of the Hub.
    """

    def __init__(self, model: ClassicalModel, name: str, limits: Limits | None = None, revision: str | None = None):
        self.model = model
        self.name = name
        self.limits = limits or Limits()
        self.revision = revision

    @classmethod
    def from_pretrained(
        cls, model: str, limits: Limits | None = None, revision: str | None = None
    ) -> "ClassicalListener":
        """
        The listener of a folder or a Hub id.

        Raises:
            ClassicalModelError: it cannot be found or loaded, or is not to be trusted.
        """
        folder = folder_of(model, revision)
        commit = None if folder == Path(model) else folder.name  # a snapshot of the Hub is named after its commit
        return cls(load_classical_model(folder), model, limits, commit)

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
                yield from self._answers(self.hear(path), level)
            except AudioError as problem:
                yield Answer(path, problem.status, str(problem))
            except TableError as problem:
                yield Answer(path, "unreadable", str(problem))
            except Exception as problem:  # one strange file must not take the rest of a catalogue with it
                reason = f"{type(problem).__name__}: {str(problem)[:REASONS]}"
                yield Answer(path, "failed", f"{path}: could not be judged ({reason}); please report this file")

    def hear(self, path: str) -> list[HeardSong]:
        """
        The songs of a file: the one of a recording, or a table's rows.

        Raises:
            AudioError: the recording cannot be judged.
            TableError: the table cannot be read or lacks a column, or the model knows tables alone.
        """
        return self._rows(path) if Path(path).suffix.lower() in SUFFIXES else [self._song(path)]

    def _song(self, path: str) -> HeardSong:
        extractor = self.model.extractor
        if extractor is None:
            formats = " or ".join(SUFFIXES)
            raise TableError(f"{path}: {self.name} knows the columns of a table and no audio; give a {formats}")
        waveform = decode(path, extractor.sampling_rate, self.limits)
        seconds = len(waveform) / extractor.sampling_rate
        return HeardSong(path, path, descriptors_of(waveform, extractor), seconds)

    def _rows(self, path: str) -> list[HeardSong]:
        table = read_table(Path(path))
        values = named(table, self.model.columns, path)
        ids = next((table[name] for name in IDS if name in table), None)
        names = [f"{NUMBERED}{number}" for number in range(1, len(values) + 1)] if ids is None else list(map(str, ids))
        return [HeardSong(f"{path}: {name}", name, row) for name, row in zip(names, values, strict=True)]

    def _answers(self, songs: list[HeardSong], level: int | None) -> Iterator[Answer]:
        if not songs:
            return
        chances = calibrated_probabilities(self.model, np.stack([song.values for song in songs]))
        for song, each in zip(songs, chances, strict=True):
            if np.isnan(song.values).all():
                said = f"{song.path}: has none of the {len(self.model.columns)} numbers"
                yield Answer(song.path, "no_numbers", said)
            else:
                answer = answer_of(self.model, each, level)
                yield replace(answer, path=song.path, model=self.name, revision=self.revision, duration=song.duration)
