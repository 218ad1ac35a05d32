"""`tonada classify`: files and folders in, an answer a song out."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.answer_printing import PRINTERS
from tonada_cli.printing import aside, complain, track
from tonada_cli.stems_option import Separation

if TYPE_CHECKING:
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
    max_minutes: Annotated[float, typer.Option(min=0.05, help="Refuse recordings longer than this.")] = 120.0,
    stems: Annotated[
        Separation,
        typer.Option(
            metavar="[METHOD]",
            help="Also judge each stem alone. repet-sim (if METHOD is left out): voice, accompaniment; "
            "harmonic-percussive: harmonic, percussive; hdemucs, if you have its weights: drums, bass, other, vocals.",
        ),
    ] = Separation.NONE,
) -> None:
    """
    Say what each song sounds like: its label, how probable that is, and how many of its segments agree.

    Reads wav, flac, ogg, opus, mp3, m4a and aac of 3 seconds to two hours, 8 to 192 kHz, 1 to 8 channels.
    Answers go to standard output, messages to standard error. A file that cannot be judged gets one line that says
    why, and the others go on; the exit code is then 1.

    Examples:

      tonada classify song.mp3 --timeline

      tonada classify ~/Music --format csv > moods.csv

      tonada classify song.mp3 --stems
    """
    listener = _listener(task, model, revision, max_minutes, stems)
    from tonada.listening.files import find_audio

    found = list(find_audio(paths))
    failed = False
    labels = list(listener.model.config.id2label.values())
    with PRINTERS[format](timeline, labels, with_stems=stems != Separation.NONE) as printer:
        for answer in track(listener.listen_all(found, stems), total=len(found), unit="song"):
            with aside():
                printer.print(answer)
                if answer.status != "ok":
                    complain(answer.message)
                    failed = True
    raise typer.Exit(1 if failed else 0)


def _listener(task: str, model: str | None, revision: str | None, max_minutes: float, stems: str) -> "Listener":
    from transformers.utils.logging import disable_progress_bar

    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener, ModelError

    disable_progress_bar()  # of loading some fifty small tensors
    limits = Limits(max_seconds=60 * max_minutes)
    try:
        bundled = Listener.bundled(task, limits) if model is None else None
        listener = bundled or Listener.from_pretrained(str(model), revision, limits)
        listener.check_stems(stems)
        return listener
    except ModelError as error:
        complain(str(error))
        raise typer.Exit(2) from error
