"""One lesson: a new model that fits the songs, taught by those of `train` until those of `validation` say stop."""

from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate.utils import set_seed

from tonada.datasets_scripts.splits import Split
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.accelerating import accelerator_of
from tonada.learning.augmentation import Batch
from tonada.learning.batches import DrawnSegments, label_weights
from tonada.learning.loop import fit
from tonada.learning.objective import Classification, Distillation
from tonada.learning.recipe_parts import Recipe
from tonada.learning.recipes import NO_SHAPE, RecipeError
from tonada.learning.saved_state import StateFile, fingerprint
from tonada.learning.scales import scales_of
from tonada.learning.songs import Song, load_songs, overlapping
from tonada.learning.starting import start_from
from tonada.learning.teachers import heard_by_teachers, lessons_from, unlabelled_songs
from tonada.listening.feature_cache import FeatureCache
from tonada.modeling import TonadaConfig, TonadaForAudioClassification


@dataclass(frozen=True)
class Taught:
    """
    A model after its lesson.

    Attributes:
        model: with the weights of its best epoch, at temperature 1.
        songs: of each side.
        labels: names, in the order of ids.
        epoch: the best one, from 1.
        is_first: whether this is the first of the run's processes, which alone reports.
    """

    model: TonadaForAudioClassification
    songs: dict[str, list[Song]]
    labels: list[str]
    epoch: int
    is_first: bool


@dataclass(frozen=True)
class Lesson:
    """What all lessons of a run share; the attributes are the arguments of `train`."""

    recipe: Recipe
    root: Path
    extractor: TonadaFeatureExtractor
    cache: FeatureCache
    workers: int
    state: Path | None
    resume: bool

    def teach(self, split: Split, part: str = "") -> Taught:
        """
        A model taught by the songs of `train`, its best epoch chosen by those of `validation`, if there are any.

        Args:
            split: of the recipe's songs into `train`, `validation` and `test`.
            part: of a run of many lessons, which has its own state and is tracked apart.
        """
        recipe, training = self.recipe, self.recipe.training
        accelerator = accelerator_of(recipe, None if self.state is None else self.state.parent, part)
        set_seed(training.seed)  # before the model exists, so that its first weights are the seed's too
        with accelerator.main_process_first():  # the others find in the cache what it has made
            songs, labels = load_songs(recipe.data, self.root, self.extractor, self.cache, self.workers, split)
            check_sides(songs, split)
            pupils, lessons, importance = self._lessons(songs["train"])
        scales = scales_of(songs["train"])
        model = new_model(recipe, self.extractor, labels, scales)
        weights = label_weights(songs["train"], len(labels)) if training.class_balance == "weights" else None
        if importance is None:
            objective = Classification(model, weights)
        else:
            objective = Distillation(model, importance, recipe.teachers.weight, weights)
        dataset = DrawnSegments(pupils, scales, training, lessons)
        file = self._state_file(songs, part)
        epoch = fit(objective, dataset, songs["validation"], training, accelerator, file, part)
        is_first = accelerator.is_main_process
        accelerator.end_training()
        return Taught(model, songs, labels, epoch, is_first)

    def _lessons(self, songs: list[Song]) -> tuple[list[Song], torch.Tensor | None, torch.Tensor | None]:
        """All songs to learn from, what teachers hear in each, and what each component of that counts."""
        teachers = self.recipe.teachers
        if not teachers.names:
            return songs, None, None
        others = unlabelled_songs(teachers, self.root, overlapping(self.extractor), self.cache, self.workers)
        pupils = [*songs, *others]
        heard = heard_by_teachers(teachers, pupils, self.cache, self.workers)
        return pupils, *lessons_from(heard, teachers.components)

    def _state_file(self, songs: dict[str, list[Song]], part: str) -> StateFile | None:
        if self.state is None:
            return None
        path = self.state.with_stem(f"{self.state.stem}-{part}") if part else self.state
        return StateFile(path, fingerprint(self.recipe, songs), self.resume)


def check_sides(songs: dict[str, list[Song]], split: Split) -> None:
    """
    Refuse to teach where there is nothing to learn, or where a side of the split cannot be heard at all.

    Raises:
        RecipeError: saying which side has no songs.
    """
    for side in sorted({"train", *split.parts.values()}):
        if not songs[side]:
            raise RecipeError(f"no song for {side} can be heard; deal the songs otherwise")


def new_model(
    recipe: Recipe, extractor: TonadaFeatureExtractor, labels: list[str], scales: Batch
) -> TonadaForAudioClassification:
    """An untrained model that fits the extractor, with the training songs' scales in its buffers."""
    settings = dict(
        branches=extractor.branches,
        num_channels=extractor.num_channels,
        num_mel_bins=extractor.num_bands,
        num_descriptors=len(extractor.columns),
        feature_schema=extractor.feature_schema["hash"],
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        **({"embedding_width": len(scales["embeddings_mean"])} if "embeddings_mean" in scales else {}),
        **{name: value for name, value in recipe.model.items() if name not in (*NO_SHAPE, "encoder")},
    )
    if "waveform" in extractor.branches:
        encoder, revision = recipe.model["encoder"], recipe.model.get("encoder_revision")
        model = TonadaForAudioClassification.with_encoder(encoder, revision, **settings)
    else:
        model = TonadaForAudioClassification(TonadaConfig.preset(recipe.model.get("preset", "default"), **settings))
    for branch, encoder in model.tonada.encoders.items():
        if hasattr(encoder, "scale"):  # source S2's network takes embeddings as they are
            encoder.mean.copy_(scales[f"{branch}_mean"])
            encoder.scale.copy_(scales[f"{branch}_scale"])
    if "start" in recipe.model:
        start_from(recipe.model["start"], model, extractor, bool(recipe.training.frozen_epochs))
    return model
