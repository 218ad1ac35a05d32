"""
What each file held before Tonada wrote to it, so that undoing gives back the same bytes.

A journal is a folder, an entry a file: a line of JSON (path, SHA-256 before and after, and how many bytes at the
beginning and at the end are as they were), and then the bytes between them. Of most files that is the head alone.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import BufferedReader, BufferedWriter
from pathlib import Path

import numpy as np

BLOCK = 2**20
UNFINISHED = ".unfinished"
LONGEST_LINE = 2**16  # bytes; a path has a few thousand at most


class UndoError(Exception):
    """A file that cannot be given back as it was, in one line."""


@dataclass(frozen=True)
class Entry:
    """
    How to get a file's earlier bytes from its later ones.

    Attributes:
        path: absolute; bytes that are not UTF-8 are surrogates.
        before: SHA-256 of the earlier bytes.
        after: of the later ones.
        first: how many bytes at the beginning are the same.
        last: how many at the end.
    """

    path: str
    before: str
    after: str
    first: int
    last: int


class Journal:
    """
    The entries of a folder, the newest last; several journals may write to one at a time.

    Args:
        folder: made when the first entry comes.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._next: int | None = None  # known when the first entry comes

    def entries(self) -> list[Path]:
        """The newest first, for undoing goes backwards."""
        return sorted(self.folder.glob("[0-9]*.undo"), reverse=True)

    def note(self, path: str, earlier: Path, later: Path) -> Path:
        """Keep what `earlier` has and `later` has not, on the disk before this returns."""
        with open(earlier, "rb") as before, open(later, "rb") as after:
            sizes = [os.fstat(file.fileno()).st_size for file in (before, after)]
            first = _common(before, after, min(sizes))
            last = _common(before, after, min(sizes) - first, sizes)
            entry = Entry(path, digest(before), digest(after), first, last)
            with self._new_entry() as (file, kept):
                kept.write(json.dumps(asdict(entry)).encode() + b"\n")
                before.seek(first)
                _copy(before, kept, sizes[0] - first - last)
                kept.flush()
                os.fsync(kept.fileno())
        return file

    @contextmanager
    def _new_entry(self) -> Iterator[tuple[Path, BufferedWriter]]:
        """An entry that is there when its bytes are written, and is not if they cannot be."""
        file = self._reserved()
        unfinished = file.with_suffix(UNFINISHED)
        try:
            with open(unfinished, "wb") as kept:
                yield file, kept
        except BaseException:
            unfinished.unlink()
            raise
        os.replace(unfinished, file)

    def _reserved(self) -> Path:
        """
        A name that no entry has or will get from another journal, as long as its unfinished file is there.

        The folder is looked at once, for that takes longer with each entry.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._next is None:
            self._next = 1 + max((int(each.stem) for each in self.entries()), default=-1)
        while True:
            file = self.folder / f"{self._next:08}.undo"
            self._next += 1
            with suppress(FileExistsError):
                open(file.with_suffix(UNFINISHED), "xb").close()
                if not file.exists():
                    return file
                file.with_suffix(UNFINISHED).unlink()


def read_entry(file: Path) -> Entry:
    """
    What an entry says.

    Raises:
        UndoError: it is damaged.
    """
    try:
        with open(file, "rb") as kept:
            return Entry(**json.loads(kept.readline(LONGEST_LINE)))
    except (ValueError, TypeError) as error:
        raise UndoError(f"{file}: is damaged, and its file is left as it is") from error


def restored(file: Path, entry: Entry, now: Path, to: Path) -> None:
    """
    Write the earlier bytes of what is now in `now` to the file `to`.

    Raises:
        UndoError: the file has been changed since, or the entry is damaged.
    """
    with open(now, "rb") as after, open(file, "rb") as kept, open(to, "wb") as before:
        if digest(after) != entry.after:
            raise UndoError(f"{entry.path}: has been changed since, and is left as it is")
        kept.readline(LONGEST_LINE)
        _copy(after, before, entry.first)
        shutil.copyfileobj(kept, before, BLOCK)
        after.seek(-entry.last, os.SEEK_END)
        _copy(after, before, entry.last)
        before.flush()
        os.fsync(before.fileno())
    with open(to, "rb") as made:
        if digest(made) != entry.before:
            raise UndoError(f"{entry.path}: cannot be given back, for {file} is damaged; it is left as it is")


def digest(file: BufferedReader) -> str:
    """SHA-256 of an open file, which is then at its beginning."""
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return found


def _common(one: BufferedReader, other: BufferedReader, most: int, sizes: list[int] | None = None) -> int:
    """How many bytes are the same at the beginning, or if sizes are given at the end; `most` at most."""
    same = 0
    while same < most:
        count = min(BLOCK, most - same)
        places = (same, same) if sizes is None else tuple(size - same - count for size in sizes)
        blocks = []
        for file, place in zip((one, other), places, strict=True):
            file.seek(place)
            blocks.append(np.frombuffer(file.read(count), np.uint8)[:: 1 if sizes is None else -1])
        differs = blocks[0] != blocks[1]
        if differs.any():
            return same + int(differs.argmax())
        same += count
    return same


def _copy(source: BufferedReader, target: BufferedWriter, count: int) -> None:
    while count > 0 and (block := source.read(min(BLOCK, count))):
        target.write(block)
        count -= len(block)
