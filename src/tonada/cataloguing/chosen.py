"""Songs of a table of tags that fit a filter: by label, probability, agreement and duration."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tonada.cataloguing.tables import KEY, TableError
from tonada.cataloguing.tag_tables import Row
from tonada.modeling.labels_tonada import UNKNOWN


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

    def fits(self, row: Row, task: str) -> bool:
        """Whether a song is meant, by what it was tagged with in a task and in those of `labels`."""
        if not self.shortest <= row["duration"] <= self.longest:
            return False
        if any(row[f"{each}_label"] != label for each, label in self.labels.items()):
            return False
        # In single precision, as the table has them: 0.7 is not less than 0.7.
        least = {"probability": float(np.float32(self.probability)), "agreement": float(np.float32(self.agreement))}
        return all(row[f"{each}_{name}"] >= bound for each in {task, *self.labels} for name, bound in least.items())


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
        columns = ["path", "status", "duration", "content"]
        columns += [
            f"{each}_{name}" for each in {task, *which.labels} for name in ("label", "probability", "agreement")
        ]
        for group in self._table.iter_batches(columns=columns):
            for row in group.to_pylist():
                if row["status"] == "ok" and row[f"{task}_label"] != UNKNOWN and which.fits(row, task):
                    yield row
