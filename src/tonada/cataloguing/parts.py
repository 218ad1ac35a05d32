"""
A table that grows in parts, so that whoever is interrupted goes on from there.

While FILE.parquet is being made, rows go to FILE.parquet.parts/000000.parquet, 000001.parquet, …, each whole or not
there at all. At the end they are joined, with what an earlier FILE.parquet holds, to the new FILE.parquet, which
replaces the old one in one step; only then do the parts go. A process may be killed between any two instructions.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tonada.cataloguing.hearing import file_state
from tonada.cataloguing.places import Place, Places, State
from tonada.cataloguing.tables import TableError, as_text, open_table, write_tables

SHORTEST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds between parts
SHARE_AT_RISK = 0.01  # of the run's time: a kill costs no more, and an hour of work makes a few hundred parts
ROWS_OF_A_GROUP = 4096  # 8 MB of the widest set
UNKNOWN: State = (None, None)  # of a file that could not be asked

Song = TypeVar("Song")


class Parts(Generic[Song]):
    """
    The rows of a table in the making; a context manager that keeps what was added, however it is left.

    Songs that were read stay read as long as their files do not change. Those that could not be read are tried again
    when a finished table is continued, as are those whose file is not known to be the same.

    Args:
        output: where the joined table goes.
        schema: its columns, see `table_schema`.
        table_of: makes rows of songs, with that schema.
        is_elsewhere: of a song's path as text, whether nobody looks for it now, so that its row stays in a finished
            table that is continued even if it could not be read; no such row stays if not given.

    Raises:
        TableError: other columns are there already, or another process is making this table.
        OSError: the folder cannot be written.
    """

    def __init__(
        self,
        output: Path,
        schema: pa.Schema,
        table_of: Callable[[Sequence[Song], pa.Schema], pa.Table],
        is_elsewhere: Callable[[str], bool] = lambda path: False,
    ):
        self.output = output
        self.schema = schema
        self.table_of = table_of
        self.is_elsewhere = is_elsewhere
        self.folder = output.with_name(f"{output.name}.parts")

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._locked()
        self._places = Places(self.folder / "places")
        try:
            if self.output.exists():
                self._places.put(_places_in(self.output, open_table(self.output, self.schema), self.is_elsewhere))
            for part in self._parts():
                self._places.put(_places_in(part, open_table(part, self.schema)))
        except BaseException:
            self._let_go()
            raise
        self._next_number = max((int(part.stem) for part in self._parts()), default=-1) + 1
        self._added: list[Song] = []
        self._rows_added = 0
        self._begun = self._written = time.monotonic()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._write_part()
        finally:
            self._let_go()

    def want(self, path: str, waits: bool = True) -> bool:
        """
        Ask for a song, which waits to be heard unless it was, and its file has not changed since.

        Returns:
            Whether this is the first time that it is asked for.
        """
        return self._places.want(as_text(path), path, waits and not self.holds(path))

    def holds(self, path: str) -> bool:
        """Whether the song was heard before, and its file has not changed since."""
        state = self._places.state(as_text(path))
        # A disk that did not answer before is not asked here, where nothing would end the wait.
        return state not in (None, UNKNOWN) and state == file_state(path)

    def waiting(self) -> Iterator[str]:
        """Songs that wait to be heard."""
        return self._places.waiting()

    def count(self) -> tuple[int, int]:
        """How many songs were asked for, and how many of them waited when they were."""
        return self._places.count()

    def add(self, song: Song, rows: int = 1) -> None:
        """Take a song's rows; they are on the disk within half a minute and a hundredth of the run's time so far."""
        self._added.append(song)
        self._rows_added += rows
        now = time.monotonic()
        wait = min(LONGEST_WAIT, max(SHORTEST_WAIT, SHARE_AT_RISK * (now - self._begun)))
        if now - self._written >= wait or self._rows_added >= ROWS_OF_A_GROUP:
            self._write_part()

    def join(self) -> None:
        """Make the table: songs in the order they were asked for, then those of earlier runs that were not."""
        self._write_part()
        tables = map(self._rows, _groups(self._places.in_order()))
        write_tables(tables, self.schema, self.output)
        for leftover in self.folder.glob("*.parquet*"):
            leftover.unlink()

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.parquet"))

    def _write_part(self) -> None:
        if self._added:
            file = self.folder / f"{self._next_number:06}.parquet"
            write_tables([self.table_of(self._added, self.schema)], self.schema, file)
            self._places.put(_places_in(file, pq.ParquetFile(file)))
            self._next_number += 1
            self._added, self._rows_added = [], 0
        self._written = time.monotonic()

    def _rows(self, places: list[Place]) -> pa.Table:
        """The rows at these places, in their order."""
        starts: dict[tuple[Path, int], int] = {}
        tables: list[pa.Table] = []
        for file, group in dict.fromkeys((place.file, place.group) for place in places):
            starts[file, group] = sum(map(len, tables))
            tables.append(pq.ParquetFile(file).read_row_group(group))
        first = [starts[place.file, place.group] + place.first for place in places]
        rows = np.concatenate([np.arange(at, at + place.count) for at, place in zip(first, places, strict=True)])
        return pa.concat_tables(tables).combine_chunks().take(pa.array(rows))

    def _locked(self) -> int:
        """A handle on the folder; the lock on it ends with the process, however that ends."""
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(folder)
            raise TableError(f"{self.output} is being written by another process; wait for it to end") from error
        except OSError:
            pass  # some network file systems know no locks; whoever works there looks out alone
        return folder

    def _let_go(self) -> None:
        self._places.close()
        with suppress(OSError):  # parts are in it
            self.folder.rmdir()
        os.close(self._lock)


def _places_in(
    file: Path, table: pq.ParquetFile, is_elsewhere: Callable[[str], bool] | None = None
) -> Iterator[tuple[str, Place, State]]:
    """Of a finished table, for which `is_elsewhere` is given, failures stay only there, in a state that no file has."""
    for group in range(table.num_row_groups):
        facts = table.read_row_group(group, columns=["path", "status", "bytes", "modified"])
        path, status, size = (facts[name].to_pylist() for name in ("path", "status", "bytes"))
        modified = facts["modified"].cast(pa.int64()).to_pylist()
        first = 0
        for row in range(1, len(path) + 1):
            if row == len(path) or path[row] != path[first]:
                place = Place(file, group, first, row - first)
                if is_elsewhere is None or status[first] == "ok":
                    yield path[first], place, (size[first], modified[first])
                elif is_elsewhere(path[first]):
                    yield path[first], place, UNKNOWN
                first = row


def _groups(places: Iterator[Place]) -> Iterator[list[Place]]:
    """Places in their order, some `ROWS_OF_A_GROUP` rows at a time."""
    group: list[Place] = []
    rows = 0
    for place in places:
        group.append(place)
        rows += place.count
        if rows >= ROWS_OF_A_GROUP:
            yield group
            group, rows = [], 0
    if group:
        yield group
