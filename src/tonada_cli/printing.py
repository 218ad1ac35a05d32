"""Messages and progress for the person at the terminal."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn, TypeVar

import typer

Item = TypeVar("Item")


def printable(text: str) -> str:
    """The text with whatever a terminal would obey, or cannot show, written out: a file may have any name."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def complain(message: str) -> None:
    """One line on standard error."""
    typer.echo(f"tonada: {printable(message)}", err=True)


def tell_of_absent(paths: Sequence[str]) -> None:
    """Say which songs of a playlist no player will find, if there are any."""
    if paths:
        complain(
            f"{len(paths)} songs are not where the table says, such as {paths[0]}; run it in the folder where the "
            "table was made, or tag them anew if they have been moved"
        )


def fail(message: str, code: int = 2) -> NoReturn:
    """One line on standard error, and the end of the command."""
    complain(message)
    raise typer.Exit(code)


@contextmanager
def fail_on(*kinds: type[Exception]) -> Iterator[None]:
    """Errors of these kinds within it say in a line what came and what to do, and end the command."""
    try:
        yield
    except kinds as error:
        fail(str(error))


def track(items: Iterable[Item], total: int, unit: str, done: int = 0) -> Iterator[Item]:
    """
    Progress on standard error, how many a second and the time left, if that is a terminal and there is more than one
    thing to wait for; some of them may have been done before.
    """
    from tqdm import tqdm

    return iter(tqdm(items, total=total, initial=done, unit=unit, leave=False, disable=True if total < 2 else None))


def remark(message: str | None) -> None:
    """A line about one of the items that are tracked, if there is anything to say of it."""
    if message:
        with aside():
            complain(message)


def aside() -> AbstractContextManager[None]:
    """Print within it, and the progress bar steps out of the way."""
    from tqdm import tqdm

    return tqdm.external_write_mode(file=sys.stdout)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Lose what C libraries print on standard error (mpg123 remarks on every odd byte), and keep what Python does."""
    ours = sys.stderr
    if ours is None:  # somebody closed it
        yield
        return
    descriptor = os.dup(2)
    with open(os.devnull, "wb") as nowhere, open(descriptor, "w", encoding=ours.encoding, errors=ours.errors) as kept:
        ours.flush()
        os.dup2(nowhere.fileno(), 2)
        sys.stderr = kept
        try:
            yield
        finally:
            kept.flush()
            sys.stderr = ours
            os.dup2(descriptor, 2)
