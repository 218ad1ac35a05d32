"""`tonada data build`: a data set as Parquet with a card, for the Hub or for a colleague."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tonada_cli.data_options import DataSetOptions, needs_folder, options_of
from tonada_cli.printing import fail
from tonada_cli.push_printing import print_pushed, print_sizes


def build(
    name: Annotated[str, typer.Argument(help="Of `tonada data list`.", show_default=False)],
    output: Annotated[Path, typer.Option(help="A folder to make.", show_default=False)],
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where the data set lies; what the Hub has needs none.", show_default=False),
    ] = None,
    option: DataSetOptions = None,
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
    logged in there (`hf auth login`, or HF_TOKEN), unless its licence forbids it. An --output that holds these very
    data already is not built again: repeat the command to send what a dry run showed, or what did not arrive.

    Examples:

      tonada data build emotify DATA/emotify --output emotify-parquet

      tonada data build emotify DATA/emotify --output emotify-parquet --push me/emotify --private --dry-run

      tonada data build playlists ~/Music --output moods --option seconds=60,360 --option languages=en,de
    """
    import datasets
    from huggingface_hub.utils import disable_progress_bars

    from tonada.sharing.data_sets import LicenceError, build_data_set, check_licence
    from tonada.sharing.pushing import PushError, check_names, sizes, sizes_of, to_send
    from tonada.sharing.pushing import push as push_folder

    if push is None and (private or despite_licence or dry_run):
        fail("--private, --despite-licence and --dry-run are about pushing; say where with --push OWNER/NAME", 1)
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
        disable_progress_bars()
    try:
        if push is not None:
            check_names(push)
            if not despite_licence:
                check_licence(name)
        typer.echo(build_data_set(name, folder, output, _options(name, folder, option or [])))
        print_sizes(sizes(output) if push is not None else sizes_of(to_send(output)))
        if dry_run:
            typer.echo(f"would go to the Hub's data set {push}{', private if it is new' if private else ''}")
        elif push is not None:
            print_pushed(push_folder(output, push, "dataset", private, f"{name} by tonada data build"))
    except LicenceError as error:
        fail(f"{error}; without --push it is built for yourself, with --despite-licence pushed all the same", 1)
    except PushError as error:
        fail(f"{error}; {output} is whole, nothing has to be built again", 1)
    except (OSError, ValueError) as error:
        fail(str(error), 1)
    except Exception as error:  # what nobody foresaw of a file is still one line
        fail(f"{name} cannot be built from {folder}: {type(error).__name__}: {error}")


def _options(name: str, folder: Path | None, given: list[str]) -> dict[str, Any]:
    from tonada.datasets_scripts.registry import data_set

    load = data_set(name).load
    if folder is None and needs_folder(load):
        raise ValueError(f"{name} is read from a folder; say where it lies: tonada data build {name} FOLDER …")
    return options_of(load, given)
