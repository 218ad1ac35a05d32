"""A recipe of classical systems from beginning to end: deal, cross-validate, fit on all songs, calibrate, save."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from tonada.datasets_scripts.provenance import Provenance
from tonada.datasets_scripts.splits import Split
from tonada.learning.calibration import fit_temperature
from tonada.learning.classical.answering import LEAST, at_temperature
from tonada.learning.classical.crossvalidation import resumed, systems_of
from tonada.learning.classical.label_importance import write_importance
from tonada.learning.classical.origin import provenance_of, split_of
from tonada.learning.classical.recipe import ClassicalRecipe
from tonada.learning.classical.rows import Rows, load_rows
from tonada.learning.classical.saving import ClassicalModel, plain
from tonada.learning.classical.systems import fit_system
from tonada.learning.recipes import RecipeError
from tonada.listening.feature_cache import FeatureCache
from tonada.proving.conformal import conformal_quantile
from tonada.proving.predictions import Prediction
from tonada.proving.spread import Spread
from tonada.proving.thresholds import threshold_for, threshold_for_recall


@dataclass(frozen=True)
class ClassicallyTrained:
    """
    What a run left.

    Attributes:
        model: fitted on all songs.
        predictions: by system, of songs whose group it had not seen.
        rows: the songs that the model was fitted on.
        split: the same as a list that is saved.
        provenance: names the songs and the features that it learned from.
    """

    model: ClassicalModel
    predictions: dict[str, list[Prediction]]
    rows: Rows
    split: Split
    provenance: Provenance


def train_classical(
    recipe: ClassicalRecipe, root: Path, output: Path, cache: FeatureCache | None = None, workers: int = 1
) -> ClassicallyTrained:
    """
    Cross-validate each system of a recipe, and fit the one to keep on all songs.

    Args:
        recipe: which songs and systems.
        root: the folder that holds the data.
        output: `predictions/` in it takes a CSV a system as soon as it is done, and a later run goes on from there;
            `importance.csv` takes what each column is worth to each label.
        cache: where descriptors of audio are kept, the person's own by default.
        workers: processes that make those that are not.
    """
    rows = load_rows(recipe, root, cache, workers)
    check_rows(recipe, rows)
    folder = output / "predictions"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = systems_of(recipe)
    predictions = {
        name: resumed(folder, name, system, recipe, rows)
        for name, system in tqdm(wanted.items(), desc="cross-validating", unit="system", disable=None)
    }
    write_importance(recipe, rows, output / "importance.csv")
    model = kept_model(recipe, rows, predictions[recipe.keep])
    return ClassicallyTrained(model, predictions, rows, split_of(rows), provenance_of(recipe, rows, root, cache))


def kept_model(recipe: ClassicalRecipe, rows: Rows, held_out: list[Prediction]) -> ClassicalModel:
    """
    The system to keep, fitted on all songs and calibrated on what it said of songs that it had not seen.

    Of the first deal alone: what it says of a song in another deal is no answer to another song, and sets of labels
    would promise more than so many songs can.
    """
    held_out = [each for each in held_out if each.seed == recipe.seed]
    given = rows.columns, rows.values, rows.labels, rows.groups
    estimator = fit_system(recipe.systems[recipe.keep], recipe.systems, *given, recipe.seed)
    chances = np.array([[each.probabilities[name] for name in rows.names] for each in held_out])
    truth = np.array([rows.names.index(each.truth) for each in held_out])
    logs = torch.tensor(np.log(np.maximum(chances, LEAST)))
    temperature = fit_temperature(logs, torch.tensor(truth))
    calibrated = at_temperature(chances, temperature)
    quantile = conformal_quantile(torch.tensor(calibrated), torch.tensor(truth))
    threshold = _threshold(recipe, truth == 0, calibrated[:, 0])
    with np.errstate(all="ignore"):
        scaling = {"mean": np.nanmean(rows.values, 0).tolist(), "scale": np.nanstd(rows.values, 0).tolist()}
    return ClassicalModel(
        estimator,
        recipe.name,
        rows.columns,
        rows.names,
        rows.parents,
        temperature,
        quantile,
        threshold,
        scaling,
        rows.extractor,
        plain(recipe),
        [Spread.of(column) for column in rows.values.T],
    )


def _threshold(recipe: ClassicalRecipe, is_first: np.ndarray, chances: np.ndarray) -> float | None:
    if recipe.precision is not None:
        return threshold_for(recipe.precision, is_first, chances)
    return None if recipe.recall is None else threshold_for_recall(recipe.recall, is_first, chances)


def check_rows(recipe: ClassicalRecipe, rows: Rows) -> None:
    """Refuse songs that cannot be told apart, or dealt as the recipe says."""
    if len(rows.names) < 2:
        raise RecipeError(f"all songs are {rows.names[0]!r}; there is nothing to tell apart with one label")
    counts = np.bincount(rows.labels, minlength=len(rows.names))
    few = [f"{name} {count}" for name, count in zip(rows.names, counts, strict=True) if count < recipe.folds]
    if few:
        raise RecipeError(f"folds is {recipe.folds}, but there are too few songs of {', '.join(few)}; deal fewer folds")
    if (recipe.precision or recipe.recall) and len(rows.names) != 2:
        raise RecipeError(f"precision and recall choose between two labels; here are {', '.join(rows.names)}")
    if empty := [name for name, column in zip(rows.columns, rows.values.T, strict=True) if np.isnan(column).all()]:
        raise RecipeError(f"the column {empty[0]!r} has no number at all; leave it out")
