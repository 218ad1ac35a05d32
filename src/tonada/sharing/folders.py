"""A trained model as a folder: weights, config, extractor, flat code files, card, and what stands behind it."""

from pathlib import Path

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipes import Recipe
from tonada.learning.training import Trained
from tonada.listening.listener import check_pair
from tonada.proving.machine import machine
from tonada.proving.predictions import write_predictions
from tonada.proving.scores import set_coverage
from tonada.proving.tables import table, test_figure
from tonada.sharing.chapters import chapters, headed, lacking

CARD = """---
{library}
license: apache-2.0
tags: [music, tonada]
---
# Tonada: {name}

Hears a song and answers with one of: **{labels}**. Learned from `{script}`, {segment} at {rate} Hz.

{use}
## Labels

{labels_chapter}

## Data

{data_chapter}

## What was measured

Artists, joint ones together with those they name, are on one side of the split only: one fold of {folds} for
validation, one for test, one seed. Validation chose the epoch ({epoch}) and fitted the calibration, so its figures
flatter; the test songs chose nothing. Brackets are 95 % intervals, resampling artists.

{table}

Chance is {chance:.2f} in accuracy. `majority` always gives the most frequent label; `logistic-regression` has the same
descriptors, averaged over the song. Printed by `tonada train {recipe}`.

## How sure

{sure_chapter} Of the test songs the sets hold {coverage:.3f}, with {size:.2f} labels on average.

## What it took

Learning took {took}, the making of features left out: {epochs} epochs on {machine}. Energy and carbon were not
measured.
"""

OF_THE_MIX = """```python
from transformers import pipeline

pipe = pipeline("audio-classification", model="THIS FOLDER OR ITS HUB ID", trust_remote_code=True)
pipe("song.mp3")
```
"""
OF_STEMS = """**It hears {stems}, separated by {separation}, and not a mix.** The stock `pipeline` cannot separate
and refuses every song, so this model is not published for it. Tonada separates first:

```
tonada classify song.mp3 --model "THIS FOLDER OR ITS HUB ID"
```
"""
OF_EMBEDDINGS = """**It hears embeddings by {embedder}, whose weights are not in this folder, and not sound.** The stock
`pipeline` cannot embed and refuses every song, so this model is not published for it. Tonada embeds first:

```
tonada classify song.mp3 --model "THIS FOLDER OR ITS HUB ID"
```
"""
FOR_THE_PIPELINE = "library_name: transformers\npipeline_tag: audio-classification"
FOR_TONADA = "library_name: tonada"


def save_trained(trained: Trained, recipe: Recipe, recipe_path: Path, folder: Path) -> None:
    """Write the folder, with the recipe and its split; `predictions/` holds a CSV a system."""
    check_pair(trained.model.config, trained.extractor)
    trained.model.save_pretrained(folder)
    trained.extractor.save_pretrained(folder)
    (folder / "recipe.yaml").write_bytes(recipe_path.read_bytes())
    trained.split.save(folder / "split.json")  # by these two `tonada evaluate` finds the songs held out
    (folder / "predictions").mkdir(exist_ok=True)
    for system, predictions in trained.predictions.items():
        write_predictions(predictions, folder / "predictions" / f"{system}.csv")
    trained.provenance.save(folder)
    (folder / "README.md").write_text(card(trained, recipe, recipe_path), encoding="utf-8")


def how_to_use(extractor: TonadaFeatureExtractor) -> str:
    """The card's words on using a model, which send nobody to the pipeline who hears stems or embeddings."""
    if extractor.stems is not None:
        return OF_STEMS.format(stems=" and ".join(extractor.stems), separation=extractor.separation)
    return OF_THE_MIX if extractor.embedder is None else OF_EMBEDDINGS.format(embedder=extractor.embedder)


def card(trained: Trained, recipe: Recipe, recipe_path: Path) -> str:
    """The model card, every figure computed from the run."""
    extractor = trained.extractor
    use = how_to_use(extractor)
    config = trained.model.config
    predictions = trained.predictions[recipe.name]
    coverage, size = set_coverage(predictions, 1 - config.conformal_quantile)
    told = chapters(config, trained.provenance, f"macro-F1 {test_figure(predictions)}")
    text = CARD.format(
        name=recipe.name,
        library=FOR_THE_PIPELINE if use == OF_THE_MIX else FOR_TONADA,
        use=use,
        labels=", ".join(config.id2label.values()),
        script=recipe.data.script,
        segment=f"{seconds:g}-second segments" if (seconds := extractor.segment_seconds) else "whole songs",
        rate=extractor.sampling_rate,
        epoch=trained.epoch,
        table=table(trained.predictions, recipe.name),
        labels_chapter=told["Labels"],
        data_chapter=told["Data"],
        sure_chapter=told["How sure"],
        chance=1 / config.num_labels,
        recipe=recipe_path,
        folds=recipe.data.folds,
        coverage=coverage,
        size=size,
        took=in_words(trained.seconds),
        epochs=trained.epochs,
        machine=machine(),
    )
    return text + headed(lacking(text, told))


def in_words(seconds: float) -> str:
    """A time as people say it: `1 h 02 min`, `3 min 20 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
