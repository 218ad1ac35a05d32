"""Arrays kept in a cache: a file is whole or not there, whoever is killed or writes at once, and damage is noticed."""

import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

CACHES = ("features", "stems", "contents", "graphs")  # folders within the folder of all
UNFINISHED = ".part"
LEFT_OVER_SECONDS = 86_400  # after which an unfinished file was left by a process that died


class KeepingError(OSError):
    """A cache that cannot be written to."""


def cache_folder(given: str | Path | None = None) -> Path:
    """
    The folder of all caches: `TONADA_CACHE` in the environment by default, else `tonada` in the user's cache folder
    (`XDG_CACHE_HOME`, else `~/.cache`).
    """
    named = given or os.environ.get("TONADA_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tonada"


def caches(root: Path) -> Iterator[tuple[str, int, int]]:
    """Each cache in the folder of all: its name, its number of files and their bytes."""
    for name in CACHES:
        sizes = [size for file in (root / name).rglob("*") if (size := _size(file)) is not None]
        yield name, len(sizes), sum(sizes)


def _size(path: Path) -> int | None:
    """Bytes of a file; nothing of a folder, or of what another process has just put in its place or taken away."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def clear_cache(root: Path, name: str) -> None:
    """
    Delete what a cache holds.

    Raises:
        OSError: something cannot be deleted.
    """
    with suppress(FileNotFoundError):
        shutil.rmtree(root / name)


def keep_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """
    Write arrays as safetensors, with a check sum.

    Raises:
        KeepingError: they cannot be written.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    try:
        with whole_file(path) as unfinished:
            save_file(whole, unfinished, {"sha256": _digest(whole)})
    except (OSError, SafetensorError) as error:
        raise KeepingError(str(error)) from error


def kept_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays, or nothing if they are missing or not what was written."""
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no dictionary
            digest = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    return arrays if _digest(arrays) == digest else None


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Another file to write to, which takes the place of `path` in one step once it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=UNFINISHED)
    os.close(handle)
    try:
        yield Path(unfinished)
        os.replace(unfinished, path)
    finally:
        Path(unfinished).unlink(missing_ok=True)


def remove_left_overs(folder: Path) -> None:
    """Delete what processes that died a day ago or earlier left unfinished."""
    for path in folder.glob(f"*{UNFINISHED}"):
        with suppress(OSError):  # another process may tidy up too
            if time.time() - path.stat().st_mtime > LEFT_OVER_SECONDS:
                path.unlink()


def _digest(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape} ".encode())
        digest.update(arrays[name].data)
    return digest.hexdigest()
