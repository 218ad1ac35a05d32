"""
FMA: the Free Music Archive's genres, as audio or as 518 descriptors a track (Defferrard et al. 2017).

A folder holds `fma_metadata/` (tracks.csv, genres.csv, and features.csv for descriptors) and, for audio, `fma_small/`,
`fma_medium/`, `fma_large/` or `fma_full/`. The split is the official one, disjoint in artists. The label is the genre's
root. FMA names it for tracks all of whose genres have one root, half of all; `imputed=True` gives the others the root
that most of their genres have, ties broken by a seed (source S3), and leaves out tracks without genres: figures on
these and on the official ones do not compare. For audio, the 21 files known to be empty or cut short are left out. Not
yet run on the real data: tested on a tiny replica with the same headers.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import datasets

from . import form, splits, tables

LICENSE = "metadata CC BY 4.0; each track as its artist chose"
CITATION = """@inproceedings{defferrard2017fma,
  title={{FMA}: A Dataset for Music Analysis},
  author={Defferrard, Micha{\\"e}l and Benzi, Kirell and Vandergheynst, Pierre and Bresson, Xavier},
  booktitle={Proceedings of ISMIR}, year={2017}, note={arXiv:1612.01840}
}"""
SONGS = 106_574
LABEL_OF = {
    **{"Experimental": "experimental", "Electronic": "electronic", "Rock": "rock", "Instrumental": "instrumental"},
    **{"Pop": "pop", "Folk": "folk", "Hip-Hop": "hip_hop", "International": "international", "Jazz": "jazz"},
    **{"Classical": "classical", "Country": "country", "Spoken": "spoken", "Blues": "blues", "Soul-RnB": "soul_rnb"},
    **{"Old-Time / Historic": "old_time_historic", "Easy Listening": "easy_listening"},
}
"""The roots of FMA's tree in Tonada's one spelling."""
LABELS = list(LABEL_OF.values())
PARENTS: dict[str, str] = {}
SOURCE = "https://github.com/mdeff/fma"
SUBSETS = {"small": ("small",), "medium": ("small", "medium"), "large": ("small", "medium", "large")}
SUBSETS["full"] = SUBSETS["large"]
CONTENTS = ("descriptors", "audio")
STATISTICS = ("kurtosis", "max", "mean", "median", "min", "skew", "std")
WIDTHS = {
    **dict.fromkeys(("chroma_cens", "chroma_cqt", "chroma_stft"), 12),
    **{"mfcc": 20, "rmse": 1, "spectral_bandwidth": 1, "spectral_centroid": 1, "spectral_contrast": 7},
    **{"spectral_rolloff": 1, "tonnetz": 6, "zcr": 1},
}
COLUMNS = [
    f"{name}_{statistic}_{number:02}"
    for name, width in WIDTHS.items()
    for statistic in STATISTICS
    for number in range(1, width + 1)
]
"""Of features.csv in its order, called as in the set `fma518_published`."""
SPLIT_OF = {"training": "train", "validation": "validation", "test": "test"}
FAULTY = frozenset(
    (
        *(1486, 5574, 65753, 80391, 98558, 98559, 98560, 98571, 99134, 105247, 108925, 126981, 127336, 133297, 143992),
        *(98565, 98566, 98567, 98568, 98569, 108924),
    )
)
"""Files without sound, and clips of less than thirty seconds (mdeff/fma, issue 8)."""


@dataclass
class FmaConfig(datasets.BuilderConfig):
    """Which tracks, what of them, and whose label; `state` tells one features.csv from another."""

    subset: str = "medium"
    content: str = "descriptors"
    imputed: bool = False
    seed: int = 0
    state: str = ""


@dataclass(frozen=True)
class Roots:
    """
    The root genre of each track by id, and how it was found.

    Attributes:
        of: the titles of roots.
        imputed: tracks whose genres have several roots.
        tied: those of them where the seed chose, with the roots it chose from.
        without: tracks without genres, which have no root.
    """

    of: dict[int, str] = field(default_factory=dict)
    imputed: list[int] = field(default_factory=list)
    tied: dict[int, list[str]] = field(default_factory=dict)
    without: list[int] = field(default_factory=list)


class Fma(form.SongBuilder):
    """Reads FMA's tables."""

    BUILDER_CONFIG_CLASS = FmaConfig
    NEEDS = ("fma_metadata/tracks.csv", "fma_metadata/genres.csv")

    def _info(self) -> datasets.DatasetInfo:
        content = form.AUDIO if self.config.content == "audio" else form.descriptors(COLUMNS)
        features = form.columns(content, LABELS, official=True)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        facts = dict(self._facts(folder))
        if self.config.content == "audio":
            for track in (each for each in facts if each not in FAULTY):
                path = folder / f"fma_{self.config.subset}" / f"{track:06d}"[:3] / f"{track:06d}.mp3"
                yield {"audio": str(path), **facts[track]}
            return
        for track, row in read(folder / "fma_metadata" / "features.csv", levels=3):
            if track in facts:
                yield {"descriptors": _numbers(track, row), **facts[track]}

    def _facts(self, folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
        """Label, id, group and split of the wanted tracks that have a label."""
        wanted = SUBSETS[self.config.subset]
        tracks = tables_of_tracks(folder)
        found = roots(tracks, folder, self.config.seed).of if self.config.imputed else {}
        for track, row in tracks.items():
            root = found.get(track, "") if self.config.imputed else row["track.genre_top"]
            if root and row["set.subset"] in wanted:
                yield (
                    track,
                    {
                        "label": LABEL_OF[tables.word(f"the root genre of track {track}", root, LABEL_OF)],
                        "song_id": str(track),
                        "group": f"artist {row['artist.id']}",
                        "split": SPLIT_OF[tables.word(f"the split of track {track}", row["set.split"], SPLIT_OF)],
                    },
                )


def load(
    folder: str | Path,
    cache_dir: str | Path | None = None,
    streaming: bool = False,
    subset: str = "medium",
    content: str = "descriptors",
    imputed: bool = False,
    seed: int = 0,
) -> Any:
    """
    The tracks, as `form.load_songs` has them.

    Args:
        folder: holds `fma_metadata/` and the audio.
        cache_dir, streaming: as in every data set.
        subset: `small`, `medium`, `large` or `full`.
        content: `descriptors` or `audio`.
        imputed: give a root to tracks of several roots; `roots` reports to which, and where the seed chose.
        seed: of that choice.
    """
    tables.word("subset", subset, SUBSETS)
    tables.word("content", content, CONTENTS)
    folder = form.opened(Fma, folder, cache_dir)
    features = folder / "fma_metadata" / "features.csv"
    if content == "descriptors" and not features.is_file():
        raise FileNotFoundError(f"{folder} has no fma_metadata/features.csv; unpack fma_metadata.zip, or ask for audio")
    # A gigabyte is not hashed at every start.
    state = f"{features.stat().st_size} {features.stat().st_mtime_ns}" if content == "descriptors" else ""
    options = {"subset": subset, "content": content, "imputed": imputed, "seed": seed, "state": state}
    return form.load_songs(Fma, folder, cache_dir, streaming, **options)


def tables_of_tracks(folder: Path) -> dict[int, dict[str, str]]:
    """What is needed of tracks.csv, by track id, columns named as `track.genres_all`; the rest fills memories."""
    needed = ("set.split", "set.subset", "track.genre_top", "track.genres_all", "artist.id")
    rows = read(folder / "fma_metadata" / "tracks.csv", levels=2, needed=needed)
    return {track: {name: row[name] for name in needed} for track, row in rows}


def roots(tracks: dict[int, dict[str, str]], folder: Path, seed: int = 0) -> Roots:
    """
    The root that most of a track's genres have, for every track that has genres (source S3).

    Args:
        tracks: as `tables_of_tracks` reads them.
        folder: holds `fma_metadata/genres.csv`, the tree.
        seed: chooses among roots with equally many genres, for each track by itself.
    """
    root_of = _root_of(folder)
    found = Roots()
    for track, row in tracks.items():
        counts = Counter(root_of[genre] for genre in _genres(track, row["track.genres_all"], root_of))
        if not counts:
            found.without.append(track)
            continue
        first = sorted(root for root, count in counts.items() if count == max(counts.values()))
        found.of[track] = first[int(splits.draw(f"track {track}", seed) * len(first))]
        if len(counts) > 1:
            found.imputed.append(track)
        if len(first) > 1:
            found.tied[track] = first
    return found


def _root_of(folder: Path) -> dict[str, str]:
    """The title of each genre's root, by the genre's id."""
    rows = tables.read(folder / "fma_metadata" / "genres.csv", ("genre_id", "title", "top_level"))
    title_of = {row["genre_id"]: row["title"] for row in rows}
    return {
        row["genre_id"]: title_of[
            tables.word(f"genres.csv: the top_level of {row['title']}", row["top_level"], title_of)
        ]
        for row in rows
    }


def _genres(track: int, cell: str, known: Mapping[str, str]) -> list[str]:
    """The ids in a cell such as `[21, 12]`."""
    if not re.fullmatch(r"\[[0-9, ]*\]|", cell):
        raise ValueError(f"tracks.csv: genres_all of track {track} is {cell[:80]!r}; expected a list such as [21, 12]")
    return [tables.word(f"tracks.csv: a genre of track {track}", each, known) for each in re.findall("[0-9]+", cell)]


def _numbers(track: int, row: Mapping[str, str]) -> list[float]:
    try:
        return [float(cell) for cell in row.values()]
    except ValueError as error:
        raise ValueError(f"features.csv, track {track}: {error}") from error


def read(path: Path, levels: int, needed: tuple[str, ...] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by track id of a table with `levels` rows of header and one that names the index; columns joined by dots."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        try:
            yield from _rows(reader, levels, needed)
        except (csv.Error, ValueError) as error:
            raise ValueError(f"{path.name}, line {reader.line_num}: {error}") from error


def _rows(reader: Any, levels: int, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    header: list[list[str]] = [next(reader, []) for _ in range(levels)]
    names = [".".join(parts) for parts in list(zip(*header, strict=True))[1:]]
    tables.require("the header", names, needed)
    if levels == 3 and len(names) != len(COLUMNS):
        raise ValueError(f"the header has {len(names)} descriptors; FMA's has {len(COLUMNS)}")
    for row in reader:
        if row and row[0] != "track_id":
            yield int(row[0]), dict(zip(names, row[1:], strict=True))
