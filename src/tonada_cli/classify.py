"""`tonada classify`: files and folders in, an answer a song out."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.answer_printing import PRINTERS
from tonada_cli.limit_options import MaxChannels, MaxDecodedGb, MaxFileGb, MaxMinutes, MaxRate, limits
from tonada_cli.printing import aside, complain, quiet_libraries, track
from tonada_cli.stems_option import Separation

if TYPE_CHECKING:
    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener


class Format(StrEnum):
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def classify(
    paths: Annotated[
        list[Path], typer.Argument(help="Audio files, and folders to search for them.", show_default=False)
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

    Examples:

      tonada classify song.mp3 --timeline

      tonada classify ~/Music --format csv > moods.csv

      tonada classify song.mp3 --stems
    """
    bounds = limits(max_minutes, max_file_gb, max_decoded_gb, max_channels, max_rate)
    listener = _listener(task, model, revision, bounds, stems)
    from tonada.listening.files import find_audio

    found = list(find_audio(paths))
    failed = False
    labels = list(listener.model.config.id2label.values())
    with quiet_libraries(), PRINTERS[format](timeline, labels, with_stems=stems != Separation.NONE) as printer:
        for answer in track(listener.listen_all(found, stems), total=len(found), unit="song"):
            with aside():
                printer.print(answer)
                if answer.status != "ok":
                    complain(answer.message)
                    failed = True
    raise typer.Exit(1 if failed else 0)


def _listener(task: str, model: str | None, revision: str | None, bounds: "Limits", stems: str) -> "Listener":
    from transformers.utils.logging import disable_progress_bar

    from tonada.listening.listener import Listener, ModelError

    disable_progress_bar()  # of loading some fifty small tensors
    try:
        bundled = Listener.bundled(task, bounds) if model is None else None
        listener = bundled or Listener.from_pretrained(str(model), revision, bounds)
        listener.check_stems(stems)
        return listener
    except ModelError as error:
        complain(str(error))
        raise typer.Exit(2) from error
