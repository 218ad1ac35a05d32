"""Limits on recordings: the options of every command that reads them."""

import math
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tonada.listening.limits import Limits

PANEL = "Limits: a recording beyond one of them is refused"
GIGABYTE = 1_000_000_000
WHOLE_MINUTES, CUT_MINUTES = 15.0, 120.0


def _number(value: float) -> float:
    if not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no limit; give a number")
    return value


MaxMinutes = Annotated[
    float,
    typer.Option(min=0.05, callback=_number, help="Length; a minute takes 5 MB of memory.", rich_help_panel=PANEL),
]
MaxMinutesByKind = Annotated[
    float | None,
    typer.Option(
        min=0.05,
        callback=lambda value: None if value is None else _number(value),
        help=f"Length: {WHOLE_MINUTES:g} if not given and songs are heard whole, {CUT_MINUTES:g} in segments.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
MaxFileGb = Annotated[float, typer.Option(min=0.001, callback=_number, help="Size of the file.", rich_help_panel=PANEL)]
MaxDecodedGb = Annotated[
    float,
    typer.Option(
        min=0.001,
        callback=_number,
        help="Size of its samples in all channels, 4 bytes each: a small file may hold a long silence.",
        rich_help_panel=PANEL,
    ),
]
MaxChannels = Annotated[int, typer.Option(min=1, help="Channels.", rich_help_panel=PANEL)]
MaxRate = Annotated[int, typer.Option(min=8000, help="Sampling rate, hertz.", rich_help_panel=PANEL)]


def limits(minutes: float, file_gb: float, decoded_gb: float, channels: int, rate: int) -> "Limits":
    """What the options say, in the units of `Limits`."""
    from tonada.listening.limits import Limits

    return Limits(
        max_seconds=60 * minutes,
        max_bytes=round(GIGABYTE * file_gb),
        max_decoded_bytes=round(GIGABYTE * decoded_gb),
        max_channels=channels,
        max_rate=rate,
    )
