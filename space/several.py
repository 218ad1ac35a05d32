"""Several songs at once: a row a song, and the same rows as a file for programs."""

import csv
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape

from audio_files import decode_song
from judging import Answer, Judge
from limits import MAX_SONGS, SongError
from texts import TEXTS, label_text
from timeline import clock

COLUMNS = ("song", "answer", "probability", "agreement", "length")


@dataclass(frozen=True)
class Row:
    """A song, and its answer or why there is none."""

    song: str
    answer: Answer | None
    problem: SongError | None

    def cells(self, language: str) -> list[str]:
        """As a person reads it, in the order of `COLUMNS`; without an answer, the song and why."""
        if self.answer is None:
            return [self.song, problem_text(self.problem, language)]
        label = label_text(self.answer.label, language)
        said = label if self.answer.sure else TEXTS[language]["not_sure"].format(label=label)
        shares = f"{self.answer.probability:.0%}", f"{self.answer.agreement:.0%}"
        return [self.song, said, *shares, clock(self.answer.duration)]


def rows(judge: Judge, paths: list[str]) -> Iterator[Row]:
    """A row a file, as each is heard. A file that cannot be judged says why, and the others go on."""
    for path in paths:
        song = os.path.basename(path)
        try:
            yield Row(song, judge.hear(decode_song(path, judge.rate)), None)
        except SongError as problem:
            yield Row(song, None, problem)


def check_count(paths: list[str]) -> None:
    """
    Refuse more songs than one visitor may ask for at once.

    Raises:
        SongError: there are too many.
    """
    if len(paths) > MAX_SONGS:
        raise SongError("error_many", songs=len(paths), most=MAX_SONGS)


def table(found: list[Row], language: str) -> str:
    """The rows as HTML."""
    texts = TEXTS[language]
    head = "".join(f'<th scope="col">{escape(texts[f"column_{column}"])}</th>' for column in COLUMNS)
    body = "".join(_table_row(row.cells(language)) for row in found)
    caption = f"<caption>{escape(texts['several_table'])}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@contextmanager
def saved(found: list[Row], labels: list[str]) -> Iterator[str]:
    """The path of a CSV file of the rows, with a probability a label, which is there within it."""
    with tempfile.TemporaryDirectory(prefix="tonada-") as folder:
        path = os.path.join(folder, "tonada.csv")
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["song", "label", "probability", "agreement", "duration", *labels, "message"])
            for row in found:
                writer.writerow([row.song, *_figures(row.answer, labels), problem_text(row.problem, "en")])
        yield path


def problem_text(problem: SongError | None, language: str) -> str:
    """What went wrong, in words; nothing if nothing did."""
    return "" if problem is None else TEXTS[language][problem.key].format(**problem.facts)


def _table_row(cells: list[str]) -> str:
    """The last cell takes the columns that are left."""
    song, *others, last = map(escape, cells)
    middle = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr><th scope="row">{song}</th>{middle}<td colspan="{len(COLUMNS) + 1 - len(cells)}">{last}</td></tr>'


def _figures(answer: Answer | None, labels: list[str]) -> list[str]:
    if answer is None:
        return [""] * (4 + len(labels))
    figures = (answer.probability, answer.agreement, answer.duration, *answer.probabilities.values())
    return [answer.told, *(f"{figure:.4f}" for figure in figures)]
