"""What each descriptor is worth to each label: how much of a label's songs are lost when its column is permuted."""

import csv
from pathlib import Path

import numpy as np

from tonada.datasets_scripts.splits import assign_folds
from tonada.learning.classical.recipe import ClassicalRecipe
from tonada.learning.classical.rows import Rows
from tonada.learning.classical.systems import fit_system, probabilities_of

REPEATS = 5  # permutations of each column, averaged


def write_importance(recipe: ClassicalRecipe, rows: Rows, path: Path) -> None:
    """Write a CSV, a row a column, the most worth first: accuracy lost, and of each label the recall lost."""
    lost = importance_by_label(recipe, rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["column", "accuracy", *rows.names])
        for place in np.argsort(-lost[:, 0], kind="stable"):
            cells = ("" if np.isnan(each) else f"{each:.4f}" for each in lost[place])
            writer.writerow([rows.columns[place], *cells])


def importance_by_label(recipe: ClassicalRecipe, rows: Rows) -> np.ndarray:
    """
    Accuracy and then each label's recall that the system to keep loses without a column, `(columns, 1 + labels)`.

    Breiman's permutation (2001), on the songs of the first fold, of whose groups the system has seen none. Columns that
    say the same stand in for one another, and each then seems worth little. NaN for a label that no song of that fold
    has.
    """
    folds = assign_folds(rows.labels.tolist(), rows.groups.tolist(), recipe.folds, recipe.seed)
    train = folds > 0
    learned = rows.values[train], rows.labels[train], rows.groups[train]
    fitted = fit_system(recipe.systems[recipe.keep], recipe.systems, rows.columns, *learned, recipe.seed)
    values, truth = rows.values[~train], rows.labels[~train]
    count = len(rows.names)
    whole = _right(probabilities_of(fitted, values, count).argmax(1), truth, count)
    generator = np.random.default_rng(recipe.seed)
    lost = np.zeros((len(rows.columns), 1 + count))
    for column in range(len(rows.columns)):
        changed = np.tile(values, (REPEATS, 1))
        changed[:, column] = np.concatenate([generator.permutation(values[:, column]) for _ in range(REPEATS)])
        answers = probabilities_of(fitted, changed, count).argmax(1)
        lost[column] = whole - _right(answers, np.tile(truth, REPEATS), count)
    return lost


def _right(answers: np.ndarray, truth: np.ndarray, labels: int) -> np.ndarray:
    """Accuracy, and the recall of each label."""
    is_right = answers == truth
    recalls = [is_right[truth == label].mean() if (truth == label).any() else np.nan for label in range(labels)]
    return np.array([is_right.mean(), *recalls])
