"""`tonada data cache`: what the caches hold, and away with it."""

from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.printing import fail, printable

CacheFolder = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        envvar="TONADA_CACHE",
        help="The folder of features and stems made before, by default `tonada` in your cache folder.",
        show_default=False,
    ),
]


def cache(
    folder: CacheFolder = None,
    clear: Annotated[bool, typer.Option(help="Delete it all; what is needed again is made again.")] = False,
) -> None:
    """
    Print where the caches are and what they take, a line for features, stems, hashes of files and exported
    models.

    Examples:

      tonada data cache

      tonada data cache --clear
    """
    from tonada.listening.kept_arrays import cache_folder, caches, clear_cache

    root = cache_folder(folder)
    typer.echo(printable(str(root)))
    for name, files, size in caches(root):
        if clear:
            try:
                clear_cache(root, name)
            except OSError as error:
                fail(f"{error.filename or root / name}: {error.strerror or error}; delete it by hand", 1)
        typer.echo(f"  {name:10}{files:8,} files{size / 1e6:12,.1f} MB{'  deleted' if clear else ''}")
