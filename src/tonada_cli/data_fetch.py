"""`tonada data fetch`: a data set that anyone may have, brought whole and verified."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tonada_cli.printing import complain, fail, track


class Fetchable(StrEnum):
    """The data sets that may be fetched by anyone."""

    FREE_AUDIO = "free_audio"


def fetch(
    name: Annotated[Fetchable, typer.Argument(help="Which data set.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Where it goes; made if it is not there.", show_default=False)],
) -> None:
    """
    Fetch a free data set: 5 GB of Debian's packages, each file verified against a list of checksums.

    Once interrupted, the same command goes on where it was. Needs Debian's apt-get and dpkg-deb.

    Example:

      tonada data fetch free_audio DATA/free_audio
    """
    from tonada.datasets_scripts.registry import data_set

    def progress(packages: list[Any]) -> Iterator[Any]:
        return track(packages, len(packages), "package")

    try:
        odd = data_set(name).fetch(folder, progress=progress)
    except (OSError, ValueError) as error:
        fail(str(error), 1)
    for line in odd:
        complain(line)
    if odd:
        raise typer.Exit(1)
    typer.echo(f"{name} is whole in {folder}")
