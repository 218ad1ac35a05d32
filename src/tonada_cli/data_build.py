"""`tonada data build`: a data set as Parquet with a card, for the Hub or for a colleague."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.printing import complain, printable


def build(
    name: Annotated[str, typer.Argument(help="Of `tonada data list`.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Where the data set lies.", show_default=False)],
    output: Annotated[Path, typer.Option(help="A folder to make.", show_default=False)],
    push: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Then send it to the Hub.", show_default=False)
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="A repository that is made is yours alone.")] = False,
    despite_licence: Annotated[
        bool,
        typer.Option("--despite-licence", help="Push what its licence does not let anyone share: you have a right."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
) -> None:
    """
    Write a data set as Parquet files that hold its sound, with a card; no code is needed to load them.

    What comes with an official split has files a part. With --push the folder goes to the Hub in one commit, as you are
    logged in there (`hf auth login`, or HF_TOKEN), unless its licence forbids it.

    Examples:

      tonada data build emotify DATA/emotify --output emotify-parquet

      tonada data build emotify DATA/emotify --output emotify-parquet --push me/emotify --private --dry-run
    """
    import datasets
    from huggingface_hub.utils import disable_progress_bars

    from tonada.sharing.data_sets import LicenceError, build_data_set, check_licence
    from tonada.sharing.pushing import PushError, to_send
    from tonada.sharing.pushing import push as push_folder

    if push is None and (private or despite_licence or dry_run):
        _fail("--private, --despite-licence and --dry-run are about pushing; say where with --push OWNER/NAME")
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
        disable_progress_bars()
    try:
        if push is not None and not despite_licence:
            check_licence(name)
        typer.echo(build_data_set(name, folder, output))
        for path in to_send(output):
            typer.echo(f"{path.stat().st_size:>14,}  {printable(str(path))}")
        if dry_run:
            typer.echo(f"would go to the Hub's data set {push}{', private if it is new' if private else ''}")
        elif push is not None:
            typer.echo(push_folder(output, push, "dataset", private, f"{name} by tonada data build"))
    except LicenceError as error:
        _fail(f"{error}; without --push it is built for yourself, with --despite-licence pushed all the same")
    except PushError as error:
        _fail(f"{error}; {output} is whole, nothing has to be built again")
    except (OSError, ValueError) as error:
        _fail(str(error))


def _fail(message: str) -> None:
    complain(message)
    raise typer.Exit(1)
