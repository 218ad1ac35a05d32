"""Answers as a table, JSON or CSV, each printed as soon as it is known, so that an interruption loses none."""

import csv
import json
import sys
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from tonada_cli.printing import printable

if TYPE_CHECKING:
    from tonada.listening.answers import Answer


ANSWERED = ("ok", "not_music")  # statuses of a song that was judged


@dataclass(frozen=True)
class Shape:
    """
    What answers there will be.

    Attributes:
        timeline: also say when in the song.
        labels: what every answer has a number for.
        kind: attributes that only answers of this kind have.
        with_stems: a song's stems have answers of their own.
    """

    timeline: bool
    labels: list[str]
    kind: list[str] = field(default_factory=list)
    with_stems: bool = False


class TablePrinter:
    """A line a song for people, below it a line a stem, and with a timeline below each a line a stretch."""

    def __init__(self, shape: Shape):
        self.shape = shape
        self.width = max(len(word) for word in [*shape.labels, "label", "unknown"])
        self.has_header = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to close."""

    def print(self, answer: "Answer") -> None:
        """Print one answer; what went wrong is not the table's business."""
        if answer.status not in ANSWERED:
            return
        if not self.has_header:
            typer.echo(self._header())
            self.has_header = True
        self._print_line(answer, printable(answer.path))
        for name, alone in (answer.stems or {}).items():
            self._print_line(alone, f"  {name}")

    def _header(self) -> str:
        if "values" in self.shape.kind:
            return "  ".join([*(f"{label:>{self.width}}" for label in self.shape.labels), "song"])
        return f"{'label':<{self.width}}  probability  agreement  song"

    def _print_line(self, answer: "Answer", name: str) -> None:
        typer.echo(f"{self._cells(answer)}  {name}{_remark(answer)}")
        if self.shape.timeline:
            for stretch in answer.stretches():
                when = f"{_clock(stretch.start)} - {_clock(stretch.end)}"
                typer.echo(f"    {when}  {stretch.label:<{self.width}}  {stretch.probability:.2f}")

    def _cells(self, answer: "Answer") -> str:
        if "values" in self.shape.kind:
            values = answer.values or {}
            shown = [f"{values[label]:.2f}" if label in values else "-" for label in self.shape.labels]
            return "  ".join(f"{each:>{self.width}}" for each in shown)
        if answer.status != "ok":
            return f"{'-':<{self.width}}  {'-':>11}  {'-':>9}"
        return f"{answer.label:<{self.width}}  {answer.probability:>11.2f}  {answer.agreement:>9.0%}"


def _remark(answer: "Answer") -> str:
    """What a line says after the song's name: why there is no answer, what is above a leaf, or which labels else."""
    if answer.status != "ok":
        return f" ({answer.status.replace('_', ' ')})"
    above = [*([answer.leaf] if answer.leaf not in (None, answer.label) else []), *answer.parents]
    if above:
        return f"  ({' < '.join(above)})"
    others = [label for label in answer.labels or [] if label != answer.label]
    return f"  (also {', '.join(others)})" if others else ""


class JsonPrinter:
    """One list, an object a song in the order given; closed properly even when interrupted."""

    def __init__(self, shape: Shape):
        self.shape = shape
        self.is_first = True

    def __enter__(self) -> Self:
        typer.echo("[", nl=False)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        typer.echo("\n]")

    def print(self, answer: "Answer") -> None:
        """Print one answer."""
        text = json.dumps(answer.to_dict(self.shape.timeline), ensure_ascii=False, allow_nan=False)
        typer.echo(("" if self.is_first else ",") + "\n" + text, nl=False)
        self.is_first = False


class CsvPrinter:
    """
    A row a song with a column for each label's probability, or with a timeline a row a segment. With stems, rows of the
    song (`mix`) and of each stem, told apart by a column.
    """

    def __init__(self, shape: Shape):
        self.shape = shape
        self.columns = [*SONG_COLUMNS, *(name for name in shape.kind if name != "values")]
        self.writer = csv.writer(sys.stdout, lineterminator="\n")

    def __enter__(self) -> Self:
        facts = ["start", "end", "label", "probability"] if self.shape.timeline else self.columns
        head = ["path", *(["stem"] if self.shape.with_stems else []), "status", "message"]
        self.writer.writerow([*head, *facts, *([] if self.shape.timeline else self._label_columns())])
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to close."""

    def print(self, answer: "Answer") -> None:
        """Print one answer; what is missing is an empty cell, several values are joined by semicolons."""
        for name, part in answer.parts():
            self._print_rows([part.path, *([name] if self.shape.with_stems else []), part.status, part.message], part)

    def _print_rows(self, head: list[str], answer: "Answer") -> None:
        if not self.shape.timeline:
            cells = [_cell(getattr(answer, column)) for column in self.columns]
            each = answer.probabilities or answer.values or {}
            self.writer.writerow([*head, *cells, *(_cell(each.get(label)) for label in self.shape.labels)])
        elif not answer.segments:
            self.writer.writerow([*head, "", "", "", ""])
        else:
            for part in answer.segments:
                self.writer.writerow([*head, _cell(part.start), _cell(part.end), part.label, _cell(part.probability)])

    def _label_columns(self) -> list[str]:
        if "values" in self.shape.kind:
            return self.shape.labels
        return [f"probability of {label}" for label in self.shape.labels]


SONG_COLUMNS = ["label", "parents", "probability", "agreement", "set", "duration", "model", "revision"]
PRINTERS: dict[str, type[TablePrinter | JsonPrinter | CsvPrinter]] = {
    "table": TablePrinter,
    "json": JsonPrinter,
    "csv": CsvPrinter,
}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:>3}:{rest:02}"
