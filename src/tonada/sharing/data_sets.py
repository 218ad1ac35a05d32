"""A data set as a folder that anyone can load or push: Parquet, card and provenance."""

import os
import tempfile
from pathlib import Path

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
    statement = registry.data_set(name).LICENSE
    if not licences.licence(statement).terms:
        raise LicenceError(f"{name} stays here: its licence, {statement!r}, is not known to allow copies")


def build_data_set(name: str, folder: Path, output: Path) -> provenance.Provenance:
    """
    Write `data/*.parquet`, `README.md` and `provenance.json`, all of them or nothing.

    Args:
        name: of the data set.
        folder: that its `load` reads.
        output: is made; must be empty if it is there.

    Raises:
        ValueError: there is no data set of that name, it is not in the folder, or `output` holds something.
        OSError: something cannot be read or written.
    """
    module = registry.data_set(name)
    if output.is_dir() and any(output.iterdir()):
        raise ValueError(f"{output} is not empty; give a folder that is not there yet, so that nothing is lost")
    rows = module.load(folder)
    found = provenance.of(rows, name)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as place:
        whole = Path(place) / "whole"
        files = write_parquet(rows, whole)
        (whole / "README.md").write_text(data_card(module, rows, found, files), encoding="utf-8")
        found.save(whole)
        os.replace(whole, output)
    return found
