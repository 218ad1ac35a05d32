"""Tables of descriptors as people have them: CSV or Parquet, a row a song."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tonada.learning.recipes import RecipeError

SUFFIXES = (".csv", ".parquet")
MOST_BYTES = 4 * 2**30  # 104,343 rows of 518 are 1.3 GB as CSV


def read_table(path: Path) -> dict[str, list[Any]]:
    """
    The columns of a CSV or Parquet file by name.

    Raises:
        RecipeError: it is missing, too large, or no such table.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RecipeError(f"{path}: is {path.stat().st_size} bytes; tables up to {MOST_BYTES} are read: split it")
        if path.suffix.lower() == ".parquet":
            table = pa.parquet.read_table(path)
        else:
            table = pa.csv.read_csv(path)
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: there is no such table") from error
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"{path}: is no table of {' or '.join(SUFFIXES)} ({reason})") from error
    if len(set(table.column_names)) < table.num_columns:
        raise RecipeError(f"{path}: two columns have the same name; rename one")
    return dict(zip(table.column_names, (column.to_pylist() for column in table.columns), strict=True))


def numbers_of(table: Mapping[str, Sequence[Any]]) -> tuple[tuple[str, ...], np.ndarray]:
    """The columns that hold numbers alone: names, and values `(rows, columns)` with NaN for what is missing."""
    kept = {name: cells for name, cells in table.items() if _is_numeric(cells)}
    if not kept:
        raise RecipeError(f"no column holds numbers; there are {', '.join(table) or 'none'}")
    return tuple(kept), np.array([_as_floats(cells) for cells in kept.values()]).T


def named(table: Mapping[str, Sequence[Any]], columns: Sequence[str], where: str) -> np.ndarray:
    """
    Values `(rows, columns)` of the columns that a model wants, in its order, with NaN for what is missing.

    Raises:
        RecipeError: one is not there or holds no numbers.
    """
    missing = [name for name in columns if name not in table]
    if missing:
        raise RecipeError(f"{where}: lacks {len(missing)} of {len(columns)} columns, {missing[0]!r} among them")
    wordy = [name for name in columns if not _is_numeric(table[name])]
    if wordy:
        raise RecipeError(f"{where}: the column {wordy[0]!r} holds words; expected numbers")
    return np.array([_as_floats(table[name]) for name in columns]).T


def _is_numeric(cells: Sequence[Any]) -> bool:
    return all(each is None or (isinstance(each, (int, float)) and not isinstance(each, bool)) for each in cells)


def _as_floats(cells: Sequence[Any]) -> list[float]:
    return [float("nan") if each is None else float(each) for each in cells]
