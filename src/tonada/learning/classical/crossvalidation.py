"""Every song answered by systems that never saw its group: grouped folds, dealt anew as often as a recipe says."""

import csv
import hashlib
import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tonada.datasets_scripts.splits import assign_folds
from tonada.learning.classical.recipe import ClassicalRecipe, System
from tonada.learning.classical.rows import Rows
from tonada.learning.classical.systems import fit_system, probabilities_of
from tonada.learning.recipes import RecipeError
from tonada.proving.predictions import Prediction, read_predictions, write_predictions

LOGISTIC_REGRESSION = System(model="logistic_regression")


@dataclass(frozen=True)
class Fold:
    """What one fold of one deal cost: seconds to fit, and to answer a thousand songs."""

    system: str
    repeat: int
    fold: int
    fit_seconds: float
    seconds_per_thousand: float


def systems_of(recipe: ClassicalRecipe) -> dict[str, System | None]:
    """The baselines, then the recipe's systems; `None` is the majority."""
    return {"majority": None, "logistic-regression": LOGISTIC_REGRESSION, **recipe.systems}


def cross_validate(
    name: str, system: System | None, recipe: ClassicalRecipe, rows: Rows
) -> tuple[list[Prediction], list[Fold]]:
    """
    The predictions of one system for every song, once a repeat, and what each fold cost.

    A repeat deals the groups by the seed `recipe.seed + repeat`, the same for every system; the prediction's `split`
    is its fold.
    """
    predictions: list[Prediction] = []
    costs: list[Fold] = []
    for repeat in range(recipe.repeats):
        seed = recipe.seed + repeat
        folds = assign_folds(rows.labels.tolist(), rows.groups.tolist(), recipe.folds, seed)
        answers = np.zeros((len(rows.labels), len(rows.names)))
        for fold in range(recipe.folds):
            is_test = folds == fold
            answers[is_test], spent = _answers(system, recipe, rows, is_test, seed)
            costs.append(Fold(name, repeat, fold, spent[0], 1000 * spent[1] / is_test.sum()))
        predictions += _predictions(rows, folds, answers, seed)
    return predictions, costs


def resumed(folder: Path, name: str, system: System | None, recipe: ClassicalRecipe, rows: Rows) -> list[Prediction]:
    """
    The predictions of a system, kept in `folder` as CSV, and its costs; taken from there if they are of the same
    system, songs and deals, so that an interrupted run goes on where it was.
    """
    table, costs = folder / f"{name}.csv", folder / f"{name}.costs.csv"
    key = _key(system, recipe, rows)
    if table.exists() and costs.exists() and costs.read_text(encoding="utf-8").startswith(f"# {key}\n"):
        return read_predictions(table)
    predictions, spent = cross_validate(name, system, recipe, rows)
    costs.unlink(missing_ok=True)  # its key vouches for a table, and the table is about to be another
    write_predictions(predictions, table)
    write_costs(spent, costs, key)
    return predictions


def _answers(
    system: System | None, recipe: ClassicalRecipe, rows: Rows, is_test: np.ndarray, seed: int
) -> tuple[np.ndarray, tuple[float, float]]:
    count = len(rows.names)
    train = ~is_test
    if system is None:
        shares = np.bincount(rows.labels[train], minlength=count) / train.sum()
        return np.tile(shares, (is_test.sum(), 1)), (0.0, 0.0)
    if absent := sorted(set(rows.labels) - set(rows.labels[train])):
        raise RecipeError(f"all songs of {rows.names[absent[0]]} are of groups of one fold; deal fewer folds")
    begun = time.perf_counter()
    learned = rows.values[train], rows.labels[train], rows.groups[train]
    fitted = fit_system(system, recipe.systems, rows.columns, *learned, seed)
    ready = time.perf_counter()
    try:
        answers = probabilities_of(fitted, rows.values[is_test], count)
    except ValueError as error:  # of more neighbours than songs, say
        raise RecipeError(f"{system.model or system.vote} cannot answer: {error}") from error
    return answers, (ready - begun, time.perf_counter() - ready)


def _predictions(rows: Rows, folds: np.ndarray, answers: np.ndarray, seed: int) -> Iterable[Prediction]:
    for song_id, group, fold, label, row in zip(
        rows.song_ids.tolist(), rows.groups.tolist(), folds.tolist(), rows.labels.tolist(), answers, strict=True
    ):
        by_label = dict(zip(rows.names, map(float, row), strict=True))
        yield Prediction(song_id, group, f"fold {fold}", seed, rows.names[label], by_label)


def _key(system: System | None, recipe: ClassicalRecipe, rows: Rows) -> str:
    """What a system's answers follow from."""
    voters = {} if system is None else {name: asdict(recipe.systems[name]) for name in system.of}
    deal = [recipe.folds, recipe.repeats, recipe.seed, rows.names, rows.columns]
    told = json.dumps([system and asdict(system), voters, deal], sort_keys=True, default=str)
    digest = hashlib.sha256(told.encode())
    for numbers in (rows.values, rows.labels):
        digest.update(np.ascontiguousarray(numbers).tobytes())
    digest.update(json.dumps([rows.groups.tolist(), rows.song_ids.tolist()]).encode())
    return digest.hexdigest()


def write_costs(costs: list[Fold], path: Path, key: str) -> None:
    """A CSV, a row a fold, headed by what the system's answers follow from; whole, or not there."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# {key}\n")
        writer = csv.DictWriter(file, list(Fold.__dataclass_fields__), lineterminator="\n")
        writer.writeheader()
        for each in costs:
            writer.writerow({**asdict(each), "fit_seconds": f"{each.fit_seconds:.4f}"})
    os.replace(unfinished, path)


def read_costs(path: Path) -> list[Fold]:
    """Read what `write_costs` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [
        Fold(
            row["system"],
            int(row["repeat"]),
            int(row["fold"]),
            float(row["fit_seconds"]),
            float(row["seconds_per_thousand"]),
        )
        for row in rows
    ]
