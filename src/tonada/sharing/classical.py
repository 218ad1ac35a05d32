"""A classical model as a folder with what stands behind it, and as the Hub gets it."""

from pathlib import Path

from tonada.learning.classical.card import card_of
from tonada.learning.classical.figures import draw_figures
from tonada.learning.classical.recipe import ClassicalRecipe
from tonada.learning.classical.saving import load_classical_model, save_classical
from tonada.learning.classical.training import ClassicallyTrained
from tonada.sharing.chapters import figures_chapter
from tonada.sharing.models import BESIDE, copy_beside
from tonada.sharing.pushed_cards import EVALUATED, PLACEHOLDER, write_card

IMPORTANCE = "importance.csv"
BARE = """---
library_name: tonada
tags: [music, tonada]
---
# {name}

Answers with one of: **{labels}**.

```
tonada classify {example} --model "{placeholder}"
```

No card was kept with this model: what it learned from is not told here.
"""


def save_classically_trained(trained: ClassicallyTrained, recipe: ClassicalRecipe, path: Path, folder: Path) -> None:
    """
    Write model, config and card, and beside them recipe, list of songs, provenance and figures.

    Args:
        trained: what the run left.
        recipe: of the run.
        path: of the recipe.
        folder: of the run, where its `importance.csv` lies.
    """
    held_out = trained.predictions[recipe.keep]
    drawn = draw_figures(trained.model, trained.rows, held_out, folder / IMPORTANCE, folder)
    save_classical(trained.model, folder, card_of(trained, recipe, drawn))
    (folder / "recipe.yaml").write_bytes(path.read_bytes())
    trained.split.save(folder / "split.json")
    trained.provenance.save(folder)


def pack_classical(folder: Path, name: str, output: Path) -> None:
    """
    Write the model as this version of Tonada saves it, its card under the repository's name, and what goes along.

    The `network/` of a folder stays: it is a model of its own, and is pushed as one.

    Args:
        folder: of the model.
        name: of the repository.
        output: an empty folder.

    Raises:
        ClassicalModelError: the model cannot be loaded, or is not to be trusted.
        ValueError: the card or the results cannot be read, naming the file.
        OSError: something cannot be read or written.
    """
    model = load_classical_model(folder)
    example = "table.csv" if model.extractor is None else "song.mp3"
    bare = BARE.format(name=name, labels=", ".join(model.labels), example=example, placeholder=PLACEHOLDER)
    save_classical(model, output, "")
    write_card(bare, {EVALUATED: figures_chapter(folder)}, folder, name, output)
    copy_beside(folder, (*BESIDE, IMPORTANCE), output)
