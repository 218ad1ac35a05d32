"""What training left of a model to hold later songs against: answers to songs it had not learned from, and columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tonada.learning.classical.answering import answer_of, at_temperature
from tonada.learning.classical.saving import (
    DECILES,
    ClassicalModel,
    ClassicalModelError,
    is_classical_model,
    load_classical_model,
)
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.proving.drift import CONFIDENCE, LABEL
from tonada.proving.number_tables import TableError
from tonada.proving.predictions import Prediction, read_predictions

Table = Mapping[str, Sequence[Any]]


def told_by_training(model: Path) -> Table:
    """
    Labels and their probabilities as `tonada classify` tells them, of the songs that were held out or cross-validated:
    songs that were learned from are answered too surely to be what new ones are compared with. Of a classical model its
    columns too, in numbers that lie as those of the training songs did, by tenths.

    Args:
        model: the folder that `tonada train` made.

    Raises:
        TableError: the folder does not say what the model answered in training.
    """
    try:
        told, columns = _of_classical(model) if is_classical_model(model) else (_of_network(model), {})
        labels, chances = zip(*told, strict=True)
    except (RecipeError, ClassicalModelError, OSError, KeyError, IndexError, ValueError) as error:
        raise TableError(
            f"{model}: does not tell what the model answered in training ({' '.join(str(error).split())}); give a "
            "folder that `tonada train` made, or a table of earlier answers"
        ) from error
    return {**columns, LABEL: labels, CONFIDENCE: chances}


def answers_of_task(table: Table, like: Table) -> Table:
    """
    The columns of a table, those of one task of `tonada tag` named as `tonada classify` names them; a table of a
    model's columns, without answers, as it is.

    Args:
        table: of either command, or of `tonada features`.
        like: what training told of the model; where a table has several tasks, its labels tell which.

    Raises:
        TableError: no task of the table answers with such labels, or several do.
    """
    known = set(like[LABEL])
    starts = [name.removesuffix(LABEL) for name in table if name == LABEL or name.endswith(f"_{LABEL}")]
    if not starts and table.keys() & like.keys():
        return table
    fitting = [start for start in starts if known & set(table[start + LABEL])]
    if len(fitting) != 1:
        tasks = ", ".join(start.rstrip("_") or "a single one" for start in starts)
        raise TableError(
            f"the model answers {', '.join(sorted(known))}, and so do {len(fitting)} of the tasks in the table "
            f"({tasks or 'it has no answers'}); give answers of this model to one task"
        )
    [start] = fitting
    answers = {name: table[start + name] for name in (LABEL, CONFIDENCE) if start + name in table}
    return {**{name: table[name] for name in table.keys() & like.keys()}, **answers}


def _of_network(folder: Path) -> list[tuple[str | None, float | None]]:
    name = load_recipe(folder / "recipe.yaml").name
    return [(each.answer, each.probabilities[each.answer]) for each in _predictions(folder, name)]


def _of_classical(folder: Path) -> tuple[list[tuple[str | None, float | None]], Table]:
    """Of the first deal alone, calibrated as the saved model is: what was written is what each fold's system said."""
    model = load_classical_model(folder)
    predictions = _predictions(folder, model.recipe["keep"])
    dealt = [each for each in predictions if each.seed == predictions[0].seed]
    chances = np.array([[each.probabilities[label] for label in model.labels] for each in dealt])
    answers = [answer_of(model, row) for row in at_temperature(chances, model.temperature)]
    return [(answer.label, answer.probability) for answer in answers], _columns(model, len(dealt))


def _columns(model: ClassicalModel, songs: int) -> Table:
    """As many numbers of each column as there were songs, spread evenly within the tenths."""
    shares = np.linspace(0, 1, songs)
    deciles = zip(model.columns, model.deciles, strict=bool(model.deciles))  # an older folder has none
    return {name: np.interp(shares, DECILES, values).tolist() for name, values in deciles}


def _predictions(folder: Path, name: str) -> list[Prediction]:
    return read_predictions(folder / "predictions" / f"{name}.csv")
