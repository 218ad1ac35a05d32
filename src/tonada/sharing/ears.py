"""An ear as a folder: a network without a head, its extractor, card and what stands behind it."""

from pathlib import Path

from tonada.learning.ear import Ear
from tonada.learning.recipe_parts import Recipe
from tonada.listening.pairs import check_pair
from tonada.sharing.chapters import TOOK, headed, what_it_took
from tonada.sharing.terms import licence_chapter, licence_in_head

CARD = """---
library_name: tonada
license: {licence}
tags: [music, tonada]
---
# Tonada: {name}

Hears music and answers nothing: other models begin with what it has learned, as `model: {{start: {name}}}` in a recipe
says. No label taught it. It learned to tell what {teachers} hears in {mixes:,} mixes of {hours:.1f} hours of songs from
{learned_from}, each mix heard once (`learning/mixes.py`).

```python
from transformers import AutoFeatureExtractor, AutoModel

folder = "THIS FOLDER OR ITS HUB ID"
extractor = AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=True)
model = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
embedding = model(**extractor([song], sampling_rate={rate}, return_tensors="pt")).embedding  # (1, {width})
```

## What was measured

It tells {explained:.1%} of the variance of what the teacher hears in songs by makers whom it has not heard, one of the
{folds} folds of {provenance} (whole in `provenance.json`).
What it is worth to labels, models that began with it say. Printed by `tonada train {recipe}`.

## Licence

{licences}"""


def save_ear(ear: Ear, recipe: Recipe, recipe_path: Path, folder: Path, seconds: float | None = None) -> None:
    """
    Write the folder.

    Args:
        ear: what a run left.
        recipe: of the run.
        recipe_path: where it was read from.
        folder: to write into.
        seconds: that the run took; the card leaves that out if nobody measured it.
    """
    check_pair(ear.model.config, ear.extractor)
    ear.model.save_pretrained(folder)
    ear.extractor.save_pretrained(folder)
    (folder / "recipe.yaml").write_bytes(recipe_path.read_bytes())
    ear.split.save(folder / "split.json")
    ear.provenance.save(folder)
    took = {TOOK: words} if (words := what_it_took(seconds)) else {}
    (folder / "README.md").write_text(card(ear, recipe, recipe_path) + headed(took), encoding="utf-8")


def card(ear: Ear, recipe: Recipe, recipe_path: Path) -> str:
    """The card, every figure computed from the run."""
    return CARD.format(
        name=recipe.name,
        licence=licence_in_head(recipe),
        licences=licence_chapter(recipe),
        teachers=" and ".join(f"`{name}`" for name in recipe.teachers.names),
        mixes=recipe.training.epochs * recipe.teachers.mixes,
        hours=ear.hours,
        learned_from=" and ".join(dict.fromkeys(f"`{source['script']}`" for source in recipe.data.sources)),
        rate=ear.extractor.sampling_rate,
        width=ear.model.config.embedding_size,
        explained=ear.explained,
        folds=recipe.data.folds,
        provenance=ear.provenance,
        recipe=recipe_path,
    )
