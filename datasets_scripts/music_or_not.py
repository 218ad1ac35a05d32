"""
Music or not: any folders of music, and any folders of what is none.

A folder holds `music/` and `non_music/`, or whatever folders below it are named: `load(folder, music=("4qaed/audio",
"emotify/audio"), non_music=("esc10/audio",))`. Where a `metadata.csv` with file_name and artist stands in such a folder
or right above it, connected performers are one group; else a folder inside is one (a package, an album), and a file
that lies in none is its own, or one with the other takes of its recording, where files are named as in ESC-50.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from . import form, performers, tables

LICENSE = "as the recordings have it"
CITATION = ""
SONGS = None
LABELS = ["music", "non_music"]
PARENTS: dict[str, str] = {}
SOURCE = "folders of recordings"
TAKE = re.compile(r"(?P<recording>[1-5]-\d+)-[A-Z](?:-\d+)?\.\w+")
"""How ESC-50 and ESC-10 name a clip: fold, recording, take, and class (Piczak 2015)."""


@dataclass
class MusicOrNotConfig(datasets.BuilderConfig):
    """Which folders hold which."""

    music: tuple[str, ...] = ("music",)
    non_music: tuple[str, ...] = ("non_music",)


class MusicOrNot(form.SongBuilder):
    """Lists the folders."""

    BUILDER_CONFIG_CLASS = MusicOrNotConfig
    NEEDS = (".",)

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, LABELS)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        found = [(label, place) for label in LABELS for place in getattr(self.config, label)]
        names = [(label, place, name) for label, place in found for name in tables.listing(folder / place)]
        artists = {path: artist for _, place in found for path, artist in _artists(folder / place).items()}
        paths = [tables.inside(folder, f"{place}/{name}", "what was asked for") for _, place, name in names]
        alone = [_alone(place, name) for _, place, name in names]
        groups = performers.groups_of([artists.get(path, "") for path in paths], alone)
        for (label, place, name), path, group in zip(names, paths, groups, strict=True):
            yield {"audio": str(path), "label": label, "song_id": f"{place}/{name}", "group": group}


def load(
    folder: str | Path,
    cache_dir: str | Path | None = None,
    streaming: bool = False,
    music: tuple[str, ...] = ("music",),
    non_music: tuple[str, ...] = ("non_music",),
) -> Any:
    """
    The recordings, as `form.load_songs` has them.

    Args:
        folder: holds the others.
        cache_dir, streaming: as in every data set.
        music: folders of music, relative to `folder`.
        non_music: folders of what is none.
    """
    folder = form.opened(MusicOrNot, folder, cache_dir)
    for place in (*music, *non_music):
        if not tables.listing(folder / place):
            raise ValueError(f"{folder} holds no audio below {place}; name the folders with music=… and non_music=…")
    return form.load_songs(MusicOrNot, folder, cache_dir, streaming, music=tuple(music), non_music=tuple(non_music))


def _artists(place: Path) -> dict[Path, str]:
    for home in (place, place.parent):
        if (home / "metadata.csv").is_file():
            rows = tables.read(home / "metadata.csv", ("file_name",))
            return {(home / row["file_name"]).resolve(): row.get("artist", "") for row in rows}
    return {}


def _alone(place: str, name: str) -> str:
    inner, _, _ = name.rpartition("/")
    take = TAKE.fullmatch(name)
    if inner:
        return f"folder {place}/{inner}"
    return f"recording {place}/{take['recording']}" if take else f"song {place}/{name}"
