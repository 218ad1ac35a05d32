"""
What chance in training moves: `python benchmarks/seeds.py DATA OUTPUT RECIPE… [--seeds 5]`.

Each recipe is taught five times, from seeds 0 to 4, by all folds but the first, whose songs it then answers: the split
stays, and so do the features. `OUTPUT` gets a table of predictions for each recipe, with all its seeds; `make results`
sets them side by side. A recipe of 4QAED takes five times the five to ten minutes of one fold on one core; those of
long blocks take 20 to 40 minutes a seed, and `emotion-jia2022` an hour and a quarter.
"""

import argparse
import dataclasses
from pathlib import Path

from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.learning.lessons import Lesson
from tonada.learning.recipe_parts import Recipe
from tonada.learning.recipes import load_recipe
from tonada.learning.songs import deal, rows_of
from tonada.learning.training import predict
from tonada.listening.feature_cache import FeatureCache
from tonada.memory import keep_freed_memory
from tonada.proving.predictions import Prediction, write_predictions

LEFT_OUT = "0"


def main() -> None:
    """Teach, ask and write."""
    asked = arguments()
    keep_freed_memory()
    asked.output.mkdir(parents=True, exist_ok=True)
    for recipe in map(load_recipe, asked.recipes):
        seeds = (from_seed(recipe, seed) for seed in range(asked.seeds))
        answers = [prediction for each in seeds for prediction in answered(each, asked.data)]
        write_predictions(answers, asked.output / f"{recipe.name}.csv")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of data sets")
    parser.add_argument("output", type=Path, help="the folder for the predictions")
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 0 on (default: 5)")
    return parser.parse_args()


def from_seed(recipe: Recipe, seed: int) -> Recipe:
    """The same recipe, but for what chance decides in training."""
    return dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, seed=seed))


def answered(recipe: Recipe, data: Path) -> list[Prediction]:
    """What a model that never heard the songs left out says of them."""
    extractor = TonadaFeatureExtractor(**recipe.features)
    folds = deal(rows_of(recipe.data, data), recipe.data, data)
    lesson = Lesson(recipe, data, extractor, FeatureCache(), workers=1, state=None, resume=False)
    taught = lesson.teach(folds.leaving_out(LEFT_OUT))
    return list(predict(taught, "test", f"fold {LEFT_OUT}", recipe))


if __name__ == "__main__":
    main()
