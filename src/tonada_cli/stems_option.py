"""`--stems [METHOD]`: an option whose value may be left out, which typer alone does not offer."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand


class Separation(StrEnum):
    """Names of `METHODS` in `tonada.listening.separation`, which is too heavy to import for them."""

    NONE = "none"
    REPET_SIM = "repet-sim"
    HARMONIC_PERCUSSIVE = "harmonic-percussive"
    VOICE_PERCUSSION = "voice-percussion"
    HDEMUCS = "hdemucs"


Stems = Annotated[
    Separation,
    typer.Option(
        metavar="[METHOD]",
        help="Also judge each stem alone. repet-sim (if METHOD is left out): voice, accompaniment; "
        "harmonic-percussive: harmonic, percussive; voice-percussion: voice, accompaniment, percussion; hdemucs, "
        "if you have its weights: drums, bass, other, vocals.",
    ),
]


class WithStems(TyperCommand):
    """A command in which `--stems` that is followed by no method means `--stems repet-sim`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the method where it was left out; what follows `--` is no option."""
        options = args[: args.index("--")] if "--" in args else args
        for index in reversed([index for index, argument in enumerate(options) if argument == "--stems"]):
            if index + 1 == len(args) or args[index + 1] not in list(Separation):
                args = [*args[: index + 1], Separation.REPET_SIM.value, *args[index + 1 :]]
        return super().parse_args(ctx, args)
