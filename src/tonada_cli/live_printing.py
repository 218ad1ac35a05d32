"""Moments of a stream, a line each, for people and for programs."""

import json
from dataclasses import asdict, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tonada.listening.live import Moment


class Format(StrEnum):
    """How moments are printed."""

    TABLE = "table"
    JSON = "json"


def _print_line(moment: "Moment", source: str) -> None:
    said = moment.steady
    if said.values is not None:
        words = "  ".join(f"{name} {value:.2f}" for name, value in said.values.items())
    else:
        label = ", ".join(said.labels or [said.label or ""])
        words = f"{label.replace('_', ' '):<12}  {said.probability or 0:.2f}  since {_clock(said.since)}"
    typer.echo(f"{_clock(moment.end)}  {words}")


def _print_json(moment: "Moment", source: str) -> None:
    heard = replace(moment.answer, path=source).to_dict()
    steady = {name: value for name, value in asdict(moment.steady).items() if value is not None}
    line = {"start": moment.start, "end": moment.end, "steady": steady, **heard}
    typer.echo(json.dumps(line, ensure_ascii=False, allow_nan=False))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:>3}:{rest:02}"


PRINTERS = {Format.TABLE: _print_line, Format.JSON: _print_json}
