"""A file as native readers need it: whatever they ask for, no exception passes through them."""

import os
from typing import BinaryIO


class Stream:
    """
    The bytes of an open file. What cannot be had is answered, not raised: a callback's exception is printed or lost.

    Attributes:
        error: what went wrong in reading, such as a disk that fails, or `None`.
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self.error: OSError | None = None

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end, or after an error."""
        try:
            return self._file.read(size)
        except OSError as error:
            self.error = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go there and return the position; -1, and stay, where a header points to no place at all."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1

    def tell(self) -> int:
        """The position."""
        return self._file.tell()
