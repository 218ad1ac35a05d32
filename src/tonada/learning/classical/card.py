"""The card of a classical model, every figure computed from its predictions."""

from collections.abc import Collection

from tonada.learning.classical.recipe import ClassicalRecipe
from tonada.learning.classical.saving import ClassicalModel
from tonada.learning.classical.training import ClassicallyTrained
from tonada.proving.crossvalidated import crossvalidated_table

CARD = """---
library_name: tonada
license: apache-2.0
tags: [music, tonada]
---
# Tonada: {name}

Answers with one of: **{labels}**. The system `{keep}` over {columns}, from `{source}`.

```
tonada classify {example} --model "THIS FOLDER OR ITS HUB ID"
```

The model is a skops file: it holds no pickle, and reading it runs no code that is not on Tonada's list. Weights that
learned from songs under a licence may stand under that licence too; the data set's own card says which.

## What was measured

Each song was answered by systems that had seen no song of its group: {folds} folds of disjoint groups, dealt
{repeats}. Brackets are 95 % intervals, resampling groups. The model in this folder was then fitted on all songs.

{table}

Learned from {provenance} (whole in `provenance.json`).
{figures}
## How sure

Probabilities are calibrated with temperature {temperature:.3f}, and sets of labels with a probability of at least
{least:.3f} hold nine truths in ten; both were fitted on the same answers to unseen songs, so they flatter a
little.{yes}

## Limits

These songs are not the world's music. Not for judging people.
"""
FIGURES = {
    "confusions.png": "Answers to songs of groups that it had not seen, by their true label",
    "box-plots.png": "How the labels differ in the columns that are worth most (all in `importance.csv`)",
    "partial-dependence.png": "What each of these columns does to the answers, all else held",
    "correlations.png": "Which columns say the same",
}


def card_of(trained: ClassicallyTrained, recipe: ClassicalRecipe, drawn: Collection[str] = ()) -> str:
    """The card's text, with the figures of `draw_figures` that were drawn beside it."""
    model = trained.model
    return CARD.format(
        name=recipe.name,
        labels=", ".join(model.labels),
        keep=recipe.keep,
        columns=_columns(model),
        source=recipe.data.script or recipe.data.table,
        example="table.csv" if model.extractor is None else "song.mp3",
        folds=recipe.folds,
        repeats="once" if recipe.repeats == 1 else f"{recipe.repeats} times",
        table=crossvalidated_table(trained.predictions),
        provenance=trained.provenance,
        figures="".join(f"\n{words}:\n\n![{words}]({name})\n" for name, words in FIGURES.items() if name in drawn),
        temperature=model.temperature,
        least=1 - (model.conformal_quantile or 1.0),
        yes=""
        if model.threshold is None
        else f" `{model.labels[0]}` is answered from {model.threshold:.3f} on, chosen for {_wanted(recipe)}.",
    )


def _wanted(recipe: ClassicalRecipe) -> str:
    return f"a recall of {recipe.recall:.0%}" if recipe.precision is None else f"a precision of {recipe.precision:.0%}"


def _columns(model: ClassicalModel) -> str:
    what = "columns of a table" if model.extractor is None else f"descriptors of `{model.extractor.descriptors.name}`"
    return f"{len(model.columns)} {what}"
