"""`tonada monitor`: two tables in, what drifted between them out."""

import csv
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonada_cli.printing import fail_on, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonada.evaluating.unheard import Table
    from tonada.proving.drift import Drift

DUE = 3  # exit code, for who runs this every month


class Format(StrEnum):
    """How drift is printed."""

    TABLE = "table"
    CSV = "csv"


def monitor(
    new: Annotated[Path, typer.Argument(help="A table of new songs, CSV or Parquet.", show_default=False)],
    against: Annotated[
        Path,
        typer.Option(
            help="The same of the songs that the model learned from, or of an earlier month; or the model's own folder."
        ),
    ],
    format: Annotated[Format, typer.Option(help="table for people, csv for programs.")] = Format.TABLE,
) -> None:
    """
    Say what drifted since training, and whether retraining is due.

    Compares tables of descriptors (from `tonada features`) or of answers (from `tonada tag`, or `tonada classify
    --format csv`): every column of numbers, the shares of labels, and how sure answers were. Against the folder that
    `tonada train` made it is labels and how sure, as the model answered those songs of its data that it had not learned
    from, and of a classical model its columns. The population stability index says how far: from 0.1 on moderate, from
    0.25 on major, and stable where chance alone could have done it. Retraining is due when labels or confidence changed
    majorly, or more than a tenth of the other columns. The exit code is then 3. What a song took to tag (seconds) is
    told too, and is no reason.

    Examples:

      tonada monitor november.parquet --against training.parquet

      tonada tag ~/new --output new.parquet; tonada monitor new.parquet --against october.parquet

      tonada monitor november.csv --against my-moods
    """
    from tonada.proving.drift import drifts, reasons_to_retrain
    from tonada.proving.number_tables import TableError

    with fail_on(TableError):
        found = drifts(*_tables(against, new))
    _print(found, format)
    reasons = reasons_to_retrain(found)
    if format == Format.TABLE:
        typer.echo("\nRetraining is due:" if reasons else "\nRetraining is not due.")
        for reason in reasons:
            typer.echo(f"  {reason}")
    raise typer.Exit(DUE if reasons else 0)


def _tables(against: Path, new: Path) -> tuple["Mapping[str, Any]", "Table"]:
    """The old and the new one."""
    from tonada.proving.number_tables import read_table

    if not against.is_dir():
        return read_table(against), read_table(new)
    from tonada.evaluating.unheard import answers_of_task, told_by_training

    told = told_by_training(against)
    return told, answers_of_task(read_table(new), told)


def _print(found: list["Drift"], format: Format) -> None:
    if format == Format.CSV:
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(["column", "index", "by chance below", "drift", "label", "before", "now"])
        for each in found:
            numbers = (f"{each.index:.4f}", f"{each.by_chance:.4f}"), (f"{each.old:.6g}", f"{each.new:.6g}")
            rows.writerow([each.name, *numbers[0], each.word, each.label, *numbers[1]])
        return
    drifted = [each for each in found if each.word != "stable"]
    typer.echo(f"{len(found)} columns compared, {len(drifted)} drifted")
    for each in drifted:
        of = f" (share of {printable(each.label)})" if each.label else ""
        typer.echo(
            f"  {each.word:<8}  {each.index:>6.2f}  {printable(each.name)}{of}: {each.old:.3g} -> {each.new:.3g}"
        )
