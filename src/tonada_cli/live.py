"""`tonada live`: sound as it comes in, an answer every second."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.live_printing import PRINTERS, Format
from tonada_cli.loading import load_listener
from tonada_cli.model_options import Gate, Level, OwnModel, Revision, Task
from tonada_cli.printing import fail, fail_on

if TYPE_CHECKING:
    from tonada.listening.incoming import Incoming
    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener
    from tonada.listening.live import Moment

MICROPHONE, PIPE = "microphone", "-"
LONGEST_WINDOW = 120.0  # seconds; an answer is due each second, and one of some 330 takes longer than that to hear


def live(
    source: Annotated[
        str, typer.Argument(help="microphone; - for a pipe; or the http address of a stream.")
    ] = MICROPHONE,
    task: Task = "emotion",
    model: OwnModel = None,
    revision: Revision = None,
    window: Annotated[
        float | None,
        typer.Option(
            min=3.0,
            max=LONGEST_WINDOW,
            help="Seconds heard at once; a segment of the model if not given. A longer one takes more of the second in "
            "which it has to be heard.",
            show_default=False,
        ),
    ] = None,
    smoothing: Annotated[
        float,
        typer.Option(min=0.0, max=600.0, help="Seconds over which the label that is said is averaged; 0 for none."),
    ] = 5.0,
    level: Level = None,
    gate: Gate = None,
    device: Annotated[
        str | None,
        typer.Option(help="Which microphone, by ALSA's name; arecord -L lists them. ALSA's default if not given."),
    ] = None,
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
    _check(source, device, raw, channels)
    from tonada.listening.limits import AudioError, Limits
    from tonada.listening.listener import ModelError

    limits = Limits()
    listener = load_listener(task, model, revision, limits, gate)
    try:
        with fail_on(ModelError):
            listener.labels(level)
            with _incoming(source, device, raw, channels, limits) as incoming:
                for moment in _moments(listener, incoming, window, smoothing, level):
                    PRINTERS[format](moment, source)
    except AudioError as error:
        fail(f"{source}: {error}", 1)
    except KeyboardInterrupt:  # how one ends it
        raise typer.Exit(0) from None


def _check(source: str, device: str | None, raw: int | None, channels: int | None) -> None:
    if source not in (MICROPHONE, PIPE) and not source.startswith(("http://", "https://")):
        fail(f"{source}: is neither microphone nor - nor an http address; to hear a file: tonada live - < {source}")
    if device is not None and source != MICROPHONE:
        fail(f"--device names a microphone, and {source} is none; leave it out")
    if raw is not None and source != PIPE:
        fail(f"--raw says what a pipe brings; give - in the place of {source}")
    if channels is not None and raw is None:
        fail("--channels is for --raw; everything else says itself how many it has")
    if source == PIPE and sys.stdin.isatty():
        fail("- hears a pipe, and there is none; for example: tonada live - < song.mp3")


@contextmanager
def _incoming(
    source: str, device: str | None, rate: int | None, channels: int | None, limits: "Limits"
) -> Iterator["Incoming"]:
    from tonada.listening.incoming import FROM_MICROPHONE, FROM_PIPE, FROM_URL, raw, through_ffmpeg

    if rate is not None:
        yield raw(sys.stdin.buffer, rate, channels or 1)
        return
    inputs = {PIPE: FROM_PIPE, MICROPHONE: [*FROM_MICROPHONE, device or "default"]}
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
