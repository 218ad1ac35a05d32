"""`tonada live`: sound as it comes in, an answer every second."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tonada_cli.loading import load_listener
from tonada_cli.printing import complain

if TYPE_CHECKING:
    from tonada.listening.incoming import Incoming
    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener
    from tonada.listening.live import Moment

MICROPHONE, PIPE = "microphone", "-"


class Format(StrEnum):
    """How moments are printed."""

    TABLE = "table"
    JSON = "json"


def live(
    source: Annotated[
        str, typer.Argument(help="microphone; - for a pipe; or the http address of a stream.")
    ] = MICROPHONE,
    task: Annotated[
        str, typer.Option(help="What to listen for, with weights that came with Tonada: emotion.")
    ] = "emotion",
    model: Annotated[
        str | None, typer.Option(help="A model of your own instead: a folder or a Hub id.", show_default=False)
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of the Hub model.", show_default=False)
    ] = None,
    window: Annotated[
        float | None,
        typer.Option(
            min=3.0, max=600.0, help="Seconds heard at once; a segment of the model if not given.", show_default=False
        ),
    ] = None,
    smoothing: Annotated[
        float,
        typer.Option(min=0.0, max=600.0, help="Seconds over which the label that is said is averaged; 0 for none."),
    ] = 5.0,
    level: Annotated[
        int | None,
        typer.Option(
            min=1, help="Answer at this level of the model's tree of labels, 1 for the topmost.", show_default=False
        ),
    ] = None,
    gate: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="A music detector that hears each window first, a folder or a Hub id.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="Which microphone, by ALSA's name; arecord -L lists them.")] = "default",
    raw: Annotated[
        int | None,
        typer.Option(
            metavar="RATE",
            min=8000,
            max=192_000,
            help="The pipe brings samples without a header at this rate: 16 bits, signed, little-endian.",
            show_default=False,
        ),
    ] = None,
    channels: Annotated[
        int | None,
        typer.Option(min=1, max=8, help="Channels of --raw, interleaved; one if not given.", show_default=False),
    ] = None,
    format: Annotated[
        Format, typer.Option(help="table for people, json for programs: a line a second.")
    ] = Format.TABLE,
) -> None:
    """
    Say every second what the last ten sound like, until the sound or you (Ctrl-C) end it.

    From the first three seconds on. Each window is heard as classify hears a file that holds it; the label that is said
    is a mean over the last answers, and changes only when another one leads clearly, so that it does not flicker.
    All formats but --raw, and the microphone, need the program ffmpeg. Memory does not grow.

    With --format json a line is what classify says of the window, with start and end in seconds, and in steady the
    label that is said, its probability, and since when.

    Examples:

      tonada live

      tonada live - < song.mp3

      arecord -t raw -f S16_LE -r 44100 -c 2 | tonada live - --raw 44100 --channels 2

      tonada live http://localhost:8000/radio.ogg --format json
    """
    _check(source, raw, channels)
    from tonada.listening.limits import AudioError, Limits
    from tonada.listening.listener import ModelError

    limits = Limits()
    listener = load_listener(task, model, revision, limits, gate)
    try:
        listener.labels(level)
        with _incoming(source, device, raw, channels, limits) as incoming:
            for moment in _moments(listener, incoming, window, smoothing, level):
                PRINTERS[format](moment, source)
    except ModelError as error:
        _refuse(str(error))
    except AudioError as error:
        complain(f"{source}: {error}")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:  # how one ends it
        raise typer.Exit(0) from None


def _check(source: str, raw: int | None, channels: int | None) -> None:
    if source not in (MICROPHONE, PIPE) and not source.startswith(("http://", "https://")):
        _refuse(f"{source}: is neither microphone nor - nor an http address; to hear a file: tonada live - < {source}")
    if raw is not None and source != PIPE:
        _refuse(f"--raw says what a pipe brings; give - in the place of {source}")
    if channels is not None and raw is None:
        _refuse("--channels is for --raw; everything else says itself how many it has")
    if source == PIPE and sys.stdin.isatty():
        _refuse("- hears a pipe, and there is none; for example: tonada live - < song.mp3")


def _refuse(message: str) -> NoReturn:
    complain(message)
    raise typer.Exit(2)


@contextmanager
def _incoming(
    source: str, device: str, rate: int | None, channels: int | None, limits: "Limits"
) -> Iterator["Incoming"]:
    from tonada.listening.incoming import FROM_MICROPHONE, FROM_PIPE, FROM_URL, raw, through_ffmpeg

    if rate is not None:
        yield raw(sys.stdin.buffer, rate, channels or 1)
        return
    inputs = {PIPE: FROM_PIPE, MICROPHONE: [*FROM_MICROPHONE, device]}
    stdin = sys.stdin.fileno() if source == PIPE else None
    with through_ffmpeg(inputs.get(source, [*FROM_URL, source]), stdin, limits) as incoming:
        yield incoming


def _moments(
    listener: "Listener", incoming: "Incoming", window: float | None, smoothing: float, level: int | None
) -> Iterator["Moment"]:
    from tonada.listening.live import Live

    stream = Live(listener, incoming.rate, window, smoothing, level)
    for block in incoming.blocks:
        yield from stream.feed(block)
    yield from stream.finish()


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
