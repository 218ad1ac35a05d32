"""
The tables inside pyAudioAnalysis (Giannakopoulos 2015): descriptors of recordings in six genres, of speech and music.

What its k-nearest-neighbour classifiers carry: 581 rows of 138 numbers by genre, 2,422 rows of 136 by speech and music.
A folder is the source package (`pyAudioAnalysis-0.3.14.tar.gz`, or what it holds), whose pickles are read by what can
build lists alone and calls nothing; or it holds the tables as numpy's `knn_musical_genre_6.npz` and `knn_sm.npz`
(X, y, classes, mean, std). No row says what recording it is from, so rows of one may stand on two sides of any
split: scores on it are upper bounds. The tables are stored scaled; here they are in their own units again. No split is
official.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from . import form, pickled_lists, tables

LICENSE = "Apache-2.0"
CITATION = """@article{giannakopoulos2015pyaudioanalysis,
  title={pyAudioAnalysis: An Open-Source Python Library for Audio Signal Analysis},
  author={Giannakopoulos, Theodoros}, journal={PLoS ONE}, volume={10}, number={12}, year={2015},
  doi={10.1371/journal.pone.0144610}
}"""
SONGS = 581
LABELS = ["blues", "classical", "electronic", "jazz", "rap", "rock"]
PARENTS = {label: "classic" if label == "classical" else "non_classic" for label in LABELS}
MUSIC_LABELS = ["music", "non_music"]
LABEL_OF = {**{label.capitalize(): label for label in LABELS}, "music": "music", "speech": "non_music"}
"""The tables' words in Tonada's one spelling."""
SOURCE = "the source package of pyAudioAnalysis 0.3.14 on PyPI"
FILES = {"genre": "knn_musical_genre_6", "music": "knn_sm"}
MODELS = "pyAudioAnalysis/data/models"
WIDTHS = {"genre": 138, "music": 136}


@dataclass
class PyAudioAnalysisConfig(datasets.BuilderConfig):
    """Which of the two tables, and what tells its file from others."""

    table: str = "genre"
    state: str = ""


class PyAudioAnalysis(form.SongBuilder):
    """Reads a table; each row's id is its number."""

    BUILDER_CONFIG_CLASS = PyAudioAnalysisConfig
    NEEDS = (".",)

    def _info(self) -> datasets.DatasetInfo:
        content = form.descriptors(range(WIDTHS[self.config.table]))
        is_genre = self.config.table == "genre"
        features = form.columns(content, LABELS, PARENTS) if is_genre else form.columns(content, MUSIC_LABELS)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        values, classes = _rows(_file(folder, self.config.table), WIDTHS[self.config.table])
        for number, (vector, name) in enumerate(zip(values, classes, strict=True)):
            label = LABEL_OF[tables.word("a class", name, LABEL_OF)]
            yield {
                "descriptors": vector.tolist(),
                "label": label,
                **(form.upper(label, LABELS, PARENTS) if self.config.table == "genre" else {}),
                "song_id": f"row {number}",
                "group": f"row {number}",
            }


def load(folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False, table: str = "genre") -> Any:
    """The rows of the `genre` or the `music` table, as `form.load_songs` has them."""
    tables.word("table", table, FILES)
    folder = form.opened(PyAudioAnalysis, folder, cache_dir)
    found = _file(folder, table).stat()
    state = f"{found.st_size} {found.st_mtime_ns}"
    return form.load_songs(PyAudioAnalysis, folder, cache_dir, streaming, table=table, state=state)


def _file(folder: Path, table: str) -> Path:
    name = FILES[table]
    for path in (folder / f"{name}.npz", folder / MODELS / name):
        if path.is_file():
            return path
    raise FileNotFoundError(f"{folder} has no {name}.npz and no {MODELS}/{name}; give pyAudioAnalysis' source package")


def _rows(path: Path, width: int) -> tuple[np.ndarray, list[str]]:
    """Descriptors in their own units, and each row's class."""
    content = _read(path)
    try:
        scaled, mean, std = (np.asarray(content[name], float) for name in ("X", "mean", "std"))
        values = scaled * std + mean
        numbers, classes = [int(number) for number in content["y"]], list(content["classes"])
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{path.name} holds no table of numbers ({error})") from error
    if values.shape != (len(numbers), width):
        raise ValueError(f"{path.name} has a table of {values.shape} numbers; expected {(len(numbers), width)}")
    if odd := [number for number in numbers if number not in range(len(classes))]:
        raise ValueError(f"{path.name} has class {odd[0]}; its classes are 0 to {len(classes) - 1}")
    return values, [str(classes[number]) for number in numbers]


def _read(path: Path) -> dict[str, Any]:
    """X, y, mean, std and classes, in which order the package writes them."""
    names = ("X", "y", "mean", "std", "classes")
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as content:
                tables.require(path.name, content, names)
                return {name: content[name] for name in names}
        with path.open("rb") as file:
            return dict(zip(names, pickled_lists.read(file, len(names)), strict=True))
    except (zipfile.BadZipFile, zlib.error, EOFError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is not read: {error}") from error
