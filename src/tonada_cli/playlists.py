"""`tonada playlists`: a table of tags in, playlists out."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.printing import fail, printable

if TYPE_CHECKING:
    from tonada.cataloguing.chosen import Filter, Tags


class Format(StrEnum):
    """What players read."""

    M3U8 = "m3u8"
    XSPF = "xspf"


def playlists(
    tags: Annotated[Path, typer.Argument(help="A table that tonada tag made.", show_default=False)],
    output: Annotated[Path, typer.Option(help="The folder for the playlists.", show_default=False)],
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK", help="A playlist for each label of this task; of all, if not given.", show_default=False
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK=LABEL", help="Songs with this label alone; several must all fit.", show_default=False
        ),
    ] = None,
    min_probability: Annotated[float, typer.Option(min=0, max=1, help="Of the label.")] = 0.0,
    min_agreement: Annotated[float, typer.Option(min=0, max=1, help="Share of segments that agree.")] = 0.0,
    min_minutes: Annotated[float, typer.Option(min=0, help="Duration of a song.")] = 0.0,
    max_minutes: Annotated[
        float | None, typer.Option(min=0, help="Duration of a song; any, if not given.", show_default=False)
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help="Songs in a playlist; all, if not given.", show_default=False)
    ] = None,
    format: Annotated[Format, typer.Option(help="What players read.")] = Format.M3U8,
) -> None:
    """
    Write a playlist for each mood or genre, the songs that are surest of it first.

    Playlists name songs relative to their folder, and replace those that Tonada made before; a playlist of your own
    under the same name is left alone.

    Examples:

      tonada playlists tags.parquet --output ~/Music/playlists

      tonada playlists tags.parquet --output lists --by genre --only emotion=happy --min-probability 0.6 --max-minutes 5
    """
    from tonada.cataloguing.chosen import Tags
    from tonada.cataloguing.playlists import PlaylistError, write_playlists
    from tonada.cataloguing.tables import TableError

    try:
        table = Tags(tags)
        longest = float("inf") if max_minutes is None else 60 * max_minutes
        which = _filter(table, only or [], min_probability, min_agreement, 60 * min_minutes, longest)
        written: dict[Path, int] = {}
        for task in by or table.tasks:
            table.check(task)
            written |= write_playlists(table, task, which, output, format.value, most)
    except (TableError, PlaylistError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or output}: {error.strerror or error}")
    for file, songs in written.items():
        typer.echo(f"{songs:>7} songs  {printable(str(file))}")
    if not written:
        fail("no song fits; ask for less", 1)


def _filter(
    table: "Tags", only: list[str], probability: float, agreement: float, shortest: float, longest: float
) -> "Filter":
    from tonada.cataloguing.chosen import Filter

    labels = {task: label for task, _, label in (each.partition("=") for each in only)}
    for task, label in labels.items():
        table.check(task, label)
    return Filter(labels, probability, agreement, shortest, longest)
