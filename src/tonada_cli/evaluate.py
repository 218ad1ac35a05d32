"""`tonada evaluate`: a model and a data set in, a report out that says what the figures are worth."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonada_cli.data_options import DataSetOptions, options_of
from tonada_cli.loading import quiet_loading
from tonada_cli.model_options import Level, Model, Revision
from tonada_cli.printing import complain, fail, fail_on, printable, quiet_libraries

if TYPE_CHECKING:
    from tonada.evaluating.asking import Asked
    from tonada.evaluating.evaluation import Evaluated


class Part(StrEnum):
    """Which songs."""

    TEST = "test"
    VALIDATION = "validation"
    ALL = "all"


class Format(StrEnum):
    """What is printed."""

    MARKDOWN = "markdown"
    JSON = "json"


def evaluate(
    model: Model,
    data: Annotated[
        str,
        typer.Argument(
            help="A data set that `tonada data list` names; folder for your own, table for your own CSV or Parquet.",
            show_default=False,
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="Where the data set lies, or the table.", show_default=False)],
    report: Annotated[Path, typer.Option(help="The folder to write into.", show_default=False)],
    option: DataSetOptions = None,
    split: Annotated[
        Part, typer.Option(help="Which of its songs, by the split that was saved with the model.")
    ] = Part.TEST,
    recipe: Annotated[
        Path | None,
        typer.Option(help="A recipe whose deal says which songs the model learned from instead.", show_default=False),
    ] = None,
    revision: Revision = None,
    hub_dataset: Annotated[
        str | None,
        typer.Option(help="The Hub's id of the data set, for the model card's blocks.", show_default=False),
    ] = None,
    level: Level = None,
    format: Annotated[Format, typer.Option(help="What is printed: the page, or its JSON.")] = Format.MARKDOWN,
) -> None:
    """
    Say how good a model is on labelled songs that it did not learn from, and how sure that is.

    Songs and segments side by side: accuracy, F1, kappa, areas under curves, log-loss, Brier, calibration, conformal
    sets and abstention, with 95 % intervals by performer; the majority class and logistic regression on the descriptors
    beside them, with paired tests; the gap between random folds and folds disjoint in performers; time and memory.

    Writes report.md, report.json, four figures, every prediction as CSV, and of a test the blocks for the Hub's model
    card. Needs evaluate and matplotlib: pip install 'tonada\\[evaluate]'.

    A classical model is measured alike, without segments; on the songs it was fitted on its own card has the figures of
    systems that had not heard them.

    A song that cannot be judged gets one line that says why and is in no figure; the exit code is then 1.

    Examples:

      tonada evaluate emotion emopia DATA/emopia --report report

      tonada evaluate my-moods folder ~/Labelled --report report --format json

      tonada evaluate my-genres emotify DATA/emotify --level 1 --report classic-or-not

      tonada evaluate my-turkish table labelled.csv --report report

      tonada evaluate my-detector free_audio DATA/free_audio --option task=games --report games
    """
    from tonada.extras import lacking

    if told := lacking("evaluate"):
        fail(f"evaluating {told}")
    from tonada.evaluating.asking import Asked
    from tonada.evaluating.held_out import EvaluationError
    from tonada.learning.classical.saving import ClassicalModelError
    from tonada.listening.listener import ModelError

    try:
        with fail_on(ModelError, EvaluationError, ClassicalModelError):
            options = _options(data, option or [])
            asked = Asked(data, folder, split.value, model, recipe, hub_dataset, level, options)
            evaluated = _evaluated(asked, revision, report)
    except OSError as error:
        fail(f"{error.filename or report}: {error.strerror or error}; choose another --report")
    for message in [*evaluated.report["warnings"], *(each.message for each in evaluated.heard.refused)]:
        complain(message)
    _print(evaluated, format)
    if format is Format.MARKDOWN:
        typer.echo(f"\nThe report, its figures and its predictions are in {printable(str(report))}")
    raise typer.Exit(1 if evaluated.heard.refused else 0)


def _options(data: str, given: list[str]) -> dict[str, Any]:
    from tonada.datasets_scripts.registry import data_set

    from tonada.evaluating.asking import TABLE
    from tonada.evaluating.held_out import EvaluationError

    if not given:
        return {}
    if data == TABLE:
        raise EvaluationError(f"--option {given[0]}: a table has no options; leave it out")
    try:
        return options_of(data_set(data).load, given)
    except ValueError as error:
        raise EvaluationError(str(error)) from error


def _evaluated(asked: "Asked", revision: str | None, report: Path) -> "Evaluated":
    from datasets.utils import disable_progress_bars

    from tonada.evaluating.folders import save
    from tonada.learning.classical.saving import is_classical_model

    disable_progress_bars()  # of reading a table
    prepare = _classical if is_classical_model(asked.source, revision) else _network
    evaluate_model = prepare(asked, revision)
    report.mkdir(parents=True, exist_ok=True)  # before an hour of listening
    with quiet_libraries():
        evaluated = evaluate_model()
    save(evaluated, report)
    return evaluated


def _network(asked: "Asked", revision: str | None) -> "Callable[[], Evaluated]":
    from tonada.evaluating.evaluation import evaluate as evaluate_network
    from tonada.listening.listener import Listener

    quiet_loading()
    listener = Listener.from_pretrained(asked.source, revision)
    source = listener.model.name_or_path  # of a model that came with Tonada the folder
    return partial(evaluate_network, listener, replace(asked, source=source))


def _classical(asked: "Asked", revision: str | None) -> "Callable[[], Evaluated]":
    from tonada.evaluating.classical import evaluate_classically
    from tonada.evaluating.held_out import EvaluationError
    from tonada.learning.classical.listening import ClassicalListener

    if asked.recipe is not None:
        raise EvaluationError("a classical model says itself which songs it was fitted on; leave out --recipe")
    return partial(evaluate_classically, ClassicalListener.from_pretrained(asked.source, revision=revision), asked)


def _print(evaluated: "Evaluated", format: Format) -> None:
    from tonada.evaluating.folders import as_json
    from tonada.proving.page import page

    typer.echo(as_json(evaluated) if format is Format.JSON else page(evaluated.report), nl=False)
