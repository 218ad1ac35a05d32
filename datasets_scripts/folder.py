"""
Your own songs: audio in folders named by label, or a CSV that says what is what.

A folder holds `metadata.csv` with the columns file_name and label, and if you have them artist (connected performers
are then one group), song_id (where several files are of one song) and split (train, validation, test); or it holds a
folder for each label, with audio anywhere below it. Folders name no artist: then every file is a group of its own, and
nothing keeps an artist off both sides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from . import form, performers, tables

LICENSE = "as your songs have it"
CITATION = ""
SONGS = None
LABELS: list[str] = []
"""Found in the folder, in the order of names."""
PARENTS: dict[str, str] = {}
SOURCE = "a folder of yours"


@dataclass
class FolderConfig(datasets.BuilderConfig):
    """What the folder was found to hold."""

    labels: tuple[str, ...] = ()
    official: bool = False


class Folder(form.SongBuilder):
    """Reads `metadata.csv` if there is one, and else the folders."""

    BUILDER_CONFIG_CLASS = FolderConfig
    NEEDS = (".",)

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, self.config.labels, official=self.config.official)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        rows = _rows(folder)
        alone = [f"song {_song_id(row)}" for row in rows]
        for row, group in zip(rows, performers.groups_of([row.get("artist", "") for row in rows], alone), strict=True):
            yield {
                "audio": str(tables.inside(folder, row["file_name"])),
                "label": row["label"],
                "song_id": _song_id(row),
                "group": group,
                **_split(row),
            }


def load(folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False) -> Any:
    """The songs, as `form.load_songs` has them."""
    folder = form.opened(Folder, folder, cache_dir)
    rows = _rows(folder)
    labels = tuple(sorted({row["label"] for row in rows}))
    return form.load_songs(Folder, folder, cache_dir, streaming, labels=labels, official="split" in rows[0])


def _rows(folder: Path) -> list[dict[str, str]]:
    if (folder / "metadata.csv").is_file():
        rows = tables.read(folder / "metadata.csv", ("file_name", "label"))
    else:
        found = [name for name in tables.listing(folder) if "/" in name]
        rows = [{"file_name": name, "label": name.split("/")[0]} for name in found]
    rows = [{**row, "label": row["label"].strip()} for row in rows]  # two spellings that nobody can tell apart
    if not rows:
        raise ValueError(f"{folder} holds no songs; give a folder with metadata.csv, or with a folder for each label")
    if unlabelled := [row["file_name"] for row in rows if not row["label"]]:
        raise ValueError(f"{unlabelled[0]} has no label in metadata.csv, nor have {len(unlabelled) - 1} others")
    return rows


def _split(row: dict[str, str]) -> dict[str, str]:
    if "split" not in row:
        return {}
    return {"split": tables.word(f"the split of {row['file_name']}", row["split"], form.SPLITS)}


def _song_id(row: dict[str, str]) -> str:
    return row.get("song_id") or row["file_name"]
