"""
Turkish Music Emotion: fifty MIRtoolbox descriptors of 400 songs, a hundred an emotion (Er & Aydilek 2019, UCI).

A folder holds `original.csv` (Class and fifty descriptors), as published, and `modified.csv`, which an exercise in
cleaning spoiled on purpose: 408 rows, some of them songs a second time, words and blanks among the numbers, values out
of all proportion, a column of junk. Neither has a performer or a recording's name. Twelve songs of the original stand
in it twice, number by number; rows that share most of their numbers are one group. No split is official.
"""

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from . import form, tables

LICENSE = "UCI Machine Learning Repository; the licence page was not seen, so not redistributed here"
CITATION = """@article{er2019music,
  title={Music Emotion Recognition by Using Chroma Spectrogram and Deep Visual Features},
  author={Er, Mehmet Bilal and Aydilek, Ibrahim Berkan},
  journal={International Journal of Computational Intelligence Systems}, volume={12}, number={2}, pages={1622--1634},
  year={2019}, doi={10.2991/ijcis.d.191216.001}
}"""
SONGS = 400
LABELS = ["happy", "sad", "relaxed", "angry"]
PARENTS: dict[str, str] = {}
LABEL_OF = {"happy": "happy", "sad": "sad", "relax": "relaxed", "angry": "angry"}
"""The table's words in Tonada's one spelling."""
SOURCE = "https://archive.ics.uci.edu/dataset/862/turkish+music+emotion"
TABLES = ("original", "modified")
COLUMNS = [
    *("_RMSenergy_Mean", "_Lowenergy_Mean", "_Fluctuation_Mean", "_Tempo_Mean"),
    *(f"_MFCC_Mean_{number}" for number in range(1, 14)),
    *("_Roughness_Mean", "_Roughness_Slope", "_Zero-crossingrate_Mean", "_AttackTime_Mean", "_AttackTime_Slope"),
    *("_Rolloff_Mean", "_Eventdensity_Mean", "_Pulseclarity_Mean", "_Brightness_Mean", "_Spectralcentroid_Mean"),
    *("_Spectralspread_Mean", "_Spectralskewness_Mean", "_Spectralkurtosis_Mean", "_Spectralflatness_Mean"),
    *("_EntropyofSpectrum_Mean", *(f"_Chromagram_Mean_{number}" for number in range(1, 13))),
    *(f"_HarmonicChangeDetectionFunction_{name}" for name in ("Mean", "Std", "Slope", "PeriodFreq", "PeriodAmp")),
    "_HarmonicChangeDetectionFunction_PeriodEntropy",
]
FENCE = 10.0
"""Interquartile ranges beyond the quartiles: of the published table's 20,000 numbers three lie farther out."""
SAME = 0.5
"""Share of equal numbers from which two rows are one song; in the published table others share a quarter at most."""


@dataclass(frozen=True)
class Repair:
    """One change of a cell, or a row left out: the row counts from 1 below the header."""

    row: int
    column: str
    was: str
    now: str
    why: str


@dataclass
class TurkishConfig(datasets.BuilderConfig):
    """Which of the two tables."""

    table: str = "original"


class Turkish(form.SongBuilder):
    """Reads a table; each row is a song, its id the number of the row."""

    BUILDER_CONFIG_CLASS = TurkishConfig
    NEEDS = ("original.csv", "modified.csv")

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.descriptors(COLUMNS), LABELS)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        songs, _ = clean(folder / f"{self.config.table}.csv", FENCE if self.config.table == "modified" else None)
        yield from songs


def load(
    folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False, table: str = "original"
) -> Any:
    """The songs of the `original` or the `modified` table, as `form.load_songs` has them; `clean` tells the repairs."""
    tables.word("table", table, TABLES)
    return form.load_songs(Turkish, folder, cache_dir, streaming, table=table)


def clean(path: Path, fence: float | None = FENCE) -> tuple[list[dict[str, Any]], list[Repair]]:
    """
    The songs of a table, and everything that had to be mended for it.

    A row without a class is left out. What is no number becomes the median of its column, which looks at no label, and
    so does what lies farther beyond the quartiles than `fence` times the distance between them. Nothing else changes.
    """
    rows = tables.read(path, ["Class", *COLUMNS])
    repairs: list[Repair] = []
    extra = [name for name in rows[0] if name not in ("Class", *COLUMNS)] if rows else []
    repairs += [Repair(0, name, "", "left out", "no descriptor of the published table") for name in extra]
    kept = [(number, row, label) for number, row in enumerate(rows, start=1) if (label := _label(number, row, repairs))]
    values = {name: _column(name, [(number, row[name]) for number, row, _ in kept], fence, repairs) for name in COLUMNS}
    vectors = [list(vector) for vector in zip(*values.values(), strict=True)]
    songs = [
        {"descriptors": vector, "label": label, "song_id": f"row {number}", "group": group}
        for (number, _, label), vector, group in zip(kept, vectors, _groups(vectors, kept), strict=True)
    ]
    return songs, repairs


def _label(number: int, row: dict[str, str], repairs: list[Repair]) -> str | None:
    given = row["Class"]
    name = given.strip().casefold()
    if not name:
        repairs.append(Repair(number, "Class", given, "row left out", "no class"))
        return None
    if name != given:
        repairs.append(Repair(number, "Class", given, name, "stray case or blanks"))
    return LABEL_OF[tables.word(f"Class in row {number}", name, LABEL_OF)]


def _column(name: str, cells: list[tuple[int, str]], fence: float | None, repairs: list[Repair]) -> list[float]:
    """The numbers of a column, those that cannot be had replaced by the median of the rest."""
    numbers = [_number(cell) for _, cell in cells]
    known = sorted(value for value in numbers if value is not None)
    if len(known) < 2:
        raise ValueError(f"{name} has {len(known)} numbers in {len(cells)} rows; a column needs two to be mended")
    low, _, high = statistics.quantiles(known, n=4, method="inclusive")
    reach = fence * (high - low) if fence and high > low else math.inf
    inside = [value for value in known if low - reach <= value <= high + reach]
    median = statistics.median(inside)
    mended = []
    for (row, cell), value in zip(cells, numbers, strict=True):
        if value is None:
            repairs.append(Repair(row, name, cell, f"{median:g}", "no number; the column's median"))
        elif not low - reach <= value <= high + reach:
            repairs.append(Repair(row, name, cell, f"{median:g}", "out of all proportion; the column's median"))
            value = None
        elif cell != cell.strip():
            repairs.append(Repair(row, name, cell, cell.strip(), "stray blanks"))
        mended.append(median if value is None else value)
    return mended


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _groups(vectors: list[list[float]], kept: list[tuple[int, dict[str, str], str]]) -> list[str]:
    """The first row that is the same song, for each row."""
    groups: list[str] = []
    for index, vector in enumerate(vectors):
        twin = next((other for other in range(index) if _shared(vector, vectors[other]) >= SAME), index)
        groups.append(groups[twin] if twin < index else f"row {kept[index][0]}")
    return groups


def _shared(first: list[float], second: list[float]) -> float:
    return sum(map(math.isclose, first, second)) / len(first)
