"""The training loop: draw, step, validate, keep the best; Accelerate takes care of the device."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.utils.data import DataLoader
from tqdm import tqdm

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.baselines import baselines
from tonada.learning.batches import Batch, DrawnSegments, collate, scales_of, whole_songs
from tonada.learning.calibration import conformal_quantile, fit_temperature
from tonada.learning.recipes import Recipe, Training
from tonada.learning.songs import Song, load_songs
from tonada.listening.feature_cache import FeatureCache
from tonada.modeling import TonadaConfig, TonadaForAudioClassification
from tonada.proving.predictions import HELD_OUT, Prediction
from tonada.proving.scores import macro_f1


@dataclass(frozen=True)
class Trained:
    """
    What a run leaves.

    Attributes:
        model: with the weights of its best epoch, calibrated.
        extractor: what it hears with.
        predictions: of every held-out song, by system: the recipe's name, and the baselines.
        epoch: the best one, from 1.
    """

    model: TonadaForAudioClassification
    extractor: TonadaFeatureExtractor
    predictions: dict[str, list[Prediction]]
    epoch: int


def train(recipe: Recipe, root: Path, cache: FeatureCache | None = None, workers: int = 1) -> Trained:
    """
    Train a recipe's model on songs under `root`, choosing on validation; the test songs choose nothing. The other
    arguments are those of `load_songs`.
    """
    accelerator = Accelerator()
    set_seed(recipe.training.seed)  # before the model exists, so that its first weights are the seed's too
    extractor = TonadaFeatureExtractor(**recipe.features)
    songs, labels = load_songs(recipe.data, root, extractor, cache, workers)
    scales = scales_of(songs["train"])
    model = new_model(recipe, extractor, labels, scales)
    epoch = fit(model, songs, scales, recipe.training, accelerator)
    calibrate(model, songs["validation"])
    own = [prediction for split in HELD_OUT for prediction in predict(model, songs[split], split, recipe)]
    return Trained(model, extractor, {recipe.name: own, **baselines(songs, labels, recipe)}, epoch)


def new_model(
    recipe: Recipe, extractor: TonadaFeatureExtractor, labels: list[str], scales: Batch
) -> TonadaForAudioClassification:
    """An untrained model that fits the extractor, with the training songs' scales in its buffers."""
    config = TonadaConfig(
        branches=extractor.branches,
        num_channels=extractor.num_channels,
        num_mel_bins=extractor.num_bands,
        num_descriptors=len(extractor.columns),
        feature_schema=extractor.feature_schema["hash"],
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        **({"embedding_width": len(scales["embeddings_mean"])} if "embeddings_mean" in scales else {}),
        **recipe.model,
    )
    model = TonadaForAudioClassification(config)
    for branch, encoder in model.tonada.encoders.items():
        if hasattr(encoder, "scale"):  # source S2's network takes embeddings as they are
            encoder.mean.copy_(scales[f"{branch}_mean"])
            encoder.scale.copy_(scales[f"{branch}_scale"])
    return model


def fit(
    model: TonadaForAudioClassification,
    songs: dict[str, list[Song]],
    scales: Batch,
    training: Training,
    accelerator: Accelerator,
) -> int:
    """Teach the model in place, and leave it with the weights of its best epoch by validation macro-F1, returned."""
    dataset = DrawnSegments(songs["train"], scales, training)
    loader = DataLoader(
        dataset, training.batch_size, shuffle=True, collate_fn=collate, drop_last=len(dataset) >= training.batch_size
    )
    optimizer = torch.optim.AdamW(model.parameters(), training.learning_rate, weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, training.learning_rate, epochs=training.epochs, steps_per_epoch=len(loader)
    )
    prepared, optimizer, loader, schedule = accelerator.prepare(model, optimizer, loader, schedule)
    validation = whole_songs(songs["validation"])
    best, best_epoch, best_weights = -1.0, 0, model.state_dict()
    progress = tqdm(range(1, training.epochs + 1), desc="training", unit="epoch")
    for epoch in progress:
        prepared.train()
        for batch in loader:
            loss = prepared(**batch).loss
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(prepared.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        score = macro_f1(*_truth_and_answers(accelerator.unwrap_model(prepared), validation))
        progress.set_postfix(
            loss=f"{loss.item():.3f}", validation_macro_f1=f"{score:.3f}", best=f"{max(best, score):.3f}"
        )
        if score > best:
            best, best_epoch, best_weights = score, epoch, copy.deepcopy(model.state_dict())
        elif epoch - best_epoch >= training.patience:
            break
    model.load_state_dict(best_weights)
    model.cpu().eval()
    return best_epoch


def calibrate(model: TonadaForAudioClassification, songs: list[Song]) -> None:
    """Fit temperature and conformal quantile on validation songs, into the model's config."""
    model.config.temperature = 1.0  # whatever the recipe says: the scores to fit it to are those without one
    scores = torch.cat([output.logits for output in _outputs(model, whole_songs(songs))])
    labels = torch.tensor([song.label for song in songs])
    model.config.temperature = fit_temperature(scores, labels)
    calibrated = (scores / model.config.temperature).log_softmax(-1)
    model.config.conformal_quantile = conformal_quantile(calibrated.exp(), labels)


def predict(model: TonadaForAudioClassification, songs: list[Song], split: str, recipe: Recipe) -> Iterator[Prediction]:
    """What the model says of each song, beside the truth."""
    for song, output in zip(songs, _outputs(model, whole_songs(songs)), strict=True):
        yield Prediction(
            song.song_id,
            song.group,
            split,
            recipe.training.seed,
            model.config.id2label[song.label],
            {model.config.id2label[index]: value for index, value in enumerate(output.logits[0].exp().tolist())},
        )


def _truth_and_answers(model: TonadaForAudioClassification, batches: list[Batch]) -> tuple[list[int], list[int]]:
    truth = [int(batch["labels"]) for batch in batches]
    return truth, [int(output.logits.argmax()) for output in _outputs(model, batches)]


@torch.no_grad()
def _outputs(model: TonadaForAudioClassification, batches: list[Batch]) -> Iterator:
    model.eval()
    for batch in batches:
        yield model(**{name: tensor.to(model.device) for name, tensor in batch.items() if name != "labels"})
