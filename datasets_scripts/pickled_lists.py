"""Lists of numbers and words out of a pickle, by a reader that can build nothing else and calls nothing."""

import pickletools
from collections.abc import Iterator
from typing import IO, Any

BYTES = 10_000_000
"""Of a file, at most; pyAudioAnalysis' largest table has 3 million."""
ATOMS = frozenset({"BINFLOAT", "SHORT_BINUNICODE"})
SILENT = frozenset({"PROTO", "FRAME", "MEMOIZE", "STOP"})


class PickleError(ValueError):
    """A pickle that holds more than lists of numbers and words."""


def read(file: IO[bytes], count: int) -> Iterator[list[Any]]:
    """
    The first `count` pickles of a file.

    Raises:
        PickleError: one has an instruction that is none of lists, numbers and words, so nothing of it is run.
    """
    if file.seek(0, 2) > BYTES:
        raise PickleError(f"it has {file.tell():,} bytes; at most {BYTES:,}")
    file.seek(0)
    for _ in range(count):
        yield _list(file)


def _list(file: IO[bytes]) -> list[Any]:
    stack: list[Any] = []
    marks: list[int] = []
    try:
        for instruction, value, _ in pickletools.genops(file):
            if instruction.name in ATOMS:
                stack.append(value)
            elif instruction.name == "EMPTY_LIST":
                stack.append([])
            elif instruction.name == "MARK":
                marks.append(len(stack))
            elif instruction.name == "APPEND":
                last = stack.pop()
                stack[-1].append(last)
            elif instruction.name == "APPENDS":
                at = marks.pop()
                stack[at - 1] += stack[at:]
                del stack[at:]
            elif instruction.name not in SILENT:
                raise PickleError(f"it has the instruction {instruction.name}; only lists, numbers and words are read")
        (found,) = stack
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        raise PickleError(f"no pickle of lists, numbers and words ({error})") from error
    if not isinstance(found, list):
        raise PickleError(f"it holds {found!r}; a list was expected")
    return found
