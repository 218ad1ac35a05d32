"""`tonada tag`: a catalogue in, a table of tags out."""

import time
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.limit_options import MaxChannels, MaxDecodedGb, MaxFileGb, MaxMinutes, MaxRate, limits
from tonada_cli.loading import quiet_loading
from tonada_cli.model_options import BUNDLED
from tonada_cli.printing import complain, fail, quiet_libraries, remark, track
from tonada_cli.table_options import Workers, check_is_parquet

if TYPE_CHECKING:
    from tonada.cataloguing.tasks import Task
    from tonada.listening.files import Found


class EngineName(StrEnum):
    """Where songs are heard."""

    LOCAL = "local"
    RAY = "ray"


def tag(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders to search for audio, and audio files.", show_default=False)
    ],
    output: Annotated[Path, typer.Option(help="The Parquet file to make.", show_default=False)],
    task: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What to listen for, with weights that came with Tonada: {BUNDLED}. Or NAME=MODEL, a model of your "
            "own (a folder or a Hub id) and the name of its columns. May be given several times; all that came with "
            "Tonada if not given.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        EngineName, typer.Option(help="local: processes of this machine. ray: a Ray cluster.")
    ] = EngineName.LOCAL,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a table that was begun, or continue a finished one.")
    ] = False,
    workers: Workers = None,
    timeout: Annotated[float, typer.Option(min=1.0, help="Seconds that a song may take.")] = 600.0,
    max_minutes: MaxMinutes = 120.0,
    max_file_gb: MaxFileGb = 4.0,
    max_decoded_gb: MaxDecodedGb = 16.0,
    max_channels: MaxChannels = 8,
    max_rate: MaxRate = 192_000,
) -> None:
    """
    Tag a catalogue: a row a song, with label, probabilities, agreement and conformal set of each task.

    A file that cannot be tagged has a row too, with a status and a message that says why, and a line on standard
    error; the exit code is then 1. A file that hangs costs its timeout, and one that ends its process costs that.

    Until all is done the work waits in OUTPUT.parts. Interrupted or killed, --resume goes on with what is missing. Once
    the table is there, --resume hears what is new or has changed (by size or time of modification), and tries again
    what could not be tagged; songs of the table that are not among PATHS stay in it, also those that could not be
    tagged. The numbers at the end and the exit code are of the whole table.

    --engine ray takes the cluster that RAY_ADDRESS names, or that runs here, or starts one. Its machines must see the
    songs under the same paths. The table is the same.

    Examples:

      tonada tag ~/Music --output tags.parquet

      tonada tag ~/Music --output tags.parquet --resume

      tonada tag /nfs/catalogue --output tags.parquet --task emotion --task genre=my-genres --engine ray
    """
    check_is_parquet(output)
    bounds = limits(max_minutes, max_file_gb, max_decoded_gb, max_channels, max_rate)
    from tonada.cataloguing.processes import HearingError
    from tonada.cataloguing.ray_engine import RayError, ray_engine
    from tonada.cataloguing.tables import TableError
    from tonada.cataloguing.tag import describe_tags, local_engine, open_tags
    from tonada.cataloguing.tag import tag as tag_songs
    from tonada.listening.listener import ModelError

    done = 0
    try:
        tasks = _tasks(task)
        engine_of = {EngineName.LOCAL: local_engine, EngineName.RAY: ray_engine}[engine]
        hear = engine_of(tasks, bounds, workers, timeout)
        with quiet_libraries(), open_tags(_found(paths), tasks, output, resume, paths) as parts:
            total, waiting = parts.count()
            begun = time.monotonic()
            with closing(tag_songs(parts, hear)) as rows:
                for row in track(rows, total=total, unit="song", done=total - waiting):
                    done += 1
                    remark(row["message"])
        said, failures = describe_tags(output)
        typer.echo(said)
        _tell_pace(done, time.monotonic() - begun)
    except (ModelError, TableError, HearingError, RayError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or output}: {error.strerror or error}; what was tagged before is kept")
    except KeyboardInterrupt:
        fail(f"interrupted after {done} songs; the same command with --resume goes on from there", 130)
    raise typer.Exit(1 if failures else 0)


def _tasks(given: list[str] | None) -> list["Task"]:
    from tonada.cataloguing.tasks import Task
    from tonada.checkpoints import tasks

    quiet_loading()
    named = [each.partition("=") for each in given or tasks()]
    if not all(name for name, _, _ in named):
        fail("--task names a task, or NAME=MODEL; a model of your own needs a name for its columns")
    return [Task(name, model or None) for name, _, model in named]


def _found(paths: list[Path]) -> Iterator["Found"]:
    from tonada.listening.files import find_audio

    for path, error in find_audio(paths):
        if error is not None:
            complain(str(error))
        yield path, error


def _tell_pace(songs: int, seconds: float) -> None:
    if songs:
        typer.echo(f"tonada: {songs} songs in {seconds:.1f} s, {songs / seconds:.2f} a second", err=True)
