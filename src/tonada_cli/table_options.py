"""What the commands that make a table of many songs ask alike."""

from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.printing import fail

Workers = Annotated[
    int | None, typer.Option(min=1, max=4096, help="Processes, one a core if not given.", show_default=False)
]


def check_is_parquet(output: Path) -> None:
    """Refuse a name that would not say what the table is."""
    if output.suffix != ".parquet":
        fail(f"--output is {output}; the table is Parquet, so give it a name that ends in .parquet")
