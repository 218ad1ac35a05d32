"""`tonada explain`: files and folders in, a folder a song out that says why."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.limit_options import MaxChannels, MaxDecodedGb, MaxFileGb, MaxMinutes, MaxRate, limits
from tonada_cli.loading import load_listener
from tonada_cli.model_options import OwnModel, Revision, Task
from tonada_cli.printing import aside, complain, fail, fail_on, printable, quiet_libraries, track

if TYPE_CHECKING:
    from tonada.explaining.folders import Told
    from tonada.explaining.reasons import Descriptor, Reasons
    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener

SAID = 5  # descriptors named on each side


def explain(
    paths: Annotated[
        list[Path], typer.Argument(help="Audio files, and folders to search for them.", show_default=False)
    ],
    output: Annotated[Path, typer.Option(help="The folder to write into, a folder a song.", show_default=False)],
    task: Task = "emotion",
    model: OwnModel = None,
    revision: Revision = None,
    label: Annotated[
        str | None,
        typer.Option(
            help="What to explain: why this label, or why not. Each song's most probable label if not given.",
            show_default=False,
        ),
    ] = None,
    max_minutes: MaxMinutes = 120.0,
    max_file_gb: MaxFileGb = 4.0,
    max_decoded_gb: MaxDecodedGb = 16.0,
    max_channels: MaxChannels = 8,
    max_rate: MaxRate = 192_000,
) -> None:
    """
    Say why a song was answered as it was: which seconds decided, and what in its sound spoke for and against.

    For each song a folder in OUTPUT: picture.png (the timeline, the instants that decided, the descriptors for and
    against), excerpt.wav (the deciding seconds, to hear), explanation.json (all of it, and what attention kept). Files
    of an earlier explanation are replaced, and nothing else is touched.

    Contributions are log-odds of the label, or units of a value: what raises them spoke for it. Takes about a
    twentieth of the song's length. Needs captum and matplotlib: pip install 'tonada\\[explain]'.

    A classical model hears a song as a whole: its folders hold the descriptors and no seconds, and those of a table
    (CSV, Parquet) lie in the table's own, one a row.

    A file that cannot be explained gets one line that says why, and the others go on; the exit code is then 1.

    Examples:

      tonada explain song.mp3 --output why

      tonada explain song.mp3 --output why-not --label happy

      tonada explain ~/Music/Album --model my-genres --output why

      tonada explain descriptors.csv --model my-turkish --output why
    """
    bounds = limits(max_minutes, max_file_gb, max_decoded_gb, max_channels, max_rate)
    from tonada.learning.classical.saving import is_classical_model

    if model is not None and is_classical_model(model, revision):
        explained, total = _classically(paths, model, revision, output, label, bounds)
    else:
        explained, total = _by_a_network(paths, load_listener(task, model, revision, bounds), output, label)
    failed = False
    try:
        with quiet_libraries():
            for told in track(explained, total=total, unit="song"):
                with aside():
                    failed |= not _print(told)
    except OSError as error:
        fail(f"{error.filename or output}: {error.strerror or error}; choose another --output")
    raise typer.Exit(1 if failed else 0)


def _by_a_network(
    paths: list[Path], listener: "Listener", output: Path, label: str | None
) -> tuple[Iterator["Told"], int]:
    from tonada.explaining.explanation import check_explainable
    from tonada.explaining.folders import explain_into
    from tonada.explaining.targets import ExplainError
    from tonada.listening.files import find_audio

    with fail_on(ExplainError):
        check_explainable(listener, label)
    found = list(find_audio(paths))
    return explain_into(listener, found, output, label), len(found)


def _classically(
    paths: list[Path], model: str, revision: str | None, output: Path, label: str | None, bounds: "Limits"
) -> tuple[Iterator["Told"], int]:
    from tonada.explaining.classical import check_explainable
    from tonada.explaining.folders import explain_into
    from tonada.explaining.targets import ExplainError
    from tonada.learning.classical.listening import ClassicalListener

    with fail_on(ValueError, ExplainError):
        listener = ClassicalListener.from_pretrained(model, bounds, revision)
        check_explainable(listener.model, label)
    found = list(listener.find(paths))
    return explain_into(listener, found, output, label), len(found)


def _print(told: "Told") -> bool:
    """What was found, in a few lines, or on standard error why not."""
    if told.explanation is None:
        complain(told.message)
        return False
    from tonada.explaining.explanation import Explanation
    from tonada.explaining.picture import clock

    explanation = told.explanation
    answer = explanation.score if explanation.probability is None else explanation.probability
    typer.echo(f"{printable(told.path)}: {explanation.label} {answer:.2f}")
    if isinstance(explanation, Explanation):
        passages = [f"{clock(each.start)}-{clock(each.end)}" for each in explanation.passages]
        typer.echo(f"  decided   {', '.join(passages)}")
    for side, said in _sides(explanation).items():
        for number, each in enumerate(said):
            typer.echo(f"  {'' if number else side:8}  {each.words} ({each.height})")
    typer.echo(f"  see       {printable(str(told.folder))}")
    return True


def _sides(explanation: "Reasons") -> dict[str, list["Descriptor"]]:
    """The strongest descriptors for the label, and those against it."""
    ranked = explanation.descriptors
    return {
        "for": [each for each in ranked[:SAID] if each.contribution > 0],
        "against": [each for each in ranked[::-1][:SAID] if each.contribution < 0],
    }
