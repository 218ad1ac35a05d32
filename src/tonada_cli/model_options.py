"""Which model answers, and how: the options of every command that asks one."""

from typing import Annotated

import typer

BUNDLED = "emotion, genre or music"
"""The tasks of `tonada.checkpoints`, which loads torch; a test holds them together."""

Model = Annotated[
    str,
    typer.Argument(help=f"A folder, a Hub id, or a model that came with Tonada: {BUNDLED}.", show_default=False),
]
ModelHere = Annotated[
    str, typer.Argument(help=f"A folder, or a model that came with Tonada: {BUNDLED}.", show_default=False)
]
Task = Annotated[str, typer.Option(help=f"What to listen for, with weights that came with Tonada: {BUNDLED}.")]
OwnModel = Annotated[
    str | None,
    typer.Option("--model", help="A model of your own instead: a folder or a Hub id.", show_default=False),
]
Revision = Annotated[str | None, typer.Option(help="Branch, tag or commit of the Hub model.", show_default=False)]
Level = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Answer at this level of the model's tree of labels, 1 for the topmost; at the leaves if not given.",
        show_default=False,
    ),
]
Gate = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="A music detector that is asked first: music, which came with Tonada, or a folder or a Hub id with the "
        "labels music and non_music. What it finds no music is answered so.",
        show_default=False,
    ),
]
