"""Tables and folders as others wrote them: read, checked, and never followed out of their place."""

import csv
from collections.abc import Iterable
from pathlib import Path, PurePath

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac"})
SCORE_SUFFIXES = frozenset({".mid", ".zip"})
TABLE_SUFFIXES = frozenset({".csv", ".jsonl", ".m3u", ".m3u8", ".pls", ".xspf", ".jspf", ".parquet", ".arrow"})


def read(path: Path, needed: Iterable[str] = ()) -> list[dict[str, str]]:
    """
    The rows of a CSV file with a header.

    Raises:
        ValueError: a column is missing, a row is shorter or longer than the header, or it is no such file.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        try:
            found = list(reader.fieldnames or [])
            require(path.name, found, needed)
            rows = list(reader)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{path.name}, after line {reader.line_num}: no CSV in UTF-8 ({error})") from error
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise ValueError(f"{path.name}, row {number}: its cells are not the header's {len(found)}")
    return rows


def require(where: str, found: Iterable[str], needed: Iterable[str]) -> None:
    """Refuse a table without what is needed, naming what it has."""
    found = list(found)
    if missing := [name for name in needed if name not in found]:
        raise ValueError(f"{where} has no column {', '.join(missing)}; its columns are {', '.join(found) or 'none'}")


def word(where: str, given: str, known: Iterable[str]) -> str:
    """`given` if it is known; else an error that lists what is."""
    if given not in (known := list(known)):
        raise ValueError(f"{where} is {given!r}; expected one of {', '.join(known)}")
    return given


def inside(folder: Path, name: str, source: str = "metadata.csv") -> Path:
    """The file of that name, which must lie in the folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} in {source} points outside {folder}; file names must stay within the data set")
    return path


def state(folder: Path) -> bytes:
    """What tells one state of a folder, or file, from another: name, size and time of audio, scores and tables."""
    read = AUDIO_SUFFIXES | SCORE_SUFFIXES | TABLE_SUFFIXES
    files = sorted(path for path in (folder, *folder.rglob("*")) if path.suffix.lower() in read and path.is_file())
    stamps = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return "\n".join(stamps).encode(errors="surrogateescape")


def listing(folder: Path) -> list[str]:
    """Every audio file below a folder, relative to it, in the order of names; none that is hidden."""
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES and path.is_file())
    names = (path.relative_to(folder) for path in paths)
    return sorted(name.as_posix() for name in names if not hidden(name))


def hidden(name: PurePath) -> bool:
    """Whether a path is what systems keep for themselves: below a name with a leading dot, or in a Mac's `__MACOSX`."""
    return any(part == "__MACOSX" or part.startswith(".") for part in name.parts)
