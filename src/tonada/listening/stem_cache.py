"""Stems kept by what they were made of, so that no song is separated twice."""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

logger = logging.getLogger(__name__)

MAX_BYTES = 10 * 2**30  # a 30-s clip's two stems at 22,050 Hz take 5 MB
LEFT_OVER_SECONDS = 86_400  # after which an unfinished entry was left by a process that died


class StemCache:
    """
    A folder of stems, an entry for each mix and method: float32, without loss, with a check sum.

    An entry that is damaged is made anew, and a folder that cannot be written to is done without. When the entries
    exceed `max_bytes`, those that nobody asked for the longest go. Deleting the folder loses nothing but time.

    Args:
        folder: `TONADA_CACHE` in the environment by default, else `tonada` in the user's cache folder
            (`XDG_CACHE_HOME`, else `~/.cache`); entries lie in `stems` within it.
        max_bytes: of all entries together.
    """

    def __init__(self, folder: str | Path | None = None, max_bytes: int = MAX_BYTES):
        self.folder = Path(folder or _default_folder()) / "stems"
        self.max_bytes = max_bytes

    def get_or_make(
        self, mix: np.ndarray, rate: int, method: str, stems: int, make: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """
        The stems of a mix, `(stems, samples)`, made only if they are not kept.

        Args:
            mix: float32 `(samples,)`.
            rate: hertz.
            method: the method's name.
            stems: how many it makes.
            make: makes them.
        """
        path = self.folder / f"{_key(mix, rate, method)}.safetensors"
        kept = _read(path, (stems, len(mix)))
        if kept is not None:
            return kept
        made = make()
        try:
            self._write(path, made)
        except (OSError, SafetensorError) as error:
            logger.warning("Stems are not kept in %s (%s); they are separated anew each time.", self.folder, error)
        with suppress(OSError):  # another process may make room too
            self._make_room(path)
        return made

    def _write(self, path: Path, stems: np.ndarray) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=self.folder, suffix=".part")
        os.close(handle)
        try:
            save_file({"stems": np.ascontiguousarray(stems)}, unfinished, {"sha256": _digest(stems)})
            os.replace(unfinished, path)  # whole or not at all, whoever else reads or writes
        finally:
            Path(unfinished).unlink(missing_ok=True)

    def _make_room(self, newest: Path) -> None:
        entries = [(entry.stat(), Path(entry.path)) for entry in os.scandir(self.folder) if entry.is_file()]
        entries.sort(key=lambda entry: entry[0].st_mtime)
        total = sum(facts.st_size for facts, _ in entries)
        now = newest.stat().st_mtime
        for facts, path in entries:
            is_left_over = path.suffix == ".part" and now - facts.st_mtime > LEFT_OVER_SECONDS
            if is_left_over or (total > self.max_bytes and path.suffix == ".safetensors" and path != newest):
                path.unlink(missing_ok=True)
                total -= facts.st_size


def _default_folder() -> Path:
    named = os.environ.get("TONADA_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tonada"


def _key(mix: np.ndarray, rate: int, method: str) -> str:
    digest = hashlib.sha256(f"{method} {rate} {len(mix)} ".encode())
    digest.update(np.ascontiguousarray(mix, dtype="<f4").data)
    return digest.hexdigest()


def _digest(stems: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(stems).data).hexdigest()


def _read(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """The entry, or nothing if it is missing or not what was written."""
    try:
        with safe_open(path, framework="np") as file:
            stems, digest = file.get_tensor("stems"), (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    if stems.shape != shape or stems.dtype != np.float32 or _digest(stems) != digest:
        return None
    with suppress(OSError):
        os.utime(path)  # asked for just now
    return stems
