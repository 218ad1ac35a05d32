"""Tags for Spark: what `DataFrame.mapInPandas` takes, around the function that every engine calls."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from tonada.cataloguing.tag_tables import tags_schema, tags_table
from tonada.cataloguing.tagging import SECONDS, Tagger
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.limits import Limits

TYPES = {
    pa.string(): "STRING",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
    pa.list_(pa.string()): "ARRAY<STRING>",
    pa.list_(pa.float32()): "ARRAY<FLOAT>",
}


class TagInPandas:
    """
    Frames with a column `path` to frames of tags, for `songs.mapInPandas(tagger, tagger.schema)`.

    Each task of Spark starts one process with the models, which takes seconds: give it some hundred songs. The
    executors must see the songs and own models under the same paths.

    Args:
        tasks: what to tag with.
        limits: what recordings are refused.
        seconds: that a song may take.

    Raises:
        ModelError: a model cannot be loaded.
    """

    def __init__(self, tasks: Sequence[Task], limits: Limits | None = None, seconds: float = SECONDS):
        self.tasks = tuple(tasks)
        self.limits = limits
        self.seconds = seconds
        self._columns = tags_schema(listeners_of(tasks))

    @property
    def schema(self) -> str:
        """The columns in Spark's words."""
        quoted = (f"`{column.name.replace('`', '``')}` {TYPES[column.type]}" for column in self._columns)
        return ", ".join(quoted)

    def __call__(self, frames: Iterator[Any]) -> Iterator[Any]:
        """Tag the songs of each frame of pandas."""
        with Tagger(self.tasks, self.limits, seconds=self.seconds) as tagger:
            for frame in frames:
                # A null of pandas may be NaN; `tag_batch` knows None.
                paths: Iterator[Any] = (path if isinstance(path, str) else None for path in frame["path"])
                rows = list(tagger.rows(paths))
                yield tags_table(rows, self._columns).to_pandas(integer_object_nulls=True)
