"""
What chance in training moves: `python benchmarks/seeds.py DATA OUTPUT RECIPE…`.

Each recipe is taught five times, from seeds 0 to 4, by all folds but the first, whose songs it then answers: the split
stays, and so do the features. `OUTPUT` gets a table of predictions for each recipe, with all its seeds; `make results`
sets them side by side. A recipe of 4QAED takes five times the five to ten minutes of one fold on one core.
"""

import dataclasses
import sys
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

SEEDS = range(5)
LEFT_OUT = "0"


def main() -> None:
    """Teach, ask and write."""
    data, output, *paths = map(Path, sys.argv[1:])
    keep_freed_memory()
    output.mkdir(parents=True, exist_ok=True)
    for recipe in map(load_recipe, paths):
        answers = [prediction for seed in SEEDS for prediction in answered(from_seed(recipe, seed), data)]
        write_predictions(answers, output / f"{recipe.name}.csv")


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
