"""Playlists as programs write them: M3U, PLS, XSPF, JSPF, and tables of (song, playlist, label, plays)."""

import csv
import json
import re
import urllib.parse
import xml.etree.ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import tables

NEW_LINE = re.compile(r"\r\n|\r|\n")  # str.splitlines breaks names at signs that programs write into them
HALF_A_PAIR = re.compile("[\ud800-\udfff]")  # JSON can say one


@dataclass(frozen=True)
class Entry:
    """
    A song in a playlist.

    Attributes:
        song: a path or URL as written, or an id that an audio file is named by.
        playlist: its name; of a playlist of its own file, the file's.
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


@dataclass(frozen=True)
class LeftOut:
    """A song that was not taken, and why."""

    what: str
    why: str


def read(path: Path, name: str) -> list[Entry | LeftOut]:
    """
    The entries of a playlist file or table, and those that cannot be understood.

    A playlist of its own file has the mood that its title names, or else its file.

    Args:
        path: of the file.
        name: that tells it from other files, such as its path below the data set's folder.

    Raises:
        ValueError: it is not what its suffix says.
    """
    try:
        return [_writable(entry) for entry in READERS[path.suffix.lower()](path, name)]
    except RecursionError:
        raise ValueError(f"{name} cannot be read as {path.suffix[1:].upper()}: it is nested too deeply") from None
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error, xml.etree.ElementTree.ParseError) as error:
        raise ValueError(f"{name} cannot be read as {path.suffix[1:].upper()}: {error}") from error


def _writable(entry: Entry | LeftOut) -> Entry | LeftOut:
    """The entry, if a table can hold its text."""
    if isinstance(entry, Entry) and HALF_A_PAIR.search(entry.song + entry.playlist + entry.label + entry.artist):
        return LeftOut(ascii(f"{entry.song} in {entry.playlist}"), "it is no text: half a surrogate pair is in it")
    return entry


def _m3u(path: Path, name: str) -> Iterator[Entry]:
    title, artist = path.stem, ""
    for line in map(str.strip, NEW_LINE.split(_text(path))):
        if line.upper().startswith("#PLAYLIST:"):
            title = line.partition(":")[2].strip() or title
        elif line.upper().startswith("#EXTINF:"):
            before, dash, _ = line.partition(",")[2].partition(" - ")
            artist = before.strip() if dash else ""
        elif line and not line.startswith("#"):
            yield Entry(line, name, title, artist)
            artist = ""


def _pls(path: Path, name: str) -> Iterator[Entry]:
    lines = NEW_LINE.split(_text(path))
    if lines[0].strip().casefold() != "[playlist]":
        raise ValueError("it does not begin with [playlist]")
    fields = {key.strip().casefold(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    numbers = (key.removeprefix("file") for key in fields if re.fullmatch(r"file[0-9]{1,9}", key))
    for number in sorted(numbers, key=int):
        before, dash, _ = fields.get(f"title{number}", "").partition(" - ")
        yield Entry(fields[f"file{number}"], name, path.stem, before if dash else "")


def _xspf(path: Path, name: str) -> Iterator[Entry]:
    text = _text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it declares a document type, which XSPF never does")
    root = xml.etree.ElementTree.fromstring(text)
    names = {"": "http://xspf.org/ns/0/"}
    title = root.findtext("title", namespaces=names) or path.stem
    for track in root.iterfind("trackList/track", names):
        for location in track.iterfind("location", names):
            yield Entry((location.text or "").strip(), name, title, track.findtext("creator", "", names))


def _jspf(path: Path, name: str) -> Iterator[Entry]:
    playlist = json.loads(_text(path))["playlist"]
    title = str(playlist.get("title") or path.stem)
    for track in playlist["track"]:
        location = track.get("location") or []
        for song in [location] if isinstance(location, str) else location:
            yield Entry(str(song), name, title, str(track.get("creator") or ""))


def _csv(path: Path, name: str) -> Iterator[Entry | LeftOut]:
    yield from (_entry(row) for row in tables.read(path, ("song", "playlist", "label")))


def _jsonl(path: Path, name: str) -> Iterator[Entry | LeftOut]:
    for number, line in enumerate(NEW_LINE.split(_text(path)), start=1):
        if line.strip():
            yield _entry(_row(line, number))


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error
    tables.require(f"line {number}", row, ("song", "playlist", "label"))
    return row


def _entry(row: dict[str, Any]) -> Entry | LeftOut:
    song, playlist, label = (str(row[name]) for name in ("song", "playlist", "label"))
    plays = row.get("plays")
    try:
        count = None if plays in (None, "") else int(float(plays))
    except (ValueError, TypeError, OverflowError):
        return LeftOut(f"{song} in {playlist}", f"its plays are {plays!r}; expected a number, or nothing")
    return Entry(song, playlist, label, str(row.get("artist") or ""), count, str(row.get("language") or ""))


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
