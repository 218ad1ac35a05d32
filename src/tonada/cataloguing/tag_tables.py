"""Tags as a Parquet table: a row a song, columns a task, and in its metadata which models the answers are of."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

import tonada
from tonada.cataloguing.tables import FACTS, KEY
from tonada.cataloguing.tasks import fingerprint
from tonada.listening.answers import Answer
from tonada.listening.listener import Listener
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION

Row = dict[str, Any]
"""A song by the names of the columns; what it lacks is missing."""

COSTS = {"content": pa.string(), "seconds": pa.float32(), "tagged": pa.timestamp("us", tz="UTC")}
TYPES = {
    "label": pa.string(),
    "parents": pa.list_(pa.string()),
    "labels": pa.list_(pa.string()),
    "probability": pa.float32(),
    "agreement": pa.float32(),
    "set": pa.list_(pa.string()),
    "model": pa.string(),
    "revision": pa.string(),
}


def tags_schema(listeners: Mapping[str, Listener]) -> pa.Schema:
    """
    The columns of a table of tags.

    Of each song `FACTS`, `content` (SHA-256 of the file), `seconds` that it took and when it was `tagged`; of each task
    those of `TYPES` that its kind of answer has, named TASK_label and so on, with TASK_probability_LABEL or
    TASK_value_NAME for each label or value; of the first task also TASK_embedding. The metadata's entry `tonada` is
    JSON: `version` of Tonada, `rows`, and for each of the `tasks` its model, revision, labels and `fingerprint`.
    """
    about = {
        "version": tonada.__version__,
        "rows": "song",
        "tasks": {
            name: {
                "model": listener.name,
                "revision": listener.revision,
                "labels": listener.labels(),
                "fingerprint": fingerprint(listener),
            }
            for name, listener in listeners.items()
        },
    }
    columns = {f"{task}_{name}": kind for task, each in listeners.items() for name, kind in _columns(each).items()}
    columns[embedding_column(listeners)] = pa.list_(pa.float32())
    return pa.schema({**FACTS, **COSTS, **columns}, metadata={KEY: json.dumps(about)})


def embedding_column(tasks: Iterable[str]) -> str:
    """The column of embeddings: the first task's alone, for one takes as much room as all else of a song."""
    return f"{next(iter(tasks))}_embedding"


def answers_columns(answers: Mapping[str, Answer]) -> Row:
    """All tasks' columns of one song."""
    row: Row = {}
    for task, answer in answers.items():
        row |= _answer_columns(task, answer)
    embedding = next(iter(answers.values())).embedding
    return row | {embedding_column(answers): None if embedding is None else _halved(embedding)}


def _halved(embedding: list[float]) -> list[float]:
    """In half precision, which Parquet keeps in half the room; as single precision, which every reader knows."""
    return np.asarray(embedding, np.float16).tolist()


def _answer_columns(task: str, answer: Answer) -> Row:
    row = {f"{task}_{name}": getattr(answer, name) for name in TYPES}
    row |= {f"{task}_probability_{label}": each for label, each in (answer.probabilities or {}).items()}
    return row | {f"{task}_value_{name}": each for name, each in (answer.values or {}).items()}


def tags_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table."""
    return pa.Table.from_pylist(rows, schema=schema)


def _columns(listener: Listener) -> dict[str, pa.DataType]:
    config, labels = listener.model.config, listener.labels()
    if config.problem == REGRESSION:
        return {**{f"value_{name}": pa.float32() for name in labels}, **_of("model", "revision")}
    several = config.problem == MULTI_LABEL
    kind = ["labels"] if several else [*(["parents"] if config.parents else []), "set"]
    each = {f"probability_{label}": pa.float32() for label in labels}
    return {**_of("label", "probability", "agreement", *kind), **each, **_of("model", "revision")}


def _of(*names: str) -> dict[str, pa.DataType]:
    return {name: TYPES[name] for name in names}
