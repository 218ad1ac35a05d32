"""Files of Debian's packages: apt fetches a package, dpkg opens it, and only what is wanted is taken out."""

import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

SECONDS = 1800
BYTES = 200_000_000
"""Of one file, at most; the longest piece of the free audio has a tenth of it."""
WHOLE = 4_000_000_000
"""Of all that a package becomes, at most; what is not wanted of it is never written."""
BLOCK = 1 << 20


class PackageError(OSError):
    """A package that cannot be had or opened, and what to do."""


def download(package: str, version: str, folder: Path) -> Path:
    """
    The package file, in that version or, where the archive has moved on, in the one it has now.

    Args:
        package, version: as Debian names them.
        folder: where it goes.

    Raises:
        PackageError: apt is missing, or cannot fetch it.
    """
    done = _apt(f"{package}={version}", folder)
    if done.returncode and "was not found" in done.stderr:
        done = _apt(package, folder)
    found = sorted(folder.glob(f"{package}_*.deb"))
    if done.returncode or not found:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise PackageError(f"apt-get could not fetch {package} {version} ({said})")
    return found[0]


def version_of(deb: Path) -> str:
    """The version that a package file says it is."""
    command = [_program("dpkg-deb"), "--field", str(deb), "Version"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise PackageError(f"dpkg-deb did not open {deb.name} within {SECONDS} s") from None
    if done.returncode:
        raise _broken(deb, done.stderr)
    return done.stdout.decode(errors="replace").strip()


def take(deb: Path, wanted: Mapping[str, Path]) -> None:
    """
    Copy files out of a package.

    Args:
        deb: the package file.
        wanted: where each path inside the package goes; what the package lacks is not made.

    Raises:
        PackageError: it is no package, becomes more than `WHOLE`, or a file is larger than `BYTES`.
    """
    command = [_program("dpkg-deb"), "--fsys-tarfile", str(deb)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process,
        _ended(process),
    ):
        try:
            found = _copy_all(_Bounded(cast(IO[bytes], process.stdout), deb.name), dict(wanted), deb.name)
        except tarfile.TarError as error:
            raise _broken(deb, _said(said) or str(error).encode()) from error
        if not found and process.wait():
            raise _broken(deb, _said(said))


class _Bounded:
    """What dpkg writes, of which no more is read than a package could hold."""

    def __init__(self, source: IO[bytes], name: str):
        self.source, self.name, self.left = source, name, WHOLE

    def read(self, size: int) -> bytes:
        block = self.source.read(size)
        self.left -= len(block)
        if self.left < 0:
            raise PackageError(f"{self.name} would become more than {WHOLE:,} bytes")
        return block


def _copy_all(content: _Bounded, wanted: dict[str, Path], name: str) -> bool:
    """Whether all that is wanted was there, and is copied."""
    with tarfile.open(fileobj=cast(Any, content), mode="r|") as archive:
        for member in archive:
            target = wanted.pop(member.name.removeprefix("."), None)
            if target and member.isreg():
                _copy(archive, member, target, name)
            if not wanted:
                return True
    while content.read(BLOCK):  # else dpkg waits for a reader, and cannot say whether it was content
        pass
    return False


def _copy(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, name: str) -> None:
    if member.issparse() or not 0 <= member.size <= BYTES:
        raise PackageError(f"{member.name} in {name} has {member.size:,} bytes, or holes; at most {BYTES:,} are taken")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    with cast(IO[bytes], archive.extractfile(member)) as source, partial.open("wb") as file:
        shutil.copyfileobj(source, file)
    os.replace(partial, target)


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process after `SECONDS`, or when what was wanted of it is read."""
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        process.kill()


def _apt(what: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = _program("apt-get")
    environment = {**os.environ, "LC_ALL": "C"}  # its messages are read
    try:
        return subprocess.run(
            [program, "download", what], cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise PackageError(f"apt-get did not fetch {what} within {SECONDS} s") from None


def _program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise PackageError(f"{name} is not there; run this on Debian, or in a container of it")
    return program


def _said(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _broken(deb: Path, said: bytes) -> PackageError:
    return PackageError(f"{deb.name} is not a whole Debian package ({said.decode(errors='replace').strip()[-200:]})")
