"""A catalogue's tags into one table: which songs, on which engine, and what is still to be heard."""

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tonada.cataloguing.parts import Parts
from tonada.cataloguing.processes import cores
from tonada.cataloguing.tables import KEY, TableError, as_text
from tonada.cataloguing.tag_tables import Row, tags_schema, tags_table
from tonada.cataloguing.tagging import Tagger, row_without_tags
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.files import Found
from tonada.listening.limits import Limits

Engine = Callable[[Iterator[str]], Iterator[Row]]
"""Names of files to their rows, in whatever order."""


@contextmanager
def open_tags(
    found: Iterable[Found],
    tasks: Sequence[Task],
    output: Path,
    resume: bool = False,
    searched: Iterable[str | os.PathLike[str]] = (),
) -> Iterator[Parts[Row]]:
    """
    A table of tags in the making, which knows what is still to be heard; what was added stays, however it is left.

    Args:
        found: files, each once in the table however often it is given.
        tasks: what to tag with.
        output: the Parquet file; while it is made, a folder beside it.
        resume: go on with a table that is there or was begun.
        searched: what `find_audio` was given; a song in it that could not be tagged and is no longer found leaves the
            table, where all others of a table that is continued stay.

    Raises:
        TableError: there is a table and nobody asked to go on, other models made it, or another process is making it.
        ModelError: a model cannot be loaded.
        OSError: the output cannot be written.
    """
    folders = tuple(as_text(os.path.join(path, "")) for path in searched)
    parts = Parts(
        output,
        tags_schema(listeners_of(tasks)),
        tags_table,
        is_elsewhere=lambda path: not os.path.join(path, "").startswith(folders),
    )
    if not resume and (output.exists() or any(parts.folder.glob("[0-9]*.parquet"))):
        raise TableError(f"{output} is there or was begun; go on with --resume, or choose another --output")
    with parts:
        for path, error in found:
            if parts.want(path, waits=error is None) and error is not None:
                parts.add(row_without_tags(path, error.status, str(error)))
        yield parts


def tag(parts: Parts[Row], engine: Engine) -> Generator[Row, None, None]:
    """
    Tag what waits, and yield each row as it is done; when the iterator is exhausted the table is there.

    The table is the same for any engine, number of workers and interruptions, but for `seconds` and `tagged`.

    Raises:
        HearingError: no process can be had.
    """
    for row in engine(parts.waiting()):
        parts.add(row)
        yield row
    parts.join()


def local_engine(tasks: Sequence[Task], limits: Limits, workers: int | None, seconds: float) -> Engine:
    """Processes of this machine, one a core if no number is given."""
    count = workers or cores()

    def rows(paths: Iterator[str]) -> Iterator[Row]:
        with Tagger(tasks, limits, count, seconds) as tagger:
            yield from tagger.rows(paths)

    return rows


def describe_tags(path: Path) -> tuple[str, int]:
    """What a finished table holds, in one line, and how many of its songs have no tags."""
    table = pq.ParquetFile(path)
    failures = sum(
        len(group) - (pc.sum(pc.equal(group["status"], "ok")).as_py() or 0)
        for group in table.iter_batches(columns=["status"])
    )
    tasks = ", ".join(json.loads(table.schema_arrow.metadata[KEY])["tasks"])
    tagged = table.metadata.num_rows - failures
    return f"{path}: {tagged} songs tagged by {tasks}; {failures} could not be tagged", failures
