"""A table of descriptors: which say the same, how many directions they have, which tell classes apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

STATISTICS = (
    *("mean", "median", "std", "deviation", "variance"),
    *("min", "minimum", "max", "maximum", "skew", "skewness", "kurtosis"),
)


@dataclass(frozen=True)
class Descriptors:
    """
    Numbers of songs.

    Attributes:
        names: of the columns.
        values: `(songs, columns)`, all finite, no column constant.
        labels: of the songs.
        left_out: how many songs had something that is no number, and how many columns were constant.
        missing: in how many songs a column had none, of each that lacked one.
    """

    names: list[str]
    values: np.ndarray
    labels: list[str]
    left_out: tuple[int, int]
    missing: dict[str, int]


def usable(names: Sequence[str], values: np.ndarray, labels: Sequence[str]) -> Descriptors | None:
    """Songs all of whose numbers are finite, and columns that differ between them; nothing if too few are left."""
    absent = (~np.isfinite(values)).sum(0)
    is_finite = np.isfinite(values).all(1)
    kept = values[is_finite]
    varies = (kept != kept[:1]).any(0)
    if len(kept) < 3 or varies.sum() < 2:
        return None
    return Descriptors(
        [name for name, wanted in zip(names, varies, strict=True) if wanted],
        kept[:, varies],
        [label for label, wanted in zip(labels, is_finite, strict=True) if wanted],
        (int((~is_finite).sum()), int((~varies).sum())),
        {name: int(count) for name, count in zip(names, absent, strict=True) if count},
    )


def read_features(path: Path, wanted: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The columns and rows `(songs, columns)` of a table that `tonada features` wrote; not a number where it failed."""
    table = pq.read_table(path)
    names = [field.name for field in table.schema if str(field.type) == "float"]
    values = np.column_stack([table[name].to_numpy().astype(float) for name in names])
    place = {song: row for row, song in enumerate(table["path"].to_pylist())}
    return names, np.array([values[place[song]] if song in place else np.full(len(names), np.nan) for song in wanted])


def correlations(table: Descriptors) -> np.ndarray:
    """Pearson's, `(columns, columns)`."""
    return np.corrcoef(table.values, rowvar=False)


def closest(table: Descriptors, matrix: np.ndarray, count: int) -> list[tuple[float, str, str]]:
    """The pairs of the largest correlations, whatever their sign."""
    rows, columns = np.triu_indices(len(matrix), 1)
    order = np.argsort(-np.abs(matrix[rows, columns]), kind="stable")[:count]
    return [(float(matrix[rows[k], columns[k]]), table.names[rows[k]], table.names[columns[k]]) for k in order]


def principal(table: Descriptors) -> tuple[np.ndarray, np.ndarray]:
    """Of standardised columns: each component's share of the variance, and the songs on the first two, `(songs, 2)`."""
    scaled = (table.values - table.values.mean(0)) / table.values.std(0)
    _, lengths, directions = np.linalg.svd(scaled, full_matrices=False)
    return lengths**2 / (lengths**2).sum(), scaled @ directions[:2].T


def families(table: Descriptors) -> dict[str, Descriptors]:
    """
    The columns of each descriptor by its name (source S3's methods): what stands before the number of a coefficient, a
    pitch, or a statistic, as `mfcc` of `mfcc_1_mean`; of those with two columns or more.
    """
    found: dict[str, list[int]] = {}
    for place, name in enumerate(table.names):
        words = name.strip("_").split("_")
        known = next((at for at, word in enumerate(words) if _is_detail(word)), len(words))
        found.setdefault("_".join(words[:known]) or name, []).append(place)
    return {
        family: replace(table, names=[table.names[each] for each in places], values=table.values[:, places])
        for family, places in found.items()
        if len(places) > 1
    }


def _is_detail(word: str) -> bool:
    return word.isdigit() or len(word) == 1 or word.lower() in STATISTICS


def most_telling(table: Descriptors, count: int) -> list[int]:
    """Columns whose means differ most between classes beside how they spread within them (F ratio, scikit-learn)."""
    from sklearn.feature_selection import f_classif

    if len(set(table.labels)) < 2:
        return []
    with np.errstate(all="ignore"):
        ratios, _ = f_classif(table.values, table.labels)
    return np.argsort(-np.nan_to_num(ratios, nan=-1), kind="stable")[:count].tolist()
