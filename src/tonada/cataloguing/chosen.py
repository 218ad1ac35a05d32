"""Songs of a table of tags that fit a filter: by label, probability, agreement and duration."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tonada.cataloguing.tables import KEY, TableError
from tonada.cataloguing.tag_tables import Row, embedding_column
from tonada.modeling.labels_tonada import UNKNOWN

OF_A_SONG = ("path", "content", "duration")
EMBEDDING = "embedding"
TAGGED = ("label", "probability", "agreement")


@dataclass(frozen=True)
class Filter:
    """
    Which songs are meant.

    Attributes:
        labels: wanted label of each of these tasks.
        probability: of a task's label, at least.
        agreement: of a task's segments, at least.
        shortest: seconds.
        longest: seconds.
    """

    labels: dict[str, str] = field(default_factory=dict)
    probability: float = 0.0
    agreement: float = 0.0
    shortest: float = 0.0
    longest: float = float("inf")

    def fits(self, tasks: Iterable[str] = ()) -> pc.Expression:
        """Which rows are meant, by what they were tagged with in these tasks and in those of `labels`."""
        seconds = pc.field("duration")
        fits = (pc.field("status") == "ok") & (seconds >= self.shortest) & (seconds <= self.longest)
        for task, label in self.labels.items():
            fits &= pc.field(f"{task}_label") == label
        # In single precision, as the table has them: 0.7 is not less than 0.7.
        least = {"probability": self.probability, "agreement": self.agreement}
        for task in {*tasks, *self.labels}:
            for name, bound in least.items():
                fits &= pc.field(f"{task}_{name}") >= pa.scalar(bound, pa.float32())
        return fits

    def columns(self, tasks: Iterable[str] = ()) -> list[str]:
        """What `fits` asks for."""
        each = sorted({*tasks, *self.labels})
        return ["status", *(f"{task}_{name}" for task in each for name in TAGGED)]


class Tags:
    """
    A table that `tonada tag` made.

    Raises:
        TableError: it is none.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self._table = pq.ParquetFile(path)
            about = json.loads(self._table.schema_arrow.metadata[KEY])
            self.models: dict[str, Any] = about["tasks"]
        except (OSError, pa.ArrowException, TypeError, KeyError, ValueError) as error:
            raise TableError(f"{path} is no table of tags; make one with tonada tag FOLDER --output {path}") from error

    @property
    def tasks(self) -> list[str]:
        """Those that answer with a label."""
        return [task for task in self.models if f"{task}_label" in self._table.schema_arrow.names]

    def check(self, task: str, label: str | None = None) -> None:
        """
        Refuse a task or a label that the table does not have.

        Raises:
            TableError: naming those that it has.
        """
        if task not in self.tasks:
            raise TableError(
                f"{self.path} has no labels of {task!r}; it has those of {', '.join(self.tasks) or 'none'}"
            )
        labels = self.models[task]["labels"]
        if label is not None and label not in labels:
            raise TableError(f"{task} has no label {label!r}; it has {', '.join(labels)}")

    def songs(self, task: str, which: Filter) -> Iterator[Row]:
        """Rows of the songs that are meant and have a label of the task."""
        fits = which.fits([task]) & (pc.field(f"{task}_label") != UNKNOWN)
        for group in self._table.iter_batches(columns=[*OF_A_SONG, *which.columns([task])]):
            yield from group.filter(fits).to_pylist()

    def embedded(self, which: Filter) -> pa.Table:
        """
        Songs that are meant and have an embedding: path, content, duration and embedding.

        Raises:
            TableError: the table has no embeddings.
        """
        column = self._embedding
        fits = which.fits() & pc.field(column).is_valid()
        kept = [*OF_A_SONG, column]
        groups = self._table.iter_batches(columns=list({*kept, *which.columns()}))
        schema = pa.schema([self._table.schema_arrow.field(name) for name in kept])
        table = pa.Table.from_batches((group.filter(fits).select(kept) for group in groups), schema)
        return table.rename_columns([*OF_A_SONG, EMBEDDING])

    def song(self, column: str, value: str) -> Row | None:
        """
        The song of this path or content, as `embedded` has it; `None` if there is none with an embedding.

        Raises:
            TableError: the table has no embeddings.
        """
        names = {name: name for name in OF_A_SONG} | {EMBEDDING: self._embedding}
        for group in range(self._table.num_row_groups):
            row = pc.index(self._table.read_row_group(group, [column])[column], value).as_py()
            if row >= 0:
                [found] = self._table.read_row_group(group, list(names.values())).slice(row, 1).to_pylist()
                return {name: found[kept] for name, kept in names.items()} if found[self._embedding] else None
        return None

    @property
    def _embedding(self) -> str:
        column = embedding_column(self.models)
        if column not in self._table.schema_arrow.names:
            raise TableError(
                f"{self.path} has no embeddings; make a table that has: tonada tag FOLDER --output OTHER.parquet"
            )
        return column
