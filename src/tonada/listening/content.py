"""What a file holds, as a hash; of a file that has not changed it is remembered, so that nobody reads it again."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from tonada.listening.kept_arrays import whole_file


class Contents:
    """
    SHA-256 of files, remembered by path.

    A file whose size and whose times of modification and of change of its inode (both to the nanosecond) are as they
    were is trusted to hold what it held. Nobody can set the latter back, but a disk that is mounted elsewhere, or a
    file system without it, may lie; `tonada data cache --clear` forgets.

    Args:
        folder: where to remember, a small file each; a folder that cannot be written to is done without.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def digest(self, path: str | Path) -> str:
        """
        The hash of a file's bytes, in hexadecimal digits.

        Raises:
            OSError: the file cannot be read.
        """
        note = self.folder / hashlib.sha256(os.path.abspath(path).encode(errors="surrogateescape")).hexdigest()
        state = file_state(path)
        with suppress(OSError, ValueError):
            *noted, digest = note.read_text(encoding="ascii").split()
            if noted == state and len(digest) == 64:
                return digest
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if file_state(path) == state:
            with suppress(OSError), whole_file(note) as unfinished:
                unfinished.write_text(" ".join([*state, digest]), encoding="ascii")
        return digest


def file_state(path: str | Path) -> list[str]:
    """Size, and times of modification and of change, in words."""
    facts = os.stat(path)
    return [str(facts.st_size), str(facts.st_mtime_ns), str(facts.st_ctime_ns)]
