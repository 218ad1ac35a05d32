"""`tonada classify`: files and folders in, an answer a song out."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tonada_cli.answer_printing import ANSWERED, PRINTERS, Shape
from tonada_cli.limit_options import MaxChannels, MaxDecodedGb, MaxFileGb, MaxMinutes, MaxRate, limits
from tonada_cli.loading import load_listener
from tonada_cli.model_options import Gate, Level, OwnModel, Revision, Task
from tonada_cli.onnx_runtime import Runtime, RuntimeOption, onnx_listener
from tonada_cli.printing import aside, complain, fail, fail_on, quiet_libraries, track
from tonada_cli.stems_option import Separation, Stems
from tonada_cli.torchless import import_no_torch

if TYPE_CHECKING:
    from tonada.listening.answers import Answer
    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener
    from tonada.listening.onnx_listener import OnnxListener

    Answers = tuple[Iterator[Answer], int, Shape]
    """As they come, how many there will be, and what they are like."""


class Format(StrEnum):
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def classify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Audio files, and folders to search for them; with a classical model of a table, CSV or Parquet.",
            show_default=False,
        ),
    ],
    task: Task = "emotion",
    model: OwnModel = None,
    revision: Revision = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Also say when in the song: start, end, label, probability.")
    ] = False,
    format: Annotated[Format, typer.Option(help="table for people, json or csv for programs.")] = Format.TABLE,
    stems: Stems = Separation.NONE,
    level: Level = None,
    gate: Gate = None,
    runtime: RuntimeOption = Runtime.TORCH,
    max_minutes: MaxMinutes = 120.0,
    max_file_gb: MaxFileGb = 4.0,
    max_decoded_gb: MaxDecodedGb = 16.0,
    max_channels: MaxChannels = 8,
    max_rate: MaxRate = 192_000,
) -> None:
    """
    Say what each song sounds like: its label, how probable that is, and how many of its segments agree.

    Reads wav, flac, ogg, opus, mp3, m4a and aac of 3 seconds or more, at 8 kHz or more, within the limits below.
    Answers go to standard output, messages to standard error. A file that cannot be judged gets one line that says
    why, and the others go on; the exit code is then 1.

    A model may abstain where no label is probable enough: the label is then unknown. Below the label of a --level the
    likeliest leaf is named. A model of several labels a song answers with all that are as probable as not; a model of
    values with the values.

    Examples:

      tonada classify song.mp3 --timeline

      tonada classify ~/Music --format csv > moods.csv

      tonada classify song.mp3 --stems

      tonada classify song.mp3 --model my-genres --level 1 --gate my-music-detector

      tonada classify song.mp3 --runtime onnx

      tonada classify descriptors.csv --model my-turkish --format csv
    """
    if runtime is Runtime.ONNX:
        import_no_torch()  # before anything of the hall is
    bounds = limits(max_minutes, max_file_gb, max_decoded_gb, max_channels, max_rate)
    needless = {"gate": gate is not None, "stems": stems != Separation.NONE}
    if runtime is Runtime.ONNX:
        _refuse("ONNX Runtime hears one exported model and the mix", revision=revision is not None, **needless)
        answers = _by_onnx(paths, onnx_listener(task, model, bounds), level, timeline)
    elif model is not None and _is_classical(model, revision):
        _refuse("a classical model hears a song as a whole", timeline=timeline, **needless)
        answers = _classically(paths, model, revision, level, bounds)
    else:
        listener = load_listener(task, model, revision, bounds, gate, stems)
        answers = _by_a_network(paths, listener, level, timeline, stems)
    _print(*answers, format)


def _refuse(reason: str, **asked: bool) -> None:
    if needless := [name for name, is_asked in asked.items() if is_asked]:
        fail(f"{reason}; leave out --{', --'.join(needless)}")


def _is_classical(model: str, revision: str | None) -> bool:
    from tonada.learning.classical.saving import is_classical_model

    return is_classical_model(model, revision)


def _by_a_network(
    paths: list[Path], listener: "Listener", level: int | None, timeline: bool, stems: Separation
) -> "Answers":
    from tonada.listening.files import find_audio

    shape = Shape(timeline, *_labels(listener, level, timeline), with_stems=stems != Separation.NONE)
    found = list(find_audio(paths))
    return listener.listen_all(found, stems, level), len(found), shape


def _by_onnx(paths: list[Path], listener: "OnnxListener", level: int | None, timeline: bool) -> "Answers":
    from tonada.listening.files import find_audio

    shape = Shape(timeline, *_labels(listener, level, timeline))
    found = list(find_audio(paths))
    return listener.listen_all(found, level), len(found), shape


def _classically(paths: list[Path], model: str, revision: str | None, level: int | None, bounds: "Limits") -> "Answers":
    from tonada.learning.classical.listening import ClassicalListener

    with fail_on(ValueError):
        listener = ClassicalListener.from_pretrained(model, bounds, revision)
        shape = Shape(False, listener.labels(level), listener.kind(level))
    found = list(listener.find(paths))
    return listener.listen_all(found, level), len(found), shape


def _labels(listener: "Listener | OnnxListener", level: int | None, timeline: bool) -> tuple[list[str], list[str]]:
    """What answers have numbers for, and what only they have, if there can be such answers."""
    from tonada.listening.model_error import ModelError

    kind = listener.kind(level)
    if timeline and "values" in kind:
        fail(f"{listener.name} answers with values, which have no timeline yet; leave out --timeline")
    with fail_on(ModelError):
        return listener.labels(level), kind


def _print(answers: "Iterator[Answer]", total: int, shape: Shape, format: Format) -> NoReturn:
    failed = False
    with quiet_libraries(), PRINTERS[format](shape) as printer:
        for answer in track(answers, total=total, unit="song"):
            with aside():
                printer.print(answer)
                if answer.status not in ANSWERED:
                    complain(answer.message)
                    failed = True
    raise typer.Exit(1 if failed else 0)
