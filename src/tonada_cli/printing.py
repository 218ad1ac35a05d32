"""Messages and progress for the person at the terminal."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

import typer

Item = TypeVar("Item")


def complain(message: str) -> None:
    """One line on standard error."""
    typer.echo(f"tonada: {message}", err=True)


def track(items: Iterable[Item], total: int, unit: str) -> Iterator[Item]:
    """Progress on standard error, if that is a terminal and there is more than one thing to wait for."""
    from tqdm import tqdm

    return iter(tqdm(items, total=total, unit=unit, leave=False, disable=True if total < 2 else None))


def aside() -> AbstractContextManager[None]:
    """Print within it, and the progress bar steps out of the way."""
    from tqdm import tqdm

    return tqdm.external_write_mode(file=sys.stdout)
