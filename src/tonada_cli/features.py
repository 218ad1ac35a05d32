"""`tonada features`: files and folders in, a table of named descriptors out."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.limit_options import (
    CUT_MINUTES,
    WHOLE_MINUTES,
    MaxChannels,
    MaxDecodedGb,
    MaxFileGb,
    MaxMinutesByKind,
    MaxRate,
    limits,
)
from tonada_cli.printing import fail, remark, track
from tonada_cli.table_options import Workers, check_is_parquet


def features(
    paths: Annotated[
        list[Path], typer.Argument(help="Audio files, and folders to search for them.", show_default=False)
    ],
    set: Annotated[
        str,
        typer.Option(
            help="A published set: hsf90, bag32, fma518 and others (a wrong name lists them all). Or a YAML file of "
            "your own, a list of blocks like {descriptor: mfcc, count: 20, statistics: mean}.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option(help="The Parquet file to make or to go on with.", show_default=False)],
    segment_seconds: Annotated[
        float | None, typer.Option(min=0.5, help="A row for each segment this long, instead of a row a song.")
    ] = None,
    segment_overlap: Annotated[
        float, typer.Option(min=0, max=0.95, help="Share of a segment that the next one hears again.")
    ] = 0.0,
    workers: Workers = None,
    max_minutes: MaxMinutesByKind = None,
    max_file_gb: MaxFileGb = 4.0,
    max_decoded_gb: MaxDecodedGb = 16.0,
    max_channels: MaxChannels = 8,
    max_rate: MaxRate = 192_000,
) -> None:
    """
    Write the descriptors of each song to a Parquet table: a row a song or a segment, named columns.

    A file that cannot be read has a row too, with a status and a message
    that says why, and a line on standard error; the exit code is 1 as long
    as the table has such a row.
    The table's metadata, entry "tonada", says what the numbers are.

    Interrupted or killed, the same command goes on where it was; until then
    its work waits in OUTPUT.parts. Once the table is there, the command hears
    what is new or has changed (by size or time of modification), and tries
    again what could not be read. Songs of the table that are not among PATHS
    stay in it.

    A whole song takes memory by its length, as its statistics need all its
    frames at once: at the limit of 15 minutes up to 1.7 GB a worker, or 2.6 GB
    for fma518_published, which hears 44.1 kHz. In segments, two hours take
    1.6 GB, or 2.4 GB.

    Examples:

      tonada features ~/Music --set hsf90 --output music.parquet

      tonada features ~/Music --set fma518 --segment-seconds 10 --output segments.parquet --workers 4
    """
    check_is_parquet(output)
    if segment_overlap and segment_seconds is None:
        fail("--segment-overlap is for segments; give --segment-seconds too")
    minutes = max_minutes or (WHOLE_MINUTES if segment_seconds is None else CUT_MINUTES)
    bounds = limits(minutes, max_file_gb, max_decoded_gb, max_channels, max_rate)
    from tonada.cataloguing.features import SetError, extract, extractor_of
    from tonada.cataloguing.processes import HearingError, cores
    from tonada.cataloguing.tables import TableError, describe
    from tonada.listening.files import find_audio

    done = 0
    found = list(find_audio(paths))
    try:
        extractor = extractor_of(set, segment_seconds=segment_seconds, segment_overlap=segment_overlap)
        with closing(extract(found, extractor, output, bounds, workers or cores())) as songs:
            for song in track(songs, total=len(found), unit="song"):
                done += 1
                remark(song.message)
        said, failures = describe(output)
        typer.echo(said)
    except (SetError, TableError, HearingError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or output}: {error.strerror or error}; what was heard before is kept")
    except KeyboardInterrupt:
        fail(f"interrupted after {done} of {len(found)} songs; the same command goes on from there", 130)
    raise typer.Exit(1 if failures else 0)
