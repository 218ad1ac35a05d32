"""A recipe carried out: songs, a model that fits them, the loop, calibration, predictions and baselines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from tonada.datasets_scripts.provenance import Provenance
from tonada.datasets_scripts.splits import Split
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.baselines import baselines
from tonada.learning.calibration import calibrate, fold_by_fold
from tonada.learning.lessons import Lesson, Taught
from tonada.learning.outputs import outputs_of
from tonada.learning.provenance import provenance_of
from tonada.learning.recipe_parts import Recipe
from tonada.learning.recipes import RecipeError
from tonada.learning.songs import SIDES, deal, rows_of, split_of
from tonada.listening.feature_cache import FeatureCache
from tonada.memory import keep_freed_memory
from tonada.modeling import TonadaForAudioClassification
from tonada.proving.conformal import scores_of
from tonada.proving.predictions import HELD_OUT, Prediction

Systems = dict[str, list[Prediction]]


@dataclass(frozen=True)
class Trained:
    """
    What a run leaves.

    Attributes:
        model: with the weights of its best epoch, calibrated.
        extractor: what it hears with.
        predictions: of every held-out song, by system: the recipe's name, and the baselines.
        epoch: the best one, from 1.
        split: which songs it learned from, was chosen on, and was tested on; under cross-validation the folds.
        provenance: names the songs, the split and the features that it learned from.
    """

    model: TonadaForAudioClassification
    extractor: TonadaFeatureExtractor
    predictions: Systems
    epoch: int
    split: Split
    provenance: Provenance


def train(
    recipe: Recipe,
    root: Path,
    cache: FeatureCache | None = None,
    workers: int = 1,
    state: Path | None = None,
    resume: bool = False,
) -> Trained | None:
    """
    Train a recipe's model, choosing on validation, or answering each fold by a model that did not learn from it.

    Of several processes the first returns what was trained, the others nothing.

    Args:
        recipe: what to do.
        root: the folder that holds the recipe's data set.
        cache: where features are kept, the person's own by default.
        workers: processes that make those that are not.
        state: the file that the run can be gone on with from, written after each epoch; none is by default. Each fold
            has one of its own beside it.
        resume: go on from it, if it is there.
    """
    keep_freed_memory()
    extractor = TonadaFeatureExtractor(**recipe.features)
    lesson = Lesson(recipe, root, extractor, cache or FeatureCache(), workers, state, resume)
    carried_out = _crossvalidated if recipe.report.crossvalidate else _held_out
    taught, systems, split = carried_out(lesson)
    if not taught.is_first:
        return None
    provenance = provenance_of(recipe.data, root, extractor, split, lesson.cache)
    return Trained(taught.model, extractor, systems, taught.epoch, split, provenance)


def _held_out(lesson: Lesson) -> tuple[Taught, Systems, Split]:
    """One fold tests, one validates: the epoch and the calibration are its choice."""
    recipe = lesson.recipe
    split = split_of(rows_of(recipe.data, lesson.root), recipe.data, lesson.root)
    if missing := sorted(SIDES - set(split.parts.values())):
        raise RecipeError(f"the split has no songs for {', '.join(missing)}; deal the songs otherwise")
    taught = lesson.teach(split)
    model, songs = taught.model, taught.songs
    if not taught.is_first:
        return taught, {}, split
    scores = torch.cat([output.logits for output in outputs_of(model, songs["validation"])])
    calibrate(model.config, scores, torch.tensor([song.label for song in songs["validation"]]))
    own = [prediction for side in HELD_OUT for prediction in predict(taught, side, side, recipe)]
    return taught, {recipe.name: own, **baselines(songs, taught.labels, recipe)}, split


def _crossvalidated(lesson: Lesson) -> tuple[Taught, Systems, Split]:
    """A model learns from all songs; then each fold is answered by one that left it out, which calibrates the first."""
    recipe = lesson.recipe
    folds = deal(rows_of(recipe.data, lesson.root), recipe.data, lesson.root)
    if set(folds.parts.values()) <= SIDES:
        raise RecipeError("report has crossvalidate: true, but data has sides and no folds; deal: even has folds")
    kept = lesson.teach(folds.leaving_out("none"), "all")
    systems: Systems = {}
    for fold in sorted(set(folds.parts.values()), key=int):
        taught = lesson.teach(folds.leaving_out(fold), f"fold-{fold}")
        if taught.is_first:
            answered = {recipe.name: list(predict(taught, "test", f"fold {fold}", recipe))}
            for name, answers in (answered | baselines(taught.songs, taught.labels, recipe, f"fold {fold}")).items():
                systems[name] = systems.get(name, []) + answers
    if kept.is_first:
        calibrate(kept.model.config, *scores_of(systems[recipe.name]))
        systems[recipe.name] = fold_by_fold(systems[recipe.name])
    return kept, systems, folds


def predict(taught: Taught, side: str, split: str, recipe: Recipe) -> Iterator[Prediction]:
    """What a model says of each song of a side, beside the truth; `split` is what the side is called."""
    model, songs = taught.model, taught.songs[side]
    for song, output in zip(songs, outputs_of(model, songs), strict=True):
        yield Prediction(
            song.song_id,
            song.group,
            split,
            recipe.training.seed,
            model.config.id2label[song.label],
            {model.config.id2label[index]: value for index, value in enumerate(output.logits[0].exp().tolist())},
        )
