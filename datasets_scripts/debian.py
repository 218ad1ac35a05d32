"""Files of Debian's packages: apt fetches a package, dpkg opens it, and only what is wanted is taken out."""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

SECONDS = 1800
BYTES = 200_000_000
"""Of one file, at most; the longest piece of the free audio has a tenth of it."""


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
    return _dpkg(["--field", str(deb), "Version"], deb, subprocess.PIPE).stdout.decode(errors="replace").strip()


def take(deb: Path, wanted: Mapping[str, Path]) -> None:
    """
    Copy files out of a package.

    Args:
        deb: the package file.
        wanted: where each path inside the package goes; what the package lacks is not made.

    Raises:
        PackageError: it is no package, or a file is larger than `BYTES`.
    """
    with tempfile.TemporaryFile() as content:
        _dpkg(["--fsys-tarfile", str(deb)], deb, content)
        content.seek(0)
        with tarfile.open(fileobj=content, mode="r:") as archive:
            for member in archive:
                target = wanted.get(member.name.removeprefix("."))
                source = archive.extractfile(member) if target and member.isreg() else None
                if target and source:
                    if member.size > BYTES:
                        raise PackageError(f"{member.name} in {deb.name} has {member.size:,} bytes; at most {BYTES:,}")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    partial = target.with_name(target.name + ".partial")
                    with partial.open("wb") as file:
                        shutil.copyfileobj(source, file)
                    os.replace(partial, target)


def _apt(what: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("apt-get")
    if program is None:
        raise PackageError("apt-get is not there; run this on Debian, or in a container of it")
    environment = {**os.environ, "LC_ALL": "C"}  # its messages are read
    try:
        return subprocess.run(
            [program, "download", what], cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise PackageError(f"apt-get did not fetch {what} within {SECONDS} s") from None


def _dpkg(command: list[str], deb: Path, output: object) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("dpkg-deb")
    if program is None:
        raise PackageError("dpkg-deb is not there; run this on Debian, or in a container of it")
    try:
        done = subprocess.run([program, *command], stdout=output, stderr=subprocess.PIPE, timeout=SECONDS)  # type: ignore[call-overload]
    except subprocess.TimeoutExpired:
        raise PackageError(f"dpkg-deb did not open {deb.name} within {SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-200:]
        raise PackageError(f"{deb.name} is not a whole Debian package ({said})")
    return done
