"""`tonada data`: the data sets there are, and what was made of them."""

import csv
import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from tonada_cli.cache import cache
from tonada_cli.data_audit import audit_data_set
from tonada_cli.data_build import build
from tonada_cli.data_fetch import fetch
from tonada_cli.printing import printable

data = typer.Typer(help="The data sets that Tonada reads.", no_args_is_help=True)
data.command("audit")(audit_data_set)
data.command()(build)
data.command()(fetch)


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@data.callback()
def options() -> None:
    """The data sets that Tonada reads."""


data.command()(cache)


@data.command("list")
def list_data_sets(
    format: Annotated[Format, typer.Option(help="For people, or for programs.")] = Format.TABLE,
) -> None:
    """
    Print what there is: name, songs, labels, licence, and where it comes from.

    Example:

      tonada data list --format csv
    """
    from tonada.datasets_scripts.registry import facts

    rows = facts()
    if format is Format.JSON:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif format is Format.CSV:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "labels": "; ".join(row["labels"])} for row in rows)
    else:
        for row in rows:
            _print(row)


def _print(row: dict) -> None:
    """A data set in four lines: too much is said of each for one."""
    typer.echo(f"{row['name']:17}{row['songs'] or 'any number of'} songs")
    typer.echo(f"  labels         {', '.join(row['labels']) or 'those it finds'}")
    typer.echo(f"  licence        {printable(row['licence'])}")
    typer.echo(f"  from           {printable(row['source'])}")
