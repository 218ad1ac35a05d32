"""
The LSTM over sequences of descriptors, on the songs and folds of a classical recipe, `python benchmarks/frame_lstm.py
recipes/genre-classical.yaml --data DATA --output docs/results-classical/genre-classical`.

Writes `frame-lstm.csv` and its costs beside the recipe's own systems, so that `make results` compares them.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set
from tqdm import tqdm

from tonada.learning.classical.crossvalidation import Fold, write_costs
from tonada.learning.classical.recipe import ClassicalRecipe, load_classical
from tonada.learning.frame_lstm import answers_of, fit_lstm, new_extractor
from tonada.listening.feature_cache import FeatureCache
from tonada.listening.many_features import features_of
from tonada.proving.crossvalidated import crossvalidated_table
from tonada.proving.predictions import Prediction, write_predictions

NAME = "frame-lstm"


def heard(recipe: ClassicalRecipe, root: Path, cache: FeatureCache) -> tuple[list[torch.Tensor], list[dict]]:
    """The steps of each song `(steps, columns)`, and its facts."""
    rows = data_set(str(recipe.data.script)).load(root / recipe.data.folder, **recipe.data.options)
    extractor = new_extractor()
    hearing = [(song["path"], extractor) for song in rows["audio"]]
    found = tqdm(features_of(hearing, cache), "listening", len(hearing), unit="song", disable=None)
    songs = [song["descriptors"][song["segment_mask"].bool()].float() for song in found]
    units = splits.units(rows["song_id"], rows["group"])
    names = rows.features["label"].names
    facts = [
        {"song_id": song_id, "group": unit, "label": label, "truth": names[label]}
        for song_id, unit, label in zip(rows["song_id"], units, rows["label"], strict=True)
    ]
    return songs, facts


def cross_validate(
    songs: list[torch.Tensor], facts: list[dict], recipe: ClassicalRecipe
) -> tuple[list[Prediction], list[Fold]]:
    """Every song answered by a network that had not heard its group, in the recipe's own folds."""
    labels, groups = [each["label"] for each in facts], [each["group"] for each in facts]
    names = dict(sorted({each["label"]: each["truth"] for each in facts}.items()))
    predictions, costs = [], []
    for seed in range(recipe.seed, recipe.seed + recipe.repeats):
        folds = splits.assign_folds(labels, groups, recipe.folds, seed)
        for fold in tqdm(range(recipe.folds), f"deal {seed}", unit="fold", disable=None):
            learned, asked = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            begun = time.perf_counter()
            model = fit_lstm([songs[each] for each in learned], np.array(labels)[learned], len(names), seed)
            ready = time.perf_counter()
            answers = answers_of(model, [songs[each] for each in asked])
            spent = time.perf_counter() - ready
            costs.append(Fold(NAME, seed - recipe.seed, fold, ready - begun, 1000 * spent / len(asked)))
            for place, row in zip(asked, answers, strict=True):
                about = facts[place]
                by_label = dict(zip(names.values(), map(float, row), strict=True))
                split = f"fold {fold}"
                predictions.append(Prediction(about["song_id"], about["group"], split, seed, about["truth"], by_label))
    order = {each["song_id"]: place for place, each in enumerate(facts)}
    return sorted(predictions, key=lambda each: (each.seed, order[each.song_id])), costs


def main() -> None:
    """Listen, learn, and print the table's row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="of features; your own by default")
    given = parser.parse_args()
    recipe = load_classical(given.recipe)
    predictions, costs = cross_validate(*heard(recipe, given.data, FeatureCache(given.cache)), recipe)
    write_predictions(predictions, given.output / f"{NAME}.csv")
    write_costs(costs, given.output / f"{NAME}.costs.csv", NAME)
    print(crossvalidated_table({NAME: predictions, "logistic-regression": predictions}).splitlines()[2])


if __name__ == "__main__":
    main()
