"""
Archives as others packed them, unpacked so that nothing in them can do harm.

Every name is checked before anything is written: a path out of the folder, a link, a device, two files of one name, or
more than a data set could be, and the whole archive is refused. What is unpacked is whole or not there.
"""

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

MEMBERS = 500_000
"""FMA has 106,574 files."""
RATIO = 100
"""Bytes that one of the archive may become: tables become ten, a bomb a thousand and more."""
SMALL = 100_000_000
"""Bytes that any archive may become."""
HEADER = 1 << 20
"""Bytes that a tar archive may have read at once: a longer header is a bomb."""
OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)


class ArchiveError(ValueError):
    """An archive that is not unpacked, and why."""


@dataclass(frozen=True)
class Member:
    """One entry of an archive: its name, its bytes when unpacked, what it is if it is no file, and what opens it."""

    name: str
    size: int
    odd: str
    handle: Any


class _Bounded:
    """What a tar archive is read through: no single read is longer than `HEADER`."""

    def __init__(self, source: IO[bytes]):
        self.source = source
        self.seek, self.tell = source.seek, source.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= HEADER:
            raise ArchiveError(f"a header has {size:,} bytes; at most {HEADER:,}")
        return self.source.read(size)


def unpack(archive: Path, folder: Path) -> Path:
    """
    The folder of what a zip or tar archive (plain, gz, bz2 or xz) holds, unpacked once.

    Args:
        archive: the file.
        folder: where folders of unpacked archives are kept.

    Raises:
        ArchiveError: it is no archive, is damaged, or holds what no data set does; then nothing is left behind.
    """
    state = archive.stat()
    key = hashlib.sha256(f"{archive} {state.st_size} {state.st_mtime_ns}".encode(errors="surrogateescape")).hexdigest()
    done = folder / key[:16]
    if done.is_dir():
        return done
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as place, _opened(archive) as (members, read):
            _check(members, state.st_size, shutil.disk_usage(folder).free)
            for member in members:
                path = Path(place, "all", member.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                with read(member.handle) as source, path.open("xb") as target:
                    _copy(source, target, member.size)
            _rename(Path(place, "all"), done)
    except ArchiveError as error:
        raise ArchiveError(f"{archive.name} is not unpacked: {error}") from error
    except BROKEN as error:
        of_the_disk = isinstance(error, OSError) and error.errno  # what gzip and bz2 raise has no number
        why = "it cannot be read or written" if of_the_disk else "it is damaged, or no zip or tar"
        raise ArchiveError(f"{archive.name} is not unpacked: {why} ({error})") from error
    return done


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """As many bytes as the archive's list said, whatever the file itself has."""
    while block := source.read(min(HEADER, size)):
        target.write(block)
        size -= len(block)
    if size:
        raise EOFError(f"a file ends {size:,} bytes early")


def _rename(whole: Path, done: Path) -> None:
    try:
        os.rename(whole, done)
    except OSError:
        if not done.is_dir():  # else another process was faster
            raise


def _check(members: list[Member], size: int, free: int) -> None:
    """Refuse an archive that is not a data set's, whatever it is packed with."""
    if not members:
        raise ArchiveError("it holds no file")
    if len(members) > MEMBERS:
        raise ArchiveError(f"it holds more than {MEMBERS:,} files")
    seen: set[PurePosixPath] = set()
    for member in members:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or set(member.name) & {"\\", "\0", ":"} or not path.parts:
            raise ArchiveError(f"{member.name!r} in it is no path that stays in a folder")
        if member.odd:
            raise ArchiveError(f"{member.name!r} in it is {member.odd}; a data set holds files only")
        if path in seen:
            raise ArchiveError(f"{member.name!r} is in it twice")
        seen.add(path)
    whole, most = sum(member.size for member in members), min(_most(size), free)
    if whole > most:
        raise ArchiveError(f"it would become {whole:,} bytes; of {size:,}, and on this disk, at most {most:,} may come")


def _most(size: int) -> int:
    return max(SMALL, RATIO * size)


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[list[Member], Callable[[Any], IO[bytes]]]]:
    """The members of an archive, and what opens one of them."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            yield [_zipped(each) for each in content.infolist() if not each.is_dir()], content.open
        return
    with archive.open("rb") as file:
        opener = OPENERS.get(file.read(2), open)
    with opener(archive, "rb") as source, tarfile.open(fileobj=cast(Any, _Bounded(source)), mode="r:") as content:
        yield list(_taped(content, _most(archive.stat().st_size))), cast(Any, content.extractfile)


def _zipped(info: zipfile.ZipInfo) -> Member:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return Member(info.filename, info.file_size, "a link or a device" if kind not in (0, stat.S_IFREG) else "", info)


def _taped(content: tarfile.TarFile, most: int) -> Iterator[Member]:
    """The members of a tar archive, which is not read on behind one that is too large or too many."""
    whole = 0
    for count, info in enumerate(content):
        if not info.isdir():
            if info.size < 0 or info.issparse():
                raise ArchiveError(f"{info.name!r} in it has holes, or a size below zero; pack it as a plain file")
            whole += info.size
            yield Member(info.name, info.size, "" if info.isreg() else "a link or a device", info)
        if whole > most or count > MEMBERS:
            return
