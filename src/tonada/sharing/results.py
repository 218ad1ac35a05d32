"""What a training run measured as the Hub reads it, beside its card: `model-index.yaml` and `.eval_results/`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from tonada.learning.recipe_parts import Recipe
from tonada.proving.hub_blocks import eval_results, model_index
from tonada.proving.intervals import value, with_interval
from tonada.proving.judged import Judged
from tonada.proving.predictions import HELD_OUT, Prediction
from tonada.proving.weighted_scores import SCORES


def write_results(recipe: Recipe, predictions: Sequence[Prediction], folder: Path, day: date | None = None) -> None:
    """
    Write the scores of songs that chose nothing: of the test part, or of every fold of a cross-validation. Those of
    several data sets together are no result of one of them, and the Hub's form has results of one: `model-index.yaml`
    names all.

    Args:
        recipe: of the run.
        predictions: of the model, as the run leaves them.
        folder: of the model.
        day: of the run, today if not given.
    """
    part = "cross-validation" if recipe.report.crossvalidate else HELD_OUT[1]
    judged = Judged.of([each for each in predictions if recipe.report.crossvalidate or each.split == part])
    songs = {
        "count": len(judged.truth),
        "groups": int(judged.groups.max()) + 1,
        "scores": {name: with_interval(value(score, judged), score, judged) for name, score in SCORES.items()},
    }
    sources = dict.fromkeys(source["script"] for source in recipe.data.sources)
    report = {
        "model": recipe.name,
        "date": (day or datetime.now(UTC).date()).isoformat(),
        "data": {"name": " with ".join(sources), "options": [], "hub_dataset": None, "part": part},
        "systems": {recipe.name: {"songs": songs}},
    }
    (folder / "model-index.yaml").write_text(model_index(report), encoding="utf-8")
    if not recipe.data.also:
        (folder / ".eval_results").mkdir(exist_ok=True)
        (folder / ".eval_results" / f"{recipe.data.script}.yaml").write_text(eval_results(report), encoding="utf-8")
