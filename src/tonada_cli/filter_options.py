"""Which songs of a table of tags are meant: the options of every command that makes playlists of one."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tonada.cataloguing.chosen import Filter, Tags

PANEL = "Which songs: all, unless these say otherwise"

Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TASK=LABEL",
        help="Songs with this label alone; several, each of another task, must all fit.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
MinProbability = Annotated[float, typer.Option(min=0, max=1, help="Of the label.", rich_help_panel=PANEL)]
MinAgreement = Annotated[float, typer.Option(min=0, max=1, help="Share of segments that agree.", rich_help_panel=PANEL)]
MinMinutes = Annotated[float, typer.Option(min=0, help="Duration of a song.", rich_help_panel=PANEL)]
MaxMinutes = Annotated[
    float | None,
    typer.Option(min=0, help="Duration of a song; any, if not given.", show_default=False, rich_help_panel=PANEL),
]


def chosen(
    tags: "Tags", only: list[str] | None, probability: float, agreement: float, shortest: float, longest: float | None
) -> "Filter":
    """
    What the options say, in the units of `Filter`.

    Raises:
        TableError: the table has no such task or label, or a task is named twice.
    """
    from tonada.cataloguing.chosen import Filter
    from tonada.cataloguing.tables import TableError

    labels: dict[str, str] = {}
    for task, _, label in (each.partition("=") for each in only or []):
        tags.check(task, label)
        if task in labels:
            raise TableError(
                f"--only names {task} twice, as {labels[task]} and as {label}; no song has two labels of a task, "
                "so name it once"
            )
        labels[task] = label
    return Filter(labels, probability, agreement, 60 * shortest, float("inf") if longest is None else 60 * longest)
