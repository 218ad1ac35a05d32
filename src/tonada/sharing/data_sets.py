"""A data set as a folder that anyone can load or push: Parquet, card and provenance."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import datasets
import pyarrow.parquet

from tonada.datasets_scripts import licences, provenance, registry
from tonada.sharing.data_cards import data_card
from tonada.sharing.parquet import write_parquet


class LicenceError(Exception):
    """A licence that is not known to allow copies."""


def check_licence(name: str) -> None:
    """
    Refuse to share what its licence does not let one share.

    Raises:
        LicenceError: naming the licence.
        ValueError: there is no data set of that name.
    """
    module = registry.data_set(name)
    if not licences.licence_of(module).terms:
        raise LicenceError(f"{name} stays here: its licence, {module.LICENSE!r}, is not known to allow copies")


def build_data_set(
    name: str, folder: Path | None, output: Path, options: Mapping[str, Any] | None = None
) -> provenance.Provenance:
    """
    Write `data/*.parquet`, `README.md` and `provenance.json`, all of them or nothing.

    Args:
        name: of the data set.
        folder: that its `load` reads; `None` where it needs none.
        output: is made; must be empty if it is there, or hold these very data, which then stay as they are.
        options: further arguments of its `load`; the card tells them.

    Raises:
        ValueError: there is no data set of that name, it is not in the folder, or `output` holds something else.
        OSError: something cannot be read or written.
    """
    module = registry.data_set(name)
    before = _built_before(output)
    output.parent.mkdir(parents=True, exist_ok=True)  # before an hour of reading
    options = dict(options or {})
    rows = module.load(folder, **options)
    found = provenance.of(rows, name)
    if before is None:
        _write(module, rows, found, output, options)
    elif before != found:
        raise ValueError(f"{output} holds other data ({before}) than were asked for ({found}); give another folder")
    return found


def _built_before(output: Path) -> provenance.Provenance | None:
    """What a whole output says it holds; `None` where nothing is there yet."""
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output} is a file; give a folder that is not there yet")
    if not output.is_dir() or not any(output.iterdir()):
        return None
    if not (output / provenance.FILE).is_file():
        raise ValueError(f"{output} is not empty; give a folder that is not there yet, so that nothing is lost")
    found = provenance.load(output / provenance.FILE)
    rows = sum(pyarrow.parquet.read_metadata(path).num_rows for path in output.glob("data/*.parquet"))
    if rows != found.rows or not (output / "README.md").is_file():
        raise ValueError(f"{output} is not whole: {rows:,} rows of {found.rows:,}; give another folder")
    return found


def _write(
    module: ModuleType,
    rows: datasets.Dataset,
    found: provenance.Provenance,
    output: Path,
    options: Mapping[str, Any],
) -> None:
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as place:
        whole = Path(place) / "whole"
        files = write_parquet(rows, whole)
        (whole / "README.md").write_text(data_card(module, rows, found, files, options), encoding="utf-8")
        found.save(whole)
        os.replace(whole, output)
