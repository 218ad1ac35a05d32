"""
Which songs a table is to have, and where the rows of each are: on the disk, for a catalogue may have a hundred million.

The index is made anew from the tables whenever one is continued, so that no kill can leave it wrong.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

State = tuple[int | None, int | None]  # bytes, and time of modification

TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE places (song INTEGER PRIMARY KEY, path TEXT UNIQUE, file TEXT, row_group INTEGER, first INTEGER,
                         count INTEGER, bytes INTEGER, modified INTEGER);
    CREATE TABLE wanted (position INTEGER PRIMARY KEY, path TEXT UNIQUE, name BLOB, waits INTEGER);
"""
PUT = """
    INSERT INTO places (path, file, row_group, first, count, bytes, modified) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (path) DO UPDATE SET file = excluded.file, row_group = excluded.row_group, first = excluded.first,
                                     count = excluded.count, bytes = excluded.bytes, modified = excluded.modified
"""
PLACE = "places.file, places.row_group, places.first, places.count"
ORDERED = f"SELECT {PLACE} FROM wanted JOIN places USING (path) ORDER BY wanted.position"
OTHERS = f"SELECT {PLACE} FROM places WHERE path NOT IN (SELECT path FROM wanted) ORDER BY song"


@dataclass(frozen=True)
class Place:
    """Rows of a song: in which file, in which of its row groups, from which row on, and how many."""

    file: Path
    group: int
    first: int
    count: int


class Places:
    """
    An index of songs by path, as text.

    Args:
        file: where the index is while it is used.
    """

    def __init__(self, file: Path):
        self.file = file
        self.file.unlink(missing_ok=True)
        self._index = sqlite3.connect(file, isolation_level=None)
        self._index.executescript(TABLES)

    def close(self) -> None:
        """Delete the index."""
        self._index.close()
        self.file.unlink(missing_ok=True)

    def put(self, found: Iterable[tuple[str, Place, State]]) -> None:
        """Rows that were made when each song's file was in that state; they replace what was known of these songs."""
        if not self._index.in_transaction:  # as after a call that Ctrl-C ended, whose rows come again
            self._index.execute("BEGIN")
        rows = ((path, str(at.file), at.group, at.first, at.count, *state) for path, at, state in found)
        self._index.executemany(PUT, rows)
        self._index.execute("COMMIT")

    def state(self, path: str) -> State | None:
        """The state of a song's file when its rows were made; `None` of a song that has none."""
        return self._index.execute("SELECT bytes, modified FROM places WHERE path = ?", (path,)).fetchone()

    def want(self, path: str, name: str, waits: bool) -> bool:
        """Ask for a song's rows, which are still to be made if it waits; false if somebody has asked before."""
        asked = (path, os.fsencode(name), waits)
        done = self._index.execute("INSERT OR IGNORE INTO wanted (path, name, waits) VALUES (?, ?, ?)", asked)
        return done.rowcount > 0

    def waiting(self) -> Iterator[str]:
        """Names of the files whose rows are still to be made, in the order they were asked for."""
        for (name,) in self._index.execute("SELECT name FROM wanted WHERE waits ORDER BY position"):
            yield os.fsdecode(name)

    def count(self) -> tuple[int, int]:
        """How many songs were asked for, and how many of them wait."""
        return self._index.execute("SELECT count(*), coalesce(sum(waits), 0) FROM wanted").fetchone()

    def in_order(self) -> Iterator[Place]:
        """Rows of the songs that were asked for, in that order, and then those of the others."""
        for query in (ORDERED, OTHERS):
            for file, group, first, count in self._index.execute(query):
                yield Place(Path(file), group, first, count)
