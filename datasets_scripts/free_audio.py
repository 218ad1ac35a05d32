"""
Free audio: music, speech and effects in Debian's packages, which anyone can rebuild (`tonada data fetch free_audio`).

`free_audio.csv` lists 4,016 labels of files in 53 packages of Debian 12: package, version, path in it, label and why it
has that label, length, licence (from the package's copyright file; a short name of Debian's) and SHA-256. `fetch` makes
a folder of them, with what it verified in its `metadata.csv`. Four tasks: `music_detect` (music, speech in four
languages, effects; 21 packages), `games` (the same labels, in 32 other packages: twelve hours of music, effects and
surroundings of three seconds and more, speech in Czech, Dutch and English; at most 120 files of a package and label),
`genre` and `emotion_weak` (moods stated by file names and game scripts). The group is the package, whose files share
their makers. Beware: most speech here is 8 kHz and most music 44.1 kHz, so a detector may learn bandwidth; the classic
pieces are in two packages only; what is music in `games` follows from folders and file names. No split is official.
"""

import csv
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from . import debian, form, tables

LICENSE = "free: GPL, CC BY, CC BY-SA or Expat, as the manifest says of each file"
LICENSES = ("GPL-2.0", "GPL-3.0", "CC BY 3.0", "CC BY-SA 3.0", "CC BY-SA 4.0", "MIT", "Debian")
CITATION = ""
SONGS = 2857
LABELS = ["music", "non_music"]
PARENTS: dict[str, str] = {}
TASKS = {
    "music_detect": LABELS,
    "games": LABELS,
    "genre": ["classic", "non_classic"],
    "emotion_weak": ["happy", "sad", "relaxed", "angry"],
}
LABEL_OF = {
    **{label: label for labels in TASKS.values() for label in labels},
    **{"Classic": "classic", "Non_classic": "non_classic", "relax": "relaxed"},
}
"""The manifest's words in Tonada's one spelling."""
SOURCE = "packages of Debian 12, listed in free_audio.csv"
MANIFEST = form.CODE / "free_audio.csv"
COLUMNS = ("task", "label", "package", "version", "path", "licence", "sha256")


@dataclass
class FreeAudioConfig(datasets.BuilderConfig):
    """Which labels, from how many seconds on a file is taken, and how many of a package with a label; all, if None."""

    task: str = "music_detect"
    shortest: float = 0.0
    most: int | None = None


class FreeAudio(form.SongBuilder):
    """Reads the `metadata.csv` that `fetch` wrote."""

    BUILDER_CONFIG_CLASS = FreeAudioConfig
    NEEDS = ("metadata.csv",)

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, TASKS[self.config.task])
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        shortest = self.config.shortest
        needed = ("file_name", *COLUMNS, *(["duration"] if shortest else []))
        rows = [
            row
            for row in tables.read(folder / "metadata.csv", needed)
            if row["task"] == self.config.task and (not shortest or float(row["duration"]) >= shortest)
        ]
        for row in rows if self.config.most is None else _fewer(rows, self.config.most):
            yield {
                "audio": str(tables.inside(folder, row["file_name"])),
                "label": LABEL_OF[tables.word(f"the label of {row['file_name']}", row["label"], LABEL_OF)],
                "song_id": row["file_name"],
                "group": f"package {row['package']}",
            }


def load(
    folder: str | Path,
    cache_dir: str | Path | None = None,
    streaming: bool = False,
    task: str = "music_detect",
    shortest: float = 0.0,
    most: int | None = None,
) -> Any:
    """
    The files of a task, as `form.load_songs` has them.

    Args:
        folder: that `fetch` made.
        cache_dir, streaming: as in every data set.
        task: `music_detect`, `games`, `genre` or `emotion_weak`.
        shortest: seconds; shorter files are left out. Most speech here is prompts of a second or two, and who learns
            from them as they are learns that what is short is no music.
        most: files of a package with a label: four packages of prompts hold four fifths of `music_detect`.
    """
    tables.word("task", task, TASKS)
    return form.load_songs(FreeAudio, folder, cache_dir, streaming, task=task, shortest=float(shortest), most=most)


def fetch(folder: Path, manifest: Path = MANIFEST, progress: Callable[[list[Any]], Iterable[Any]] = iter) -> list[str]:
    """
    Make the folder that `load` reads: about 5 GB fetched, a package at a time.

    What is there already is not fetched again, so an interrupted fetch goes on where it was. A package file that lies
    in the folder's `packages/` is taken from there.

    Args:
        folder: is made where it is not there.
        manifest: which files.
        progress: is given the packages, and yields them.

    Returns:
        What is not as the manifest has it, a line each; such files are left out of `metadata.csv`.

    Raises:
        OSError: a package could not be had; says what to do.
    """
    rows = tables.read(manifest, COLUMNS)
    packages: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        packages.setdefault((row["package"], row["version"]), {})[row["path"]] = row["sha256"]
    folder.mkdir(parents=True, exist_ok=True)
    odd: list[str] = []
    for package, version in progress(list(packages)):
        hashes = packages[package, version]
        places = {path: tables.inside(folder, package + path, manifest.name) for path in hashes}
        wanted = {path: place for path, place in places.items() if _hash(place) != hashes[path]}
        if wanted:
            found = _take(package, version, wanted, folder)
        for path, place in wanted.items():
            if _hash(place) != hashes[path]:
                place.unlink(missing_ok=True)
                odd.append(f"{path} in {package} {found} is not the manifest's, which is of {version}; left out")
    _write(folder, rows)
    return odd


def _take(package: str, version: str, wanted: dict[str, Path], folder: Path) -> str:
    """Take files out of a package, fetched unless it lies in `packages/`; the version that it is of."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        own = sorted((folder / "packages").glob(f"{package}_*.deb"))
        try:
            deb = own[0] if own else debian.download(package, version, Path(place))
        except debian.PackageError as error:
            raise debian.PackageError(
                f"{error}; what was fetched before is kept, and the same call goes on from there. Without a network, "
                f"put {package}_{version}_all.deb into {folder / 'packages'}"
            ) from None
        debian.take(deb, wanted)
        return debian.version_of(deb)


def _hash(path: Path) -> str:
    """SHA-256 of a file; empty if it is not there."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fewer(rows: list[dict[str, str]], most: int) -> list[dict[str, str]]:
    """At most so many rows of each package and label, those whose hashes come first, in the order of all."""
    places: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault((row["package"], row["label"]), []).append(place)
    kept = {place for each in places.values() for place in sorted(each, key=lambda place: rows[place]["sha256"])[:most]}
    return [row for place, row in enumerate(rows) if place in kept]


def _write(folder: Path, rows: list[dict[str, str]]) -> None:
    """`metadata.csv`: the manifest's rows whose files are there."""
    whole = folder / "metadata.csv.partial"
    with whole.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["file_name", *rows[0]], lineterminator="\n")
        writer.writeheader()
        named = [{"file_name": row["package"] + row["path"], **row} for row in rows]
        writer.writerows(row for row in named if (folder / row["file_name"]).is_file())
    os.replace(whole, folder / "metadata.csv")
