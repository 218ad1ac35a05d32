"""Messages and progress for the person at the terminal."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

import typer

Item = TypeVar("Item")


def printable(text: str) -> str:
    """The text with whatever a terminal would obey, or cannot show, written out: a file may have any name."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def complain(message: str) -> None:
    """One line on standard error."""
    typer.echo(f"tonada: {printable(message)}", err=True)


def track(items: Iterable[Item], total: int, unit: str) -> Iterator[Item]:
    """Progress on standard error, if that is a terminal and there is more than one thing to wait for."""
    from tqdm import tqdm

    return iter(tqdm(items, total=total, unit=unit, leave=False, disable=True if total < 2 else None))


def aside() -> AbstractContextManager[None]:
    """Print within it, and the progress bar steps out of the way."""
    from tqdm import tqdm

    return tqdm.external_write_mode(file=sys.stdout)
