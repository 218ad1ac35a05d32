"""What is sent to the Hub, line by line, and what came of it."""

from typing import TYPE_CHECKING

import typer

from tonada_cli.printing import printable

if TYPE_CHECKING:
    from tonada.sharing.pushing import Pushed


def print_sizes(sizes: dict[str, int]) -> None:
    """A line a file: its bytes and its name."""
    for name, size in sizes.items():
        typer.echo(f"{size:>14,}  {printable(name)}")


def print_pushed(pushed: "Pushed") -> None:
    """What the commit took away, and its address."""
    for name in pushed.deleted:
        typer.echo(f"       deleted  {printable(name)}")
    typer.echo(pushed.url)
