"""
The `tonada` command: one thin file a command that parses, calls one function of the hall, and prints.

It stands beside the package and not in it, because importing `tonada` loads torch and transformers, which
takes seconds, and `--help` must not wait for them. Each command imports what it needs when it runs.
"""

import io
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from tonada_cli.classify import classify
from tonada_cli.data import data
from tonada_cli.evaluate import evaluate
from tonada_cli.explain import explain
from tonada_cli.export import export
from tonada_cli.features import features
from tonada_cli.inspect import inspect
from tonada_cli.live import live
from tonada_cli.monitor import monitor
from tonada_cli.playlists import playlists
from tonada_cli.push import push
from tonada_cli.serve import serve
from tonada_cli.similar import similar
from tonada_cli.stems_option import WithStems
from tonada_cli.tag import tag
from tonada_cli.train import train
from tonada_cli.write_tags import write_tags

app = typer.Typer(
    help="Tonada listens to recorded music and says what a person would say of it, and how sure it is.",
    epilog="Try:  tonada classify ~/Music      Each command explains itself:  tonada classify --help",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(cls=WithStems)(classify)
app.command()(evaluate)
app.command()(explain)
app.command()(export)
app.command()(features)
app.command()(inspect)
app.command()(live)
app.command()(monitor)
app.command()(playlists)
app.command()(push)
app.command()(serve)
app.command()(similar)
app.command()(tag)
app.command()(train)
app.command(name="write-tags")(write_tags)
app.add_typer(data, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tonada {version('tonada')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the command itself."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be UTF-8; JSON reads this back
    app(prog_name="tonada")
