"""A trained model as a folder: weights, config, extractor, flat code files, card, and what stands behind it."""

from pathlib import Path

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipes import Recipe
from tonada.learning.training import Trained
from tonada.listening.pairs import check_pair
from tonada.proving.crossvalidated import BASELINE
from tonada.proving.predictions import write_predictions
from tonada.sharing.chapters import TOOK, chapters, headed, lacking, what_it_took
from tonada.sharing.measured import how_sure, what_was_measured
from tonada.sharing.results import write_results
from tonada.sharing.terms import licence_chapter, licence_in_head

CARD = """---
{library}
license: {licence}
tags: [music, tonada]
---
# Tonada: {name}

Hears a song and answers with one of: **{labels}**. Learned from {learned_from}, {heard}.

{use}
## What was measured

{measured}
Learned from and measured on {provenance} (whole in `provenance.json`), but for rows that cannot be heard.

Chance is {chance:.2f} in accuracy. `majority` always gives the most frequent label{baseline}. Printed by
`tonada train {recipe}`.

## How sure

{sure}

## Licence

{licences}"""

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
OF_GIVEN_EMBEDDINGS = """**It hears embeddings that somebody published in place of the sound, and no sound.** It is
asked as it was taught, with steps as `scaled` of its data set's module in `tonada.datasets_scripts` makes them of what
was published:

```python
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

folder = "THIS FOLDER OR ITS HUB ID"
extractor = AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=True)
model = AutoModelForAudioClassification.from_pretrained(folder, trust_remote_code=True).eval()
probabilities = model(**extractor([steps], return_tensors="pt")).logits.exp()  # steps: (steps, width), float32
```
"""
WITH_THE_SAME = "; `logistic-regression` has the same\n{heard}, averaged over the song"
HEARD_BY_BASELINE = {
    "descriptors": "descriptors",
    "embeddings": "embeddings",
    "spectrogram": "bands and their deviations",
}
FOR_THE_PIPELINE = "library_name: transformers\npipeline_tag: audio-classification"
FOR_TONADA = "library_name: tonada"


def save_trained(
    trained: Trained, recipe: Recipe, recipe_path: Path, folder: Path, seconds: float | None = None
) -> None:
    """
    Write the folder, with the recipe, its split, and results for the Hub; `predictions/` holds a CSV a system.

    Args:
        trained: what a run left.
        recipe: of the run.
        recipe_path: where it was read from.
        folder: to write into.
        seconds: that the run took; the card leaves that out if nobody measured it.
    """
    check_pair(trained.model.config, trained.extractor)
    trained.model.save_pretrained(folder)
    trained.extractor.save_pretrained(folder)
    (folder / "recipe.yaml").write_bytes(recipe_path.read_bytes())
    trained.split.save(folder / "split.json")  # by these two `tonada evaluate` finds the songs held out
    (folder / "predictions").mkdir(exist_ok=True)
    for system, predictions in trained.predictions.items():
        write_predictions(predictions, folder / "predictions" / f"{system}.csv")
    write_results(recipe, trained.predictions[recipe.name], folder)
    trained.provenance.save(folder)
    text = card(trained, recipe, recipe_path)
    expected = {TOOK: what_it_took(seconds), **chapters(trained.model.config, trained.provenance)}
    (folder / "README.md").write_text(text + headed(lacking(text, expected)), encoding="utf-8")


def how_to_use(extractor: TonadaFeatureExtractor) -> str:
    """The card's words on using a model, which send nobody to the pipeline who hears stems or embeddings."""
    if extractor.stems is not None:
        return OF_STEMS.format(stems=" and ".join(extractor.stems), separation=extractor.separation)
    if extractor.embedder is not None:
        return OF_EMBEDDINGS.format(embedder=extractor.embedder)
    return OF_GIVEN_EMBEDDINGS if "embeddings" in extractor.branches else OF_THE_MIX


def card(trained: Trained, recipe: Recipe, recipe_path: Path) -> str:
    """The model card, every figure computed from the run."""
    extractor = trained.extractor
    use = how_to_use(extractor)
    config = trained.model.config
    return CARD.format(
        name=recipe.name,
        library=FOR_THE_PIPELINE if use == OF_THE_MIX else FOR_TONADA,
        use=use,
        licence=licence_in_head(recipe),
        licences=licence_chapter(recipe),
        labels=", ".join(config.id2label.values()),
        learned_from=" and ".join(f"`{source['script']}`" for source in recipe.data.sources),
        heard=_heard(extractor),
        measured=what_was_measured(trained, recipe),
        provenance=trained.provenance,
        chance=1 / config.num_labels,
        baseline=_baseline(extractor) if BASELINE in trained.predictions else "",
        recipe=recipe_path,
        sure=how_sure(trained, recipe),
    )


def _baseline(extractor: TonadaFeatureExtractor) -> str:
    heard = next(words for branch, words in HEARD_BY_BASELINE.items() if branch in extractor.branches)
    return WITH_THE_SAME.format(heard=heard)


def _heard(extractor: TonadaFeatureExtractor) -> str:
    """How long its segments are, and of sound at which rate."""
    segments = f"{seconds:g}-second segments" if (seconds := extractor.segment_seconds) else "whole songs"
    of_sound = "embeddings" not in extractor.branches or extractor.embedder is not None
    return f"{segments} at {extractor.sampling_rate} Hz" if of_sound else f"{segments} of embeddings"
