"""`tonada similar`: a song and a table of tags in, songs that sound like it out, as a list or a radio."""

import csv
import json
import sys
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.filter_options import MaxMinutes, MinAgreement, MinMinutes, MinProbability, Only, chosen
from tonada_cli.printing import fail, printable, quiet_libraries, tell_of_absent

if TYPE_CHECKING:
    from tonada.cataloguing.chosen import Filter, Tags
    from tonada.cataloguing.tag_tables import Row

TOLD = ("path", "similarity", "duration", "content")


class Format(StrEnum):
    """How songs are listed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def similar(
    song: Annotated[Path, typer.Argument(help="An audio file, or a song of the table.", show_default=False)],
    tags: Annotated[Path, typer.Option("--in", help="A table that tonada tag made.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, help="Songs to find.")] = 10,
    radio: Annotated[
        Path | None,
        typer.Option(
            help="Also write a playlist, .m3u8 or .xspf: SONG, then a song like it, then one like that, and so on; "
            "never two by one artist in a row, where files say who plays.",
            show_default=False,
        ),
    ] = None,
    only: Only = None,
    min_probability: MinProbability = 0.0,
    min_agreement: MinAgreement = 0.0,
    min_minutes: MinMinutes = 0.0,
    max_minutes: MaxMinutes = None,
    format: Annotated[Format, typer.Option(help="table for people, json or csv for programs.")] = Format.TABLE,
) -> None:
    """
    Find songs that sound like a song: the nearest by what the first model of the table heard in them.

    A song that is in the table, under whatever name, is not heard again; another is, by the same edition of the same
    model. Copies of the same bytes are not told. Similarity is the cosine, 1 at most; with --radio it is that to the
    song before. Needs the extra similar (FAISS).

    Examples:

      tonada similar ~/Music/song.mp3 --in tags.parquet

      tonada similar song.mp3 --in tags.parquet --only genre=rock --count 25 --radio ~/Music/radio.m3u8
    """
    if radio is not None and radio.suffix not in (".m3u8", ".xspf"):
        fail(f"--radio is {radio}; give it a name that ends in .m3u8 or .xspf")
    if (min_probability or min_agreement) and not only:
        fail("--min-probability and --min-agreement are of a label; say which, for example --only emotion=happy")
    from tonada.cataloguing.chosen import Tags
    from tonada.cataloguing.playlists import PlaylistError
    from tonada.cataloguing.tables import TableError
    from tonada.listening.limits import AudioError
    from tonada.listening.listener import ModelError

    try:
        table = Tags(tags)
        which = chosen(table, only, min_probability, min_agreement, min_minutes, max_minutes)
        with quiet_libraries():
            found = _found(song, table, which, count, radio)
    except (TableError, PlaylistError, ModelError, AudioError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or radio}: {error.strerror or error}")
    PRINTERS[format](found)
    if not found:
        fail("no other song fits; ask for less", 1)


def _found(song: Path, tags: "Tags", which: "Filter", count: int, playlist: Path | None) -> list["Row"]:
    from datasets.utils.logging import disable_progress_bar

    from tonada.cataloguing.playlists import write_playlist
    from tonada.cataloguing.radio import radio
    from tonada.cataloguing.seeds import seed_of
    from tonada.cataloguing.similar import Similar

    disable_progress_bar()  # of adding some thousand vectors
    seed, songs = seed_of(str(song), tags), Similar(tags, which)
    if playlist is None:
        return list(islice(songs.nearest(seed), count))
    played = list(islice(radio(songs, seed), 1 + count))
    tell_of_absent(write_playlist(playlist, "radio", played).absent)
    return played[1:]


def _print_table(songs: list["Row"]) -> None:
    typer.echo("similarity  song")
    for song in songs:
        typer.echo(f"{song['similarity']:>10.2f}  {printable(song['path'])}")


def _print_json(songs: list["Row"]) -> None:
    typer.echo(json.dumps([{name: song[name] for name in TOLD} for song in songs], ensure_ascii=False, indent=2))


def _print_csv(songs: list["Row"]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(TOLD)
    writer.writerows([song[name] for name in TOLD] for song in songs)


PRINTERS = {Format.TABLE: _print_table, Format.JSON: _print_json, Format.CSV: _print_csv}
