"""Stems kept by what they were made of, so that no song is separated twice."""

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from tonada.listening.kept_arrays import KeepingError, cache_folder, keep_arrays, kept_arrays, remove_left_overs

logger = logging.getLogger(__name__)

MAX_BYTES = 10 * 2**30  # a 30-s clip's two stems at 22,050 Hz take 5 MB


class StemCache:
    """
    A folder of stems, an entry for each mix and method: float32, without loss, with a check sum.

    An entry that is damaged is made anew, and a folder that cannot be written to is done without. When the entries
    exceed `max_bytes`, those that nobody asked for the longest go. Deleting the folder loses nothing but time.

    Args:
        folder: of all caches, see `cache_folder`; entries lie in `stems` within it.
        max_bytes: of all entries together.
    """

    def __init__(self, folder: str | Path | None = None, max_bytes: int = MAX_BYTES):
        self.folder = cache_folder(folder) / "stems"
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
            keep_arrays(path, {"stems": made})
        except KeepingError as error:
            logger.warning("Stems are not kept in %s (%s); they are separated anew each time.", self.folder, error)
        with suppress(OSError):  # another process may make room too
            self._make_room(path)
        return made

    def _make_room(self, newest: Path) -> None:
        remove_left_overs(self.folder)
        entries = [(entry.stat(), Path(entry.path)) for entry in os.scandir(self.folder) if entry.is_file()]
        entries.sort(key=lambda entry: entry[0].st_mtime)
        total = sum(facts.st_size for facts, _ in entries)
        for facts, path in entries:
            if total > self.max_bytes and path.suffix == ".safetensors" and path != newest:
                path.unlink(missing_ok=True)
                total -= facts.st_size


def _key(mix: np.ndarray, rate: int, method: str) -> str:
    digest = hashlib.sha256(f"{method} {rate} {len(mix)} ".encode())
    digest.update(np.ascontiguousarray(mix, dtype="<f4").data)
    return digest.hexdigest()


def _read(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """The entry, or nothing if it is missing or not what was written."""
    stems = (kept_arrays(path) or {}).get("stems")
    if stems is None or stems.shape != shape or stems.dtype != np.float32:
        return None
    with suppress(OSError):
        os.utime(path)  # asked for just now
    return stems
