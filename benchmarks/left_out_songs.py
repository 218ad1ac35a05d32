"""
Songs of 4QAED that an emotion model left out: what `tonada train` made of `recipes/emotion.yaml` without its `report`.

The bundled model is of no use here: one that is cross-validated learns from all songs in the end.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tonada.datasets_scripts import emotion_4qaed, splits
from tqdm import tqdm

from tonada.learning.recipes import load_recipe

RESULTS = Path(__file__).parent.parent / "docs" / "results"


@dataclass(frozen=True)
class Labelled:
    """A song's id, its file, and its label's id and name."""

    song_id: str
    path: str
    label: int
    truth: str


def left_out_songs(model: Path, most: int | None = None) -> Iterator[Labelled]:
    """
    The test songs of a model's folder, read from the data sets' folder, `TONADA_DATA`.

    Args:
        model: the folder that `tonada train` made.
        most: the first so many; all, if not given.
    """
    folder = os.environ.get("TONADA_DATA")
    if not folder:
        sys.exit("TONADA_DATA is not set; name the folder that holds 4qaed/")
    rows = emotion_4qaed.load(Path(folder) / load_recipe(model / "recipe.yaml").data.folder)
    sides = splits.load(model / "split.json").of(rows["song_id"])
    chosen = [index for index, side in enumerate(sides) if side == "test"][:most]
    if not chosen:
        sys.exit(f"{model} left no song out for a test; train it without report: {{crossvalidate: true}}")
    names = rows.features["label"].names
    for row in tqdm(rows.select(chosen), unit="song"):
        yield Labelled(row["song_id"], row["audio"]["path"], row["label"], names[row["label"]])
