"""Playlists as programs write them: M3U, PLS, XSPF, JSPF, and tables of (song, playlist, label, plays)."""

import json
import re
import urllib.parse
import xml.etree.ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import tables


@dataclass(frozen=True)
class Entry:
    """
    A song in a playlist.

    Attributes:
        song: a path or URL as written, or an id that an audio file is named by.
        playlist: its name.
        label: the mood that the playlist is of, in its own word.
        artist: empty where it is not said.
        plays: how often the playlist was played; None where it is not said.
        language: of the song; empty where it is not said.
    """

    song: str
    playlist: str
    label: str
    artist: str = ""
    plays: int | None = None
    language: str = ""


def read(path: Path) -> list[Entry]:
    """
    The entries of a playlist file or table.

    A playlist of its own file has the mood that its title names, or else its file.

    Raises:
        ValueError: it is not what its suffix says.
    """
    try:
        return list(READERS[path.suffix.lower()](path))
    except (ValueError, KeyError, TypeError, AttributeError, xml.etree.ElementTree.ParseError) as error:
        raise ValueError(f"{path.name} cannot be read as {path.suffix[1:].upper()}: {error}") from error


def _m3u(path: Path) -> Iterator[Entry]:
    title, artist = path.stem, ""
    for line in map(str.strip, _text(path).splitlines()):
        if line.upper().startswith("#PLAYLIST:"):
            title = line.partition(":")[2].strip() or title
        elif line.upper().startswith("#EXTINF:"):
            before, dash, _ = line.partition(",")[2].partition(" - ")
            artist = before.strip() if dash else ""
        elif line and not line.startswith("#"):
            yield Entry(line, path.name, title, artist)
            artist = ""


def _pls(path: Path) -> Iterator[Entry]:
    lines = _text(path).splitlines()
    if not lines or lines[0].strip().casefold() != "[playlist]":
        raise ValueError("it does not begin with [playlist]")
    fields = {key.strip().casefold(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    for number in sorted(int(key[4:]) for key in fields if re.fullmatch(r"file\d{1,9}", key)):
        before, dash, _ = fields.get(f"title{number}", "").partition(" - ")
        yield Entry(fields[f"file{number}"], path.name, path.stem, before if dash else "")


def _xspf(path: Path) -> Iterator[Entry]:
    text = _text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it declares a document type, which XSPF never does")
    root = xml.etree.ElementTree.fromstring(text)
    names = {"": "http://xspf.org/ns/0/"}
    title = root.findtext("title", namespaces=names) or path.stem
    for track in root.iterfind("trackList/track", names):
        for location in track.iterfind("location", names):
            yield Entry((location.text or "").strip(), path.name, title, track.findtext("creator", "", names))


def _jspf(path: Path) -> Iterator[Entry]:
    playlist = json.loads(_text(path))["playlist"]
    for track in playlist["track"]:
        location = track["location"]
        for song in [location] if isinstance(location, str) else location:
            yield Entry(song, path.name, playlist.get("title") or path.stem, track.get("creator") or "")


def _csv(path: Path) -> Iterator[Entry]:
    yield from (_entry(row) for row in tables.read(path, ("song", "playlist", "label")))


def _jsonl(path: Path) -> Iterator[Entry]:
    for number, line in enumerate(filter(str.strip, _text(path).splitlines()), start=1):
        row = json.loads(line)
        tables.require(f"line {number}", row, ("song", "playlist", "label"))
        yield _entry(row)


def _entry(row: dict[str, Any]) -> Entry:
    plays = row.get("plays")
    return Entry(
        str(row["song"]),
        str(row["playlist"]),
        str(row["label"]),
        str(row.get("artist") or ""),
        None if plays in (None, "") else int(plays),
        str(row.get("language") or ""),
    )


def local(song: str) -> str:
    """The path that an entry names, with forward slashes; a file URL's own path."""
    if song.startswith("file:"):
        song = urllib.parse.unquote(urllib.parse.urlsplit(song).path)
    elif "%" in song:
        song = urllib.parse.unquote(song)
    return song.replace("\\", "/")


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # what an M3U is by its oldest custom


READERS = {
    ".m3u": _m3u,
    ".m3u8": _m3u,
    ".pls": _pls,
    ".xspf": _xspf,
    ".jspf": _jspf,
    ".csv": _csv,
    ".jsonl": _jsonl,
}
