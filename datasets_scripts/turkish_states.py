"""
The two states of source S1's table as files, for the pipeline of `recipes/turkish/dvc.yaml`.

    python -m tonada.datasets_scripts.turkish_states as-delivered TABLE COPY
    python -m tonada.datasets_scripts.turkish_states cleaned TABLE SONGS REPAIRS
"""

import csv
import dataclasses
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from . import tables, turkish


def as_delivered(table: Path, copy: Path) -> None:
    """
    Copy a table byte by byte, once it is known to be one.

    Raises:
        ValueError: it lacks a column, or a row is of another length than the header.
    """
    tables.read(table, ("Class", *turkish.COLUMNS))
    shutil.copyfile(table, copy)


def cleaned(table: Path, songs: Path, repairs: Path) -> None:
    """Write the songs that `turkish.clean` makes of a table, and a line for each repair."""
    found, mended = turkish.clean(table)
    vectors = ([song["song_id"], song["group"], song["label"], *song["descriptors"]] for song in found)
    _write(songs, ["song_id", "group", "label", *turkish.COLUMNS], vectors)
    names = [each.name for each in dataclasses.fields(turkish.Repair)]
    _write(repairs, names, map(dataclasses.astuple, mended))


STATES: dict[str, Callable[..., None]] = {"as-delivered": as_delivered, "cleaned": cleaned}


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    try:
        STATES[sys.argv[1]](*map(Path, sys.argv[2:]))
    except (OSError, ValueError) as error:
        sys.exit(f"tonada: {error}")
