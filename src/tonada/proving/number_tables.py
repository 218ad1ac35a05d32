"""Tables of descriptors as people have them: CSV or Parquet, a row a song."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

SUFFIXES = (".csv", ".parquet")
LARGEST = float(np.finfo(np.float32).max)
MOST_BYTES = 4 * 2**30  # 104,343 rows of 518 are 1.3 GB as CSV


class TableError(ValueError):
    """A table that cannot be read or lacks what is asked of it, in one line."""


def read_table(path: Path) -> dict[str, list[Any]]:
    """
    The columns of a CSV or Parquet file by name, without lists, which a song of a catalogue has hundreds of numbers in.

    Raises:
        TableError: it is missing, too large, without rows, or no such table.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TableError(f"{path}: is {path.stat().st_size} bytes; tables up to {MOST_BYTES} are read: split it")
        read = _read_parquet if path.suffix.lower() == ".parquet" else pa.csv.read_csv
        table = read(path)
    except FileNotFoundError as error:
        raise TableError(f"{path}: there is no such table") from error
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{path}: is no table of {' or '.join(SUFFIXES)} ({reason})") from error
    if len(set(table.column_names)) < table.num_columns:
        raise TableError(f"{path}: two columns have the same name; rename one")
    if not table.num_rows:
        raise TableError(f"{path}: has no rows, only the names of columns")
    return dict(zip(table.column_names, (column.to_pylist() for column in table.columns), strict=True))


def _read_parquet(path: Path) -> pa.Table:
    file = pa.parquet.ParquetFile(path)
    return file.read([column.name for column in file.schema_arrow if not pa.types.is_nested(column.type)])


def numbers_of(table: Mapping[str, Sequence[Any]]) -> tuple[tuple[str, ...], np.ndarray]:
    """The columns of numbers alone: names, and values `(rows, columns)` with NaN for what is missing or infinite."""
    kept = {name: cells for name, cells in table.items() if is_numeric(cells)}
    if not kept:
        raise TableError(f"no column holds numbers; there are {', '.join(table) or 'none'}")
    return tuple(kept), np.array([_as_floats(cells) for cells in kept.values()]).T


def named(table: Mapping[str, Sequence[Any]], columns: Sequence[str], where: str) -> np.ndarray:
    """
    Values `(rows, columns)` of the columns that a model wants, in its order, with NaN for what is missing or infinite.

    Raises:
        TableError: one is not there or holds no numbers.
    """
    missing = [name for name in columns if name not in table]
    if missing:
        raise TableError(f"{where}: lacks {len(missing)} of {len(columns)} columns, {missing[0]!r} among them")
    wordy = [name for name in columns if not is_numeric(table[name])]
    if wordy:
        raise TableError(f"{where}: the column {wordy[0]!r} holds words; expected numbers")
    return np.array([_as_floats(table[name]) for name in columns]).T


def is_numeric(cells: Sequence[Any]) -> bool:
    """Whether each cell is a number or missing."""
    return all(each is None or (isinstance(each, (int, float)) and not isinstance(each, bool)) for each in cells)


def _as_floats(cells: Sequence[Any]) -> list[float]:
    """An infinity, or what is beyond single precision, measures nothing: it is missing, and spoils no other number."""
    numbers = [float("nan") if each is None else float(each) for each in cells]
    return [each if abs(each) <= LARGEST else float("nan") for each in numbers]
