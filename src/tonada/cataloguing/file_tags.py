"""
Mood and genre into the files themselves, and out again; no file is ever half written.

A file is copied beside itself, the copy is changed and compared with the file sample by sample, what undoing needs goes
to the journal, and only then the copy takes the file's place, in one step. A process may be killed between any two
instructions.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from tonada.cataloguing.metadata import MetadataError, read_fields, write_fields
from tonada.cataloguing.undo import Journal, UndoError, digest, read_entry, restored
from tonada.listening.limits import AudioError
from tonada.listening.readers import open_recording
from tonada.listening.streams import Stream


class FileTagError(Exception):
    """A file that was left as it is, in one line that says why."""


@dataclass(frozen=True)
class Change:
    """
    What would be written to a file.

    Attributes:
        path: the file.
        content: SHA-256 of the bytes that were tagged.
        values: of each field to write.
        before: what these fields hold.
    """

    path: str
    content: str
    values: dict[str, str]
    before: dict[str, list[str]]


def planned(path: str, content: str, values: dict[str, str], replace: bool = False) -> Change | None:
    """
    What writing these values would change; nothing where all are there already.

    Args:
        path: the file.
        content: SHA-256 of the bytes that were tagged.
        values: by field.
        replace: also fields that hold something else, which stay as they are otherwise.

    Raises:
        FileTagError: the file is not there or cannot be read, or its format has no such fields.
    """
    if not os.path.exists(path):
        raise FileTagError(f"{path}: is not there; run it in the folder where the table was made")
    try:
        held = read_fields(path)
    except MetadataError as error:
        raise FileTagError(str(error)) from error
    wanted = {name: value for name, value in values.items() if held[name] != [value] and (replace or not held[name])}
    return Change(path, content, wanted, {name: held[name] for name in wanted}) if wanted else None


def write(change: Change, journal: Journal) -> None:
    """
    Write a change to its file; the audio is the same sample by sample.

    Raises:
        FileTagError: it could not be done, and the file is as it was.
    """
    path = Path(os.path.realpath(change.path))
    with _copy_of(path) as copy:
        with open(copy, "rb") as file:
            if digest(file) != change.content:
                raise FileTagError(
                    f"{change.path}: has been changed since it was tagged; run tonada tag --resume first"
                )
        try:
            write_fields(str(copy), change.values)
        except MetadataError as error:
            raise FileTagError(f"{change.path}: left as it is ({error})") from error
        if not same_audio(path, copy):
            raise FileTagError(f"{change.path}: its audio would not be the same, so it was left as it is")
        entry = journal.note(str(path), path, copy)
        try:
            _take_the_place(copy, path, change.content)
        except Exception:  # not Ctrl-C, which may come when it is done; `undo` passes over what was not
            entry.unlink()
            raise


def undo(file: Path) -> str:
    """
    Give a file back the bytes that it had before an entry of the journal, which then goes.

    Returns:
        The file's path.

    Raises:
        FileTagError: the file has been changed since or is gone; it stays as it is, and so does the entry.
    """
    try:
        entry = read_entry(file)
        path = Path(entry.path)
        with _copy_of(path) as copy:
            with open(path, "rb") as now:
                current = digest(now)
            if current != entry.before:  # a process may have been killed between its note and the deed
                restored(file, entry, path, copy)
                _take_the_place(copy, path, entry.after)
    except UndoError as error:
        raise FileTagError(str(error)) from error
    file.unlink()
    with suppress(OSError):  # others are in it
        file.parent.rmdir()
    return entry.path


def same_audio(one: Path, other: Path) -> bool:
    """Whether two files hold the same samples at the same rate."""
    try:
        with open(one, "rb") as first, open(other, "rb") as second:
            recordings = [open_recording(Stream(file), os.fstat(file.fileno()).st_size) for file in (first, second)]
            if recordings[0].rate != recordings[1].rate:
                return False
            return all(
                np.array_equal(*pair) for pair in zip_longest(*(each.blocks for each in recordings), fillvalue=0)
            )
    except AudioError:
        return False


@contextmanager
def _copy_of(path: Path) -> Iterator[Path]:
    """A copy beside a file, with its rights and times, that goes unless it takes the file's place."""
    copy = None
    try:
        handle, name = tempfile.mkstemp(prefix=".tonada-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        copy = Path(name)
        shutil.copy2(path, copy)
        yield copy
    except OSError as error:
        raise FileTagError(f"{path}: left as it is ({error.strerror or error})") from error
    finally:
        if copy is not None:
            copy.unlink(missing_ok=True)


def _take_the_place(copy: Path, path: Path, content: str) -> None:
    """The last look at the file, and then the one step."""
    with open(path, "rb") as file:
        if digest(file) != content:
            raise FileTagError(f"{path}: somebody else is writing it; it was left as it is")
    owner = os.stat(path)
    with suppress(PermissionError):  # who may not give files away leaves it his own
        os.chown(copy, owner.st_uid, owner.st_gid)
    with open(copy, "rb") as file:
        os.fsync(file.fileno())
    os.replace(copy, path)
