"""How labels are spread: over the sides of a split, under the roots of their tree, and together."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tonada.datasets_scripts import fma, form, playlists, tables
from tonada.proving.auditing.songs import Song


def balance(songs: Sequence[Song], labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The sides in the order of names, and how many rows of each label stand on each, `(labels, sides)`."""
    parts = sorted({song.part for song in songs})
    counts = Counter((song.label, song.part) for song in songs)
    return parts, np.array([[counts[label, part] for part in parts] for label in labels])


def together(bags: Iterable[Collection[str]], labels: Sequence[str]) -> np.ndarray:
    """In how many bags two labels occur together, `(labels, labels)`; on the diagonal, in how many each occurs."""
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), int)
    for bag in bags:
        here = sorted(place[label] for label in set(bag))
        counts[np.ix_(here, here)] += 1
    return counts


def bags_of(name: str, folder: Path, songs: Sequence[Song]) -> tuple[str, list[set[str]]]:
    """
    Which labels occur together, and of what: of a track's genres in FMA, of a song's playlists, and else of a group.

    A label a song is all that other data sets have; a group whose songs have two tells which labels are neighbours.

    Args:
        name: of the data set.
        folder: that it was loaded from, or an archive.
        songs: the rows; no other song is counted.
    """
    if name == "fma":
        return "a track's genres, by root", _genres(form.opened(fma.Fma, folder), songs)
    if name == "playlists":
        here = {song.song_id for song in songs}
        moods = playlists.moods(form.opened(playlists.Playlists, folder))
        return "a song's playlists", [of_song for song, of_song in moods.items() if song in here]
    bags: dict[str, set[str]] = {}
    for song in songs:
        bags.setdefault(song.group, set()).add(song.label)
    return "a group's songs", list(bags.values())


def tree(labels: Sequence[str], parents: Mapping[str, str], counts: Mapping[str, int]) -> list[str]:
    """Lines that draw the tree, each label with its rows, a parent with those below it; none without a tree."""
    if not parents:
        return []
    below: dict[str, list[str]] = {}
    for name in dict.fromkeys([*parents.values(), *labels]):
        below.setdefault(parents.get(name, ""), []).append(name)
    return [line for root in below[""] for line in _branch(root, below, counts, "")]


def _branch(name: str, below: Mapping[str, list[str]], counts: Mapping[str, int], indent: str) -> list[str]:
    lines = [line for child in below.get(name, []) for line in _branch(child, below, counts, indent + "  ")]
    return [f"{indent}{name}  {_rows_under(name, below, counts)}", *lines]


def _rows_under(name: str, below: Mapping[str, list[str]], counts: Mapping[str, int]) -> int:
    return counts.get(name, 0) + sum(_rows_under(child, below, counts) for child in below.get(name, []))


def _genres(folder: Path, songs: Sequence[Song]) -> list[set[str]]:
    rows = tables.read(folder / "fma_metadata" / "genres.csv", ("genre_id", "title", "top_level"))
    title = {row["genre_id"]: row["title"] for row in rows}
    root = {row["genre_id"]: fma.LABEL_OF[title[row["top_level"]]] for row in rows}
    here = {song.song_id for song in songs}
    tracks = fma.tables_of_tracks(folder)
    listed = (row["track.genres_all"].strip("[] ").split(",") for track, row in tracks.items() if str(track) in here)
    return [{root[genre.strip()] for genre in genres if genre.strip()} for genres in listed]
