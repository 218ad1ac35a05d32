"""
Playlists as files that players read: M3U8 and XSPF.

M3U has no standard but its use; XSPF is version 1 of xspf.org's. Songs are named relative to the playlist, so that both
can move together.
"""

import heapq
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from tonada.cataloguing.chosen import Filter, Tags
from tonada.cataloguing.tag_tables import Row

MARK = "made by Tonada"  # and so Tonada's to replace
BEGINNING = 1024  # bytes, within which the mark stands
NAMESPACE = "http://xspf.org/ns/0/"


class PlaylistError(Exception):
    """A playlist that cannot be written, in one line."""


@dataclass(frozen=True)
class Written:
    """
    What a playlist holds.

    Attributes:
        songs: how many.
        absent: paths of those whose files are not there, as they are in the table.
    """

    songs: int
    absent: list[str]


def write_playlists(
    tags: Tags, task: str, which: Filter, folder: Path, kind: str = "m3u8", most: int | None = None
) -> dict[Path, Written]:
    """
    A playlist for each label of a task, the most probable songs first.

    Relative paths of the table are looked for from the working folder.

    Args:
        tags: the table.
        task: whose labels part the songs.
        which: songs are meant.
        folder: where playlists go, as TASK-LABEL and the kind; made if need be.
        kind: a key of `KINDS`.
        most: songs in a playlist; all, if not given.

    Returns:
        What each file holds.

    Raises:
        PlaylistError: a file of that name is there that Tonada did not make.
        OSError: the folder cannot be written.
    """
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in tags.songs(task, which):
        by_label[row[f"{task}_label"]].append(row)
    files = {label: folder / f"{task}-{quote(label, safe=' ')}.{kind}" for label in sorted(by_label)}
    for file in files.values():
        _check_own(file)
    held = {}
    for label, file in files.items():
        rows = by_label[label]
        best = heapq.nsmallest(most or len(rows), rows, key=lambda row: (-row[f"{task}_probability"], row["path"]))
        held[file] = write_playlist(file, f"{task}: {label}", best)
    return held


def _check_own(file: Path) -> None:
    """
    Refuse to replace what Tonada did not make.

    Raises:
        PlaylistError: such a file is there.
    """
    if file.exists() and MARK.encode() not in file.read_bytes()[:BEGINNING]:
        raise PlaylistError(f"{file} is there and not {MARK}; move it, or choose another name")


def write_playlist(file: Path, title: str, songs: Sequence[Row]) -> Written:
    """
    Songs in their order; the file appears whole or not at all. Returns what it holds.

    Args:
        file: its suffix is a key of `KINDS`; its folder is made if need be.
        title: of one line.
        songs: each with its path and duration.

    Raises:
        PlaylistError: a file of that name is there that Tonada did not make, or a song's name fits in no such playlist.
        OSError: the folder cannot be written.
    """
    _check_own(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.write_bytes(KINDS[file.suffix[1:]](title, songs, file.parent).encode())
    os.replace(unfinished, file)
    return Written(len(songs), [song["path"] for song in songs if not os.path.exists(song["path"])])


def m3u8(title: str, songs: Sequence[Row], folder: Path) -> str:
    """
    A playlist of lines in UTF-8.

    Raises:
        PlaylistError: a file's name has a line break, which no line can hold.
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{title}", f"# {MARK}"]
    for song in songs:
        name = _from(folder, song["path"])
        if len(name.splitlines()) > 1:
            raise PlaylistError(f"{song['path']!r} has a line break in its name; rename it, or choose --format xspf")
        lines += [f"#EXTINF:{round(song['duration'])},{_title(song)}", f"./{name}" if name.startswith("#") else name]
    return "\n".join([*lines, ""])


def xspf(title: str, songs: Sequence[Row], folder: Path) -> str:
    """A playlist in XML."""
    playlist = ElementTree.Element("playlist", version="1", xmlns=NAMESPACE)
    for name, text in (("title", title), ("annotation", MARK)):
        ElementTree.SubElement(playlist, name).text = text
    tracks = ElementTree.SubElement(playlist, "trackList")
    for song in songs:
        track = ElementTree.SubElement(tracks, "track")
        facts = {
            "location": quote(_from(folder, song["path"])),
            "title": _title(song),
            "duration": str(round(1000 * song["duration"])),
        }
        for name, text in facts.items():
            ElementTree.SubElement(track, name).text = text
    ElementTree.indent(playlist)
    return ElementTree.tostring(playlist, encoding="unicode", xml_declaration=True) + "\n"


KINDS: dict[str, Callable[[str, Sequence[Row], Path], str]] = {"m3u8": m3u8, "xspf": xspf}


def _from(folder: Path, path: str) -> str:
    """The song's name as seen from the playlist's folder."""
    return os.path.relpath(os.path.abspath(path), os.path.abspath(folder))


def _title(song: Row) -> str:
    """The file's name without what XML and lines cannot hold."""
    return "".join(sign for sign in Path(song["path"]).stem if sign.isprintable())
