"""What training left of a model to hold later songs against: answers to songs it had not learned from, and columns."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tonada.learning.classical.answering import answer_of, at_temperature
from tonada.learning.classical.saving import ClassicalModelError, is_classical_model, load_classical_model
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.modeling.labels_tonada import UNKNOWN
from tonada.proving.drift import CONFIDENCE, LABEL, STATUS
from tonada.proving.number_tables import TableError
from tonada.proving.predictions import Prediction, read_predictions
from tonada.proving.spread import Spread

Table = Mapping[str, Sequence[Any]]


def told_by_training(model: Path) -> Mapping[str, Any]:
    """
    Labels and their probabilities as `tonada classify` tells them, of the songs that were held out or cross-validated:
    songs that were learned from are answered too surely to be what new ones are compared with. Of a classical model how
    its columns lay in the training songs, too: a `Spread` each.

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


def answers_of_task(table: Table, like: Mapping[str, Any]) -> Table:
    """
    The columns that a model hears, and the answers of one task of `tonada tag` named as `tonada classify` names them.

    Args:
        table: of either command, or of `tonada features`, which has no answers.
        like: what training told of the model; where a table has several tasks, its labels tell which.

    Raises:
        TableError: no task of the table answers with such labels, nor has it columns of the model; or several do.
    """
    known = set(map(str, like[LABEL])) - {UNKNOWN}  # which any task may answer
    shared = {name: table[name] for name in (table.keys() & like.keys()) - {LABEL, CONFIDENCE}}
    starts = [name.removesuffix(LABEL) for name in table if name == LABEL or name.endswith(f"_{LABEL}")]
    fitting = [start for start in starts if known & set(map(str, table[start + LABEL]))]
    if len(fitting) > 1 or not (fitting or shared):
        tasks = ", ".join(start.rstrip("_") or "a single one" for start in starts)
        raise TableError(
            f"the model answers {', '.join(sorted(known))}, and so do {len(fitting)} of the tasks in the table "
            f"({tasks or 'it has no answers'}); give answers of this model to one task"
        )
    answers = {name: table[start + name] for start in fitting for name in (LABEL, CONFIDENCE) if start + name in table}
    status = {STATUS: table[STATUS]} if STATUS in table else {}
    return {**shared, **answers, **status}


def _of_network(folder: Path) -> list[tuple[str | None, float | None]]:
    name = load_recipe(folder / "recipe.yaml").name
    least = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("abstain_below") or 0.0
    surest = [(each.answer, each.probabilities[each.answer]) for each in _predictions(folder, name)]
    return [(label if chance >= least else UNKNOWN, chance) for label, chance in surest]


def _of_classical(folder: Path) -> tuple[list[tuple[str | None, float | None]], dict[str, Spread]]:
    """Of the first deal alone, calibrated as the saved model is: what was written is what each fold's system said."""
    model = load_classical_model(folder)
    predictions = _predictions(folder, model.recipe["keep"])
    dealt = [each for each in predictions if each.seed == predictions[0].seed]
    chances = np.array([[each.probabilities[label] for label in model.labels] for each in dealt])
    answers = [answer_of(model, row) for row in at_temperature(chances, model.temperature)]
    told = [(answer.label, answer.probability) for answer in answers]
    return told, dict(zip(model.columns, model.spreads, strict=bool(model.spreads)))  # an older folder has none


def _predictions(folder: Path, name: str) -> list[Prediction]:
    return read_predictions(folder / "predictions" / f"{name}.csv")
