"""`tonada classify`: files and folders in, an answer a song out."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tonada_cli.answer_printing import ANSWERED, PRINTERS, Shape
from tonada_cli.limit_options import MaxChannels, MaxDecodedGb, MaxFileGb, MaxMinutes, MaxRate, limits
from tonada_cli.loading import load_listener
from tonada_cli.onnx_runtime import onnx_listener
from tonada_cli.printing import aside, complain, quiet_libraries, track
from tonada_cli.stems_option import Separation
from tonada_cli.torchless import import_no_torch

if TYPE_CHECKING:
    from tonada.listening.answers import Answer
    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener
    from tonada.listening.onnx_listener import OnnxListener


class Format(StrEnum):
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Runtime(StrEnum):
    """What computes."""

    TORCH = "torch"
    ONNX = "onnx"


def classify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Audio files, and folders to search for them; with a classical model of a table, CSV or Parquet.",
            show_default=False,
        ),
    ],
    task: Annotated[
        str, typer.Option(help="What to listen for, with weights that came with Tonada: emotion.")
    ] = "emotion",
    model: Annotated[
        str | None, typer.Option(help="A model of your own instead: a folder or a Hub id.", show_default=False)
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of the Hub model.", show_default=False)
    ] = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Also say when in the song: start, end, label, probability.")
    ] = False,
    format: Annotated[Format, typer.Option(help="table for people, json or csv for programs.")] = Format.TABLE,
    stems: Annotated[
        Separation,
        typer.Option(
            metavar="[METHOD]",
            help="Also judge each stem alone. repet-sim (if METHOD is left out): voice, accompaniment; "
            "harmonic-percussive: harmonic, percussive; voice-percussion: voice, accompaniment, percussion; hdemucs, "
            "if you have its weights: drums, bass, other, vocals.",
        ),
    ] = Separation.NONE,
    level: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Answer at this level of the model's tree of labels, 1 for the topmost, and name the likeliest leaf "
            "below. At the leaves if not given.",
            show_default=False,
        ),
    ] = None,
    gate: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="A music detector that hears each song first, a folder or a Hub id with the labels music and "
            "non_music; what it finds no music is answered so.",
            show_default=False,
        ),
    ] = None,
    runtime: Annotated[
        Runtime,
        typer.Option(
            help="onnx answers through ONNX Runtime, which starts sooner, with an exported file or a folder as the "
            "model; a folder is exported the first time."
        ),
    ] = Runtime.TORCH,
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

    A model may abstain where no label is probable enough: the label is then unknown. A model of several labels a song
    answers with all that are as probable as not; a model of values with the values.

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
    if runtime is Runtime.ONNX:
        asked = {"gate": gate is not None, "revision": revision is not None, "stems": stems != Separation.NONE}
        _refuse("ONNX Runtime hears one exported model and the mix", **asked)
        _classify_with_onnx(paths, task, model, format, level, timeline, bounds)
    from tonada.learning.classical.saving import is_classical_model

    if model is not None and is_classical_model(model, revision):
        asked = {"timeline": timeline, "gate": gate is not None, "stems": stems != Separation.NONE}
        _refuse("a classical model hears a song as a whole", **asked)
        _classify_classically(paths, model, revision, format, level, bounds)
    listener = load_listener(task, model, revision, bounds, gate, stems)
    _check(listener, level, timeline)
    from tonada.listening.files import find_audio

    found = list(find_audio(paths))
    shape = Shape(timeline, listener.labels(level), listener.kind(level), with_stems=stems != Separation.NONE)
    _print(listener.listen_all(found, stems, level), len(found), format, shape)


def _print(answers: Iterable["Answer"], total: int, format: Format, shape: Shape) -> NoReturn:
    failed = False
    with quiet_libraries(), PRINTERS[format](shape) as printer:
        for answer in track(answers, total=total, unit="song"):
            with aside():
                printer.print(answer)
                if answer.status not in ANSWERED:
                    complain(answer.message)
                    failed = True
    raise typer.Exit(1 if failed else 0)


def _refuse(reason: str, **asked: bool) -> None:
    if unknown := [name for name, is_asked in asked.items() if is_asked]:
        complain(f"{reason}; leave out --{', --'.join(unknown)}")
        raise typer.Exit(2)


def _classify_with_onnx(
    paths: list[Path],
    task: str,
    model: str | None,
    format: Format,
    level: int | None,
    timeline: bool,
    bounds: "Limits",
) -> NoReturn:
    listener = onnx_listener(task, model, bounds)
    _check(listener, level, timeline)
    from tonada.listening.files import find_audio

    found = list(find_audio(paths))
    shape = Shape(timeline, listener.labels(level), listener.kind(level))
    _print(listener.listen_all(found, level), len(found), format, shape)


def _classify_classically(
    paths: list[Path], model: str, revision: str | None, format: Format, level: int | None, bounds: "Limits"
) -> NoReturn:
    from tonada.learning.classical.listening import ClassicalListener

    try:
        listener = ClassicalListener.from_pretrained(model, bounds, revision)
        shape = Shape(False, listener.labels(level), listener.kind(level))
    except ValueError as error:
        complain(str(error))
        raise typer.Exit(2) from error
    found = list(listener.find(paths))
    _print(listener.listen_all(found, level), len(found), format, shape)


def _check(listener: "Listener | OnnxListener", level: int | None, timeline: bool) -> None:
    from tonada.listening.model_error import ModelError

    try:
        listener.labels(level)
        if timeline and "values" in listener.kind():
            raise ModelError(f"{listener.name} answers with values, which have no timeline yet; leave out --timeline")
    except ModelError as error:
        complain(str(error))
        raise typer.Exit(2) from error
