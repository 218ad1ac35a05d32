"""
Source S3's nine algorithms over its eleven descriptors (tables 3 and 4; 13 hours there), and all but the slowest over
its combinations, its choice of 40 columns and 4 principal components (tables 5 and 6; 23 hours), cells side by side:
`python benchmarks/sets_by_models.py OUTPUT [--rows 2000] [--workers 2]`, or on real songs
`python benchmarks/sets_by_models.py OUTPUT --recipe recipes/genre-classical.yaml --data DATA`.

Every cell is kept in OUTPUT as soon as it is done, and the same command goes on with those that are missing.
Synthetic rows are in the shares of S3's genres, 104,343 there; their accuracy means nothing, so only times are printed.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from classical import LABELS, rows_of
from tonada.feature_extraction import TonadaFeatureExtractor
from tqdm import tqdm

from tonada.learning.classical.crossvalidation import read_costs, resumed
from tonada.learning.classical.recipe import ClassicalRecipe, Songs, System, load_classical
from tonada.learning.classical.rows import Rows, load_rows
from tonada.listening.feature_cache import FeatureCache
from tonada.proving.predictions import read_predictions

MODELS = {
    "LR": "logistic_regression",
    "kNN": "knn",
    "SVC": "rbf_svm",
    "linSVC": "linear_svm",
    "RF": "random_forest",
    "NB": "naive_bayes",
    "QDA": "qda",
    "XGB": "xgboost",
    "GBC": "gradient_boosting",
}
FAMILIES = (
    *("mfcc", "spectral_contrast", "spectral_centroid", "zcr", "spectral_rolloff", "spectral_bandwidth"),
    *("tonnetz", "rmse", "chroma_stft", "chroma_cens", "chroma_cqt"),
)
MFCC_CTR = ("mfcc", "spectral_contrast")
SETS: dict[str, dict[str, Any]] = {
    **{name: {"columns": (name,)} for name in FAMILIES},
    "mfcc+ctr": {"columns": MFCC_CTR},
    "mfcc+ctr+cen": {"columns": (*MFCC_CTR, "spectral_centroid")},
    "mfcc+ctr+chr": {"columns": (*MFCC_CTR, "chroma_stft")},
    "mfcc+ctr+chr+cen": {"columns": (*MFCC_CTR, "chroma_stft", "spectral_centroid")},
    "mfcc+ctr+chr+cen+rmse": {"columns": (*MFCC_CTR, "chroma_stft", "spectral_centroid", "rmse")},
    "mfcc+ctr+chr+cen+ton": {"columns": (*MFCC_CTR, "chroma_stft", "spectral_centroid", "tonnetz")},
    "all": {},
    "mda 40": {"select": 40},
    "pca 4": {"pca": 4},
}
"""What each set is, in the words of a recipe."""
SYSTEMS = {
    f"{name}-{short}": System(**words, model=model)
    for name, words in SETS.items()
    for short, model in MODELS.items()
    if short != "GBC" or name in FAMILIES  # S3 left it out of its combinations, as too slow
}
"""The system of each cell."""
FOLDS = 3


def synthetic(count: int) -> tuple[ClassicalRecipe, Rows]:
    """Rows of no song: 518 columns named as S3's, 16 labels."""
    values, labels = rows_of(count)
    columns = tuple(TonadaFeatureExtractor.for_set("fma518").columns)
    names = tuple(f"genre {number}" for number in range(LABELS))
    ids = np.array([f"row {number}" for number in range(count)])
    recipe = ClassicalRecipe("synthetic", Songs(table="none"), {}, "", folds=FOLDS)
    return recipe, Rows(values, columns, labels, names, ids, ids)


def table(folder: Path, number: str) -> str:
    """A Markdown table of `accuracy`, or of the `seconds` to fit on all folds: a row a set, a column a model."""
    lines = [f"| {number} | {' | '.join(MODELS)} |", f"|---|{'---|' * len(MODELS)}"]
    cell = {"accuracy": _accuracy, "seconds": _seconds}[number]
    for name in SETS:
        cells = [f"{name}-{short}" for short in MODELS]
        lines.append(f"| {name} | {' | '.join(cell(folder / each) if each in SYSTEMS else '' for each in cells)} |")
    return "\n".join(lines)


def _accuracy(cell: Path) -> str:
    predictions = read_predictions(cell.with_suffix(".csv"))
    return f"{np.mean([each.answer == each.truth for each in predictions]):.3f}"


def _seconds(cell: Path) -> str:
    return f"{sum(each.fit_seconds for each in read_costs(cell.with_suffix('.costs.csv'))):.2f}"


def songs_of(given: argparse.Namespace) -> tuple[ClassicalRecipe, Rows]:
    """Synthetic rows, or the songs of a recipe."""
    if given.recipe is None:
        return synthetic(given.rows)
    recipe = load_classical(given.recipe)
    return recipe, load_rows(recipe, given.data, FeatureCache(given.cache))


# In a worker's process ------------------------------------------------------------------------------------------------

_songs: list[tuple[ClassicalRecipe, Rows]] = []
"""One pair, made once a process: sent along with each cell, many rows would be copied ninety-nine times."""


def _prepare(given: argparse.Namespace) -> None:
    _songs.append(songs_of(given))


def _fill(output: Path, name: str) -> None:
    resumed(output, name, SYSTEMS[name], *_songs[0])


# ----------------------------------------------------------------------------------------------------------------------


def main() -> None:
    """Fill the cells, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--rows", type=int, default=2_000, help="synthetic ones")
    parser.add_argument("--recipe", type=Path, help="real songs instead, in its folds; needs --data")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path, help="of features; your own by default")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(given.workers, get_context("spawn"), _prepare, (given,)) as pool:
        cells = [pool.submit(_fill, given.output, name) for name in SYSTEMS]
        for cell in tqdm(as_completed(cells), "cells", len(cells), unit="cell"):
            cell.result()
    if given.recipe is not None:
        print(table(given.output, "accuracy"), end="\n\n")
    print(table(given.output, "seconds"))


if __name__ == "__main__":
    main()
