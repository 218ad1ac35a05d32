"""Answers as a table, JSON or CSV, each printed as soon as it is known, so that an interruption loses none."""

import csv
import json
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from tonada_cli.printing import printable

if TYPE_CHECKING:
    from tonada.listening.answers import Answer


class TablePrinter:
    """A line a song for people, below it a line a stem, and with a timeline below each a line a stretch."""

    def __init__(self, timeline: bool, labels: list[str], with_stems: bool = False):
        self.timeline = timeline
        self.width = max(len(label) for label in [*labels, "label"])
        self.has_header = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to close."""

    def print(self, answer: "Answer") -> None:
        """Print one answer; what went wrong is not the table's business."""
        if answer.status != "ok":
            return
        if not self.has_header:
            typer.echo(f"{'label':<{self.width}}  probability  agreement  song")
            self.has_header = True
        self._print_line(answer, printable(answer.path))
        for name, alone in (answer.stems or {}).items():
            self._print_line(alone, f"  {name}")

    def _print_line(self, answer: "Answer", name: str) -> None:
        if answer.status != "ok":
            typer.echo(f"{'-':<{self.width}}  {'-':>11}  {'-':>9}  {name} ({answer.status})")
            return
        parents = f"  ({' < '.join(answer.parents)})" if answer.parents else ""
        figures = f"{answer.probability:>11.2f}  {answer.agreement:>9.0%}"
        typer.echo(f"{answer.label:<{self.width}}  {figures}  {name}{parents}")
        if self.timeline:
            for stretch in answer.stretches():
                when = f"{_clock(stretch.start)} - {_clock(stretch.end)}"
                typer.echo(f"    {when}  {stretch.label:<{self.width}}  {stretch.probability:.2f}")


class JsonPrinter:
    """One list, an object a song in the order given; closed properly even when interrupted."""

    def __init__(self, timeline: bool, labels: list[str], with_stems: bool = False):
        self.timeline = timeline
        self.is_first = True

    def __enter__(self) -> Self:
        typer.echo("[", nl=False)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        typer.echo("\n]")

    def print(self, answer: "Answer") -> None:
        """Print one answer."""
        text = json.dumps(answer.to_dict(self.timeline), ensure_ascii=False, allow_nan=False)
        typer.echo(("" if self.is_first else ",") + "\n" + text, nl=False)
        self.is_first = False


class CsvPrinter:
    """
    A row a song with a column for each label's probability, or with a timeline a row a segment. With stems, rows of the
    song (`mix`) and of each stem, told apart by a column.
    """

    def __init__(self, timeline: bool, labels: list[str], with_stems: bool = False):
        self.timeline = timeline
        self.labels = labels
        self.with_stems = with_stems
        self.writer = csv.writer(sys.stdout, lineterminator="\n")

    def __enter__(self) -> Self:
        facts = ["start", "end", "label", "probability"] if self.timeline else SONG_COLUMNS
        head = ["path", *(["stem"] if self.with_stems else []), "status", "message"]
        self.writer.writerow([*head, *facts, *([] if self.timeline else self._label_columns())])
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to close."""

    def print(self, answer: "Answer") -> None:
        """Print one answer; what is missing is an empty cell, several values are joined by semicolons."""
        for name, part in answer.parts():
            self._print_rows([part.path, *([name] if self.with_stems else []), part.status, part.message], part)

    def _print_rows(self, head: list[str], answer: "Answer") -> None:
        if not self.timeline:
            cells = [_cell(getattr(answer, column)) for column in SONG_COLUMNS]
            each = answer.probabilities or {}
            self.writer.writerow([*head, *cells, *(_cell(each.get(label)) for label in self.labels)])
        elif not answer.segments:
            self.writer.writerow([*head, "", "", "", ""])
        else:
            for part in answer.segments:
                self.writer.writerow([*head, _cell(part.start), _cell(part.end), part.label, _cell(part.probability)])

    def _label_columns(self) -> list[str]:
        return [f"probability of {label}" for label in self.labels]


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
