"""A recipe carried out: songs, a model that fits them, the loop, calibration, predictions and baselines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate.utils import set_seed

from tonada.datasets_scripts.provenance import Provenance
from tonada.datasets_scripts.splits import Split
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.accelerating import accelerator_of
from tonada.learning.augmentation import Batch
from tonada.learning.baselines import baselines
from tonada.learning.batches import label_weights
from tonada.learning.calibration import conformal_quantile, fit_temperature
from tonada.learning.loop import fit
from tonada.learning.objective import Classification
from tonada.learning.outputs import outputs_of
from tonada.learning.provenance import provenance_of
from tonada.learning.recipes import Recipe
from tonada.learning.saved_state import StateFile, fingerprint
from tonada.learning.scales import scales_of
from tonada.learning.songs import Song, load_songs, split_from
from tonada.listening.feature_cache import FeatureCache
from tonada.modeling import TonadaConfig, TonadaForAudioClassification
from tonada.proving.predictions import HELD_OUT, Prediction


@dataclass(frozen=True)
class Trained:
    """
    What a run leaves.

    Attributes:
        model: with the weights of its best epoch, calibrated.
        extractor: what it hears with.
        predictions: of every held-out song, by system: the recipe's name, and the baselines.
        epoch: the best one, from 1.
        split: which songs it learned from, was chosen on, and was tested on.
        provenance: names the songs, the split and the features that it learned from.
    """

    model: TonadaForAudioClassification
    extractor: TonadaFeatureExtractor
    predictions: dict[str, list[Prediction]]
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
    Train a recipe's model, choosing on validation; the test songs choose nothing.

    Of several processes the first returns what was trained, the others nothing.

    Args:
        recipe: what to do.
        root: the folder that holds the recipe's data set.
        cache: where features are kept, the person's own by default.
        workers: processes that make those that are not.
        state: the file that the run can be gone on with from, written after each epoch; none is by default.
        resume: go on from it, if it is there.
    """
    accelerator = accelerator_of(recipe, None if state is None else state.parent)
    set_seed(recipe.training.seed)  # before the model exists, so that its first weights are the seed's too
    extractor = TonadaFeatureExtractor(**recipe.features)
    with accelerator.main_process_first():  # the others find in the cache what it has made
        songs, labels = load_songs(recipe.data, root, extractor, cache, workers)
    scales = scales_of(songs["train"])
    model = new_model(recipe, extractor, labels, scales)
    weights = label_weights(songs["train"], len(labels)) if recipe.training.class_balance == "weights" else None

    file = None if state is None else StateFile(state, fingerprint(recipe, songs), resume)
    epoch = fit(model, songs, scales, recipe.training, Classification(model.config, weights), accelerator, file)
    is_first = accelerator.is_main_process
    accelerator.end_training()
    if not is_first:
        return None
    calibrate(model, songs["validation"])
    own = [prediction for split in HELD_OUT for prediction in predict(model, songs[split], split, recipe)]
    systems = {recipe.name: own, **baselines(songs, labels, recipe)}
    provenance = provenance_of(recipe.data, root, extractor, cache)
    return Trained(model, extractor, systems, epoch, split_from(songs), provenance)


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
        **{
            name: value for name, value in recipe.model.items() if name not in ("preset", "encoder", "encoder_revision")
        },
    )
    settings["temperature"] = 1.0  # whatever the recipe says: it is fitted to the scores as they are without one
    if "waveform" in extractor.branches:
        encoder, revision = recipe.model["encoder"], recipe.model.get("encoder_revision")
        model = TonadaForAudioClassification.with_encoder(encoder, revision, **settings)
    else:
        model = TonadaForAudioClassification(TonadaConfig.preset(recipe.model.get("preset", "default"), **settings))
    for branch, encoder in model.tonada.encoders.items():
        if hasattr(encoder, "scale"):  # source S2's network takes embeddings as they are
            encoder.mean.copy_(scales[f"{branch}_mean"])
            encoder.scale.copy_(scales[f"{branch}_scale"])
    return model


def calibrate(model: TonadaForAudioClassification, songs: list[Song]) -> None:
    """Fit temperature and conformal quantile on validation songs, into the model's config."""
    model.config.temperature = 1.0
    scores = torch.cat([output.logits for output in outputs_of(model, songs)])
    labels = torch.tensor([song.label for song in songs])
    model.config.temperature = fit_temperature(scores, labels)
    calibrated = (scores / model.config.temperature).log_softmax(-1)
    model.config.conformal_quantile = conformal_quantile(calibrated.exp(), labels)


def predict(model: TonadaForAudioClassification, songs: list[Song], split: str, recipe: Recipe) -> Iterator[Prediction]:
    """What the model says of each song, beside the truth."""
    for song, output in zip(songs, outputs_of(model, songs), strict=True):
        yield Prediction(
            song.song_id,
            song.group,
            split,
            recipe.training.seed,
            model.config.id2label[song.label],
            {model.config.id2label[index]: value for index, value in enumerate(output.logits[0].exp().tolist())},
        )
