"""
What weights and samplers do for labels that are few (source S3: 0 % on three genres):
`python benchmarks/balancing.py --data DATA --output docs/results-classical/gtzan-uneven`.

gtzan's songs are dealt into folds, and for training each genre is thinned to a geometric share of the one before it, in
an order drawn anew each deal; all songs are answered. Writes predictions and costs as `tonada train` does.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from tonada.datasets_scripts.splits import assign_folds
from tqdm import tqdm

from tonada.learning.classical.balancing import BALANCES
from tonada.learning.classical.crossvalidation import Fold, write_costs
from tonada.learning.classical.recipe import ClassicalRecipe, Songs, System
from tonada.learning.classical.rows import Rows, load_rows
from tonada.learning.classical.systems import fit_system, probabilities_of
from tonada.proving.crossvalidated import crossvalidated_table
from tonada.proving.predictions import Prediction, write_predictions

MOST, LEAST, FOLDS, DEALS = 40, 2, 5, 2  # songs of the most and the least frequent label
MODELS: dict[str, dict] = {"logistic-regression": {}, "random-forest": {"n_estimators": 200}}
RECIPE = ClassicalRecipe("gtzan-uneven", Songs("gtzan", "tables/gtzan"), {}, "")


def thinned(labels: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Which songs are learned from, `(songs,)` bool."""
    kept = np.zeros(len(labels), dtype=bool)
    shares = np.geomspace(MOST, LEAST, count).round().astype(int)
    for label, share in zip(generator.permutation(count), shares, strict=True):
        kept[generator.permutation(np.flatnonzero(labels == label))[:share]] = True
    return kept


def systems() -> dict[str, System]:
    """Each model alone and with each balance."""
    return {
        model if balance is None else f"{model}-{balance}": System(
            model=model.replace("-", "_"), balance=balance, settings=settings
        )
        for model, settings in MODELS.items()
        for balance in (None, *BALANCES)
    }


def answered(name: str, system: System, rows: Rows) -> tuple[list[Prediction], list[Fold]]:
    """Every song's answers, once a deal, by systems that learned from thinned songs of other groups."""
    predictions, costs = [], []
    for seed in range(DEALS):
        folds = assign_folds(rows.labels.tolist(), rows.groups.tolist(), FOLDS, seed)
        generator = np.random.default_rng(seed)
        chances = np.zeros((len(rows.labels), len(rows.names)))
        for fold in range(FOLDS):
            learned = np.flatnonzero(folds != fold)
            learned = learned[thinned(rows.labels[learned], len(rows.names), generator)]
            begun = time.perf_counter()
            given = rows.values[learned], rows.labels[learned], rows.groups[learned]
            fitted = fit_system(system, {}, rows.columns, *given, seed)
            ready = time.perf_counter()
            chances[folds == fold] = probabilities_of(fitted, rows.values[folds == fold], len(rows.names))
            spent = 1000 * (time.perf_counter() - ready) / (folds == fold).sum()
            costs.append(Fold(name, seed, fold, ready - begun, spent))
        for song, group, fold, label, row in zip(rows.song_ids, rows.groups, folds, rows.labels, chances, strict=True):
            by_label = dict(zip(rows.names, map(float, row), strict=True))
            predictions.append(Prediction(str(song), str(group), f"fold {fold}", seed, rows.names[label], by_label))
    return predictions, costs


def main() -> None:
    """Answer, write and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    rows, found = load_rows(RECIPE, given.data), {}
    for name, system in tqdm(systems().items(), unit="system", disable=None):
        found[name], costs = answered(name, system, rows)
        write_predictions(found[name], given.output / f"{name}.csv")
        write_costs(costs, given.output / f"{name}.costs.csv", RECIPE.name)
    print(crossvalidated_table(found))


if __name__ == "__main__":
    main()
