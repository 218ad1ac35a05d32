"""Songs to rows of tags: the one function that every engine calls, and the process that it is called in."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

from transformers.utils.logging import disable_progress_bar

from tonada.cataloguing.hearing import file_state
from tonada.cataloguing.processes import Crew, Lost
from tonada.cataloguing.tables import as_text
from tonada.cataloguing.tag_tables import Row, answers_columns
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.limits import AudioError, Limits
from tonada.listening.listener import Listener
from tonada.listening.together import listen_together

SECONDS = 600.0  # that a song may take


def tag_batch(
    paths: Iterable[str | None], listeners: Mapping[str, Listener], limits: Limits | None = None
) -> list[Row]:
    """
    What each task's model says of each song, a row a song in the order given, see `tags_schema`.

    A row depends on its song alone: the segments of a song go through a model together, and no other song's with them,
    so that the numbers are the same to the last bit whatever stands beside it, and on whichever engine. `None`, as a
    query may give it, is a song that is `missing`.
    """
    return [_tag(path, listeners, limits) for path in paths]


class Tagger:
    """
    Songs to rows of tags, in processes of their own; a context manager that ends them.

    A file that ends its process or hangs is a row with a status, `crashed` or `timeout`, as is one that cannot be read.
    Its `bytes` and `modified` are null: this process asks nothing of a disk that may not answer.

    Args:
        tasks: what to tag with.
        limits: what recordings are refused.
        workers: processes, each on one thread, with all models.
        seconds: that a song may take.
    """

    def __init__(self, tasks: Sequence[Task], limits: Limits | None = None, workers: int = 1, seconds: float = SECONDS):
        self._crew = Crew(partial(_prepare, tasks, limits), workers, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._crew.close()

    def rows(self, paths: Iterable[str]) -> Iterator[Row]:
        """
        The row of each song as soon as it is known, in whatever order that is.

        Raises:
            HearingError: a process ends before it hears anything.
        """
        for path, row in self._crew.each(paths):
            yield row_without_tags(path, row.status, row.message) if isinstance(row, Lost) else row


def row_without_tags(path: str | None, status: str, message: str) -> Row:
    """The row of a song that has no answers; no file is touched."""
    name = None if path is None else as_text(path)
    return {"path": name, "status": status, "message": as_text(message), "tagged": datetime.now(UTC)}


def _prepare(tasks: Sequence[Task], limits: Limits | None) -> Callable[[str], Row]:
    disable_progress_bar()  # of loading some fifty small tensors
    listeners = listeners_of(tasks)
    return lambda path: tag_batch([path], listeners, limits)[0]


def _tag(path: str | None, listeners: Mapping[str, Listener], limits: Limits | None) -> Row:
    if path is None:
        return row_without_tags(path, "missing", "a song has no path (null); give each row one, or leave the row out")
    begun, row = time.perf_counter(), row_without_tags(path, "ok", "")
    row["bytes"], row["modified"] = file_state(path) or (None, None)
    try:
        row |= _answers(path, listeners, limits)
    except AudioError as error:
        row |= {"status": error.status, "message": as_text(str(error))}
    except Exception as error:  # one strange file must not take the rest of a catalogue with it
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        row |= {"status": "failed", "message": as_text(f"{path}: could not be judged ({reason}); please report it")}
    return row | {"seconds": time.perf_counter() - begun, "tagged": datetime.now(UTC)}


def _answers(path: str, listeners: Mapping[str, Listener], limits: Limits | None) -> Row:
    answers = listen_together(path, listeners, path, limits)
    with open(path, "rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    duration = next(iter(answers.values())).duration
    return {"content": content, "duration": duration, **answers_columns(answers)}
