"""
Features as a Parquet table: a row a song or a segment, named columns, and in its metadata what the numbers are.

How tables are continued and written is the same for tags, see `tag_tables`.
"""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import tonada
from tonada.cataloguing.hearing import SongFeatures
from tonada.feature_extraction import TonadaFeatureExtractor

KEY = b"tonada"
FACTS = {
    "path": pa.string(),
    "status": pa.string(),
    "message": pa.string(),
    "bytes": pa.int64(),
    "modified": pa.timestamp("us", tz="UTC"),
    "duration": pa.float64(),
}
TIMES = {"start": pa.float64(), "end": pa.float64()}
SEGMENT_SETTINGS = ("segment_seconds", "segment_overlap", "shortest_seconds", "tail", "silence")


class TableError(Exception):
    """A table that cannot be read, written or continued, in one line."""


def table_schema(extractor: TonadaFeatureExtractor) -> pa.Schema:
    """
    The columns of a table of an extractor's descriptors: `FACTS`, `TIMES` if there is a row a segment, and a float32
    column a descriptor.

    The metadata's entry `tonada` is JSON: `version` of Tonada, `rows` (`song` or `segment`), `set` (its name),
    `feature_schema` (hash and versions), and `extractor` (all its settings).
    """
    is_whole = extractor.segment_seconds is None
    settings = extractor.to_dict()
    schema = {name: value for name, value in settings.pop("feature_schema").items() if name != "columns"}
    about = {
        "version": tonada.__version__,
        "rows": "song" if is_whole else "segment",
        "set": extractor.descriptors.name,
        "feature_schema": schema,
        "extractor": settings,
    }
    facts = FACTS if is_whole else {**FACTS, **TIMES}
    descriptors = dict.fromkeys(extractor.descriptors.columns, pa.float32())
    return pa.schema({**facts, **descriptors}, metadata={KEY: json.dumps(about)})


def table_of(songs: Sequence[SongFeatures], schema: pa.Schema) -> pa.Table:
    """Rows of songs, in their order; a song without features is one row of nulls with its status and message."""
    rows = [max(1, len(song.times)) for song in songs]
    facts = {
        "path": [as_text(song.path) for song in songs],
        "status": [song.status for song in songs],
        "message": [as_text(song.message) for song in songs],
        "bytes": [song.state and song.state[0] for song in songs],
        "modified": [song.state and song.state[1] for song in songs],
        "duration": [song.duration for song in songs],
    }
    of_row = np.repeat(np.arange(len(songs)), rows)
    columns = [pa.array(values, FACTS[name]).take(pa.array(of_row)) for name, values in facts.items()]
    if "start" in schema.names:
        times = [time for song in songs for time in song.times or [(None, None)]]
        columns += [pa.array([time[side] for time in times], pa.float64()) for side in (0, 1)]
    width = len(schema) - len(columns)
    nothing = np.zeros((1, width), np.float32)
    values = np.concatenate([nothing if song.values is None else song.values for song in songs])
    is_missing = np.repeat([song.values is None for song in songs], rows)
    columns += [pa.array(values[:, number], mask=is_missing) for number in range(width)]
    return pa.table(columns, schema=schema)


def as_text(name: str) -> str:
    """A file's name as UTF-8 can write it: bytes that are not UTF-8 are written out."""
    return name.encode("utf-8", "backslashreplace").decode()


def open_table(path: Path, schema: pa.Schema) -> pq.ParquetFile:
    """
    A table that a command wrote, to be continued with the same columns.

    Raises:
        TableError: it is none, or other features or tags are in it.
    """
    try:
        table = pq.ParquetFile(path)
        about = json.loads(table.schema_arrow.metadata[KEY])
    except (OSError, pa.ArrowException, TypeError, KeyError, ValueError) as error:
        raise TableError(
            f"{path} is no table that this command wrote; it is left alone: choose another --output"
        ) from error
    wanted = json.loads(schema.metadata[KEY])
    if _identity(about) != _identity(wanted) or table.schema_arrow.names != schema.names:
        raise TableError(
            f"{path} holds {_in_words(about)}, and these would be {_in_words(wanted)}; they are not mixed: choose "
            "another --output, or delete it"
        )
    return table


def write_tables(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    """Write one Parquet file, a row group a table; it appears under its name whole or not at all."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    with open(unfinished, "wb") as file:
        with pq.ParquetWriter(file, schema) as writer:
            for table in tables:
                writer.write_table(table)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def describe(path: Path) -> tuple[str, int]:
    """What a finished table holds, in one line, and how many of its songs could not be read."""
    table = pq.ParquetFile(path)
    columns = table.read(["path", "status"])
    is_ok = pc.equal(columns["status"], "ok")
    songs = pc.count_distinct(columns["path"].filter(is_ok)).as_py()
    failures = len(columns) - (pc.sum(is_ok).as_py() or 0)
    about = json.loads(table.schema_arrow.metadata[KEY])
    rows = len(columns) - failures
    said = f"{path}: {songs} songs, {rows} rows, {_width(table.schema_arrow)} columns of {about['set']}"
    return f"{said}; {failures} could not be read", failures


def _width(schema: pa.Schema) -> int:
    return len([name for name in schema.names if name not in {**FACTS, **TIMES}])


def _identity(about: dict[str, Any]) -> list[Any]:
    """What two tables must share for their rows to stand in one."""
    if "tasks" in about:
        return [[task, model["fingerprint"]] for task, model in about["tasks"].items()]
    segments = [about["extractor"].get(name) for name in SEGMENT_SETTINGS] if about["rows"] == "segment" else []
    return [about["rows"], about["feature_schema"]["hash"], *segments]


def _in_words(about: dict[str, Any]) -> str:
    if "tasks" in about:
        models = (f"{task} by {model['model']} ({model['fingerprint']})" for task, model in about["tasks"].items())
        return f"tags of {', '.join(models)}"
    each = "song"
    if about["rows"] == "segment":
        each = "segment of {segment_seconds:g} s with overlap {segment_overlap:g}".format(**about["extractor"])
    return f"{about['set']} (schema {about['feature_schema']['hash']}) of each {each}"
