"""
What a result was learned from, exactly: SHA-256 over the data, the split and the settings of the features.

The data's hash covers the bytes of every recording or image, every number of a table, and every label, group, id and
official split. It looks at no place and at no order of rows, so that a copy elsewhere, or the same songs read back from
Parquet, have the same hash; one byte, label or split changed gives another. A file's name, from the data set's folder
on, counts where it is the song's id: in `folder` without song_id, `playlists`, `music_or_not`, `free_audio`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import datasets
from tqdm import tqdm

FILE = "provenance.json"
SHOWN = 12
"""Digits of a hash that are printed: enough to tell two states apart, few enough to compare by eye."""
UNKNOWN = "None"
"""Stands for the version of rows that come from several readers."""
BOOKKEEPING = frozenset({"auto_map", "feature_extractor_type", "feature_size"})
"""Keys of a saved extractor that say where its code is, or repeat another: they change no feature."""


@dataclass(frozen=True)
class Provenance:
    """
    Names the data behind a result.

    Attributes:
        data_set: its name in the registry.
        version: of its reader.
        rows: how many.
        data: hash of the rows, by `data_hash`.
        split: hash of the split, `splits.Split.hash`.
        features: hash of the extractor's settings, by `settings_hash`.
        also: names of the data sets whose rows were added; `rows` and `data` are of all together.
    """

    data_set: str
    version: str
    rows: int
    data: str
    split: str | None = None
    features: str | None = None
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        hashes = {"data": self.data, "split": self.split, "features": self.features}
        shown = ", ".join(f"{name} sha256:{value[:SHOWN]}" for name, value in hashes.items() if value)
        version = "" if self.version == UNKNOWN else f" {self.version}"
        names = " with ".join((f"{self.data_set}{version}", *self.also))
        return f"{names}, {self.rows:,} rows; {shown}"

    def save(self, folder: Path) -> None:
        """Write `provenance.json` into a folder."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


KINDS = {
    **dict.fromkeys(("data_set", "version", "data"), str),
    **dict.fromkeys(("split", "features"), str | None),
    "rows": int,
    "also": list,
}
"""Of what each attribute is in the file."""


def load(path: Path) -> Provenance:
    """
    Read what `Provenance.save` wrote.

    Raises:
        ValueError: the file is of another form.
    """
    try:
        told = {"also": [], **json.loads(path.read_text(encoding="utf-8"))}
        for name, kind in KINDS.items():
            if not isinstance(told.get(name), kind):
                raise TypeError(f"{name} is {told.get(name)!r}")
        found = Provenance(**told | {"also": tuple(map(str, told["also"]))})
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} does not say where a model's data is from: {error}") from error
    return found


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of(
    rows: Any,
    name: str,
    split: str | None = None,
    settings: Mapping[str, Any] | None = None,
    digest: Callable[[str], str] = file_digest,
    also: Sequence[str] = (),
) -> Provenance:
    """
    The provenance of rows in memory, as a data set's `load` gives them.

    Args:
        rows: all of them, before any is left out.
        name: of the data set.
        split: the split's hash.
        settings: of the extractor, `extractor.to_dict()`.
        digest: gives the hash of a file by its path, as `file_digest` does; a memory of hashes reads no file twice.
        also: names of the data sets that the other rows are from, however often; `name` may be among them.

    Raises:
        OSError: a recording cannot be read.
    """
    version = str(rows.info.version)
    others = tuple(dict.fromkeys(other for other in also if other != name))
    features = None if settings is None else settings_hash(settings)
    return Provenance(name, version, len(rows), data_hash(rows, name, version, digest), split, features, others)


def data_hash(rows: Any, name: str, version: str, digest: Callable[[str], str] = file_digest) -> str:
    """
    The hash of a data set's rows, 64 hexadecimal digits; recordings are read in blocks, never whole.

    Args:
        rows: a `Dataset` or `IterableDataset` in the form of `form.columns`.
        name: of the data set.
        version: of its reader.
        digest: as in `of`.

    Raises:
        OSError: a recording cannot be read.
    """
    for column, feature in rows.features.items():
        if isinstance(feature, datasets.Audio | datasets.Image) and feature.decode:
            rows = rows.cast_column(column, type(feature)(decode=False))
    progress = tqdm(rows, desc="hashing", unit="row", leave=False, disable=None)
    digests = sorted(_row_hash(row, rows.features, digest) for row in progress)
    return _hash({"name": name, "version": version, "rows": digests})


def settings_hash(settings: Mapping[str, Any]) -> str:
    """The hash of an extractor's settings, whatever their order."""
    return _hash({name: value for name, value in settings.items() if name not in BOOKKEEPING})


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _row_hash(row: Mapping[str, Any], features: datasets.Features, digest: Callable[[str], str]) -> str:
    return _hash({column: _content(value, features[column], digest) for column, value in row.items()})


def _content(value: Any, feature: Any, digest: Callable[[str], str]) -> Any:
    """What a cell says, free of the places and numbers by which this copy says it."""
    if isinstance(feature, datasets.ClassLabel):
        return feature.int2str(value)
    if not isinstance(feature, datasets.Audio | datasets.Image):
        return value  # JSON writes a double so that it reads back the same
    if value["bytes"] is not None:
        return hashlib.sha256(value["bytes"]).hexdigest()
    return digest(value["path"])
