"""Songs that the emotion model did not learn from: the first hundred of its recipe's validation fold."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tonada.datasets_scripts import emotion_4qaed
from tqdm import tqdm

from tonada.learning.recipes import load_recipe
from tonada.learning.songs import split_of
from tonada.listening.decoding import decode

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results"
SONGS = 100


@dataclass(frozen=True)
class Labelled:
    """A song's id, its waveform at the model's rate, `(samples,)`, and the id of its label."""

    song_id: str
    waveform: np.ndarray
    label: int


def validation_songs(rate: int) -> Iterator[Labelled]:
    """Read from the data sets' folder, `TONADA_DATA`."""
    folder = os.environ.get("TONADA_DATA")
    if not folder:
        sys.exit("TONADA_DATA is not set; name the folder that holds 4qaed/")
    data = load_recipe(ROOT / "recipes" / "emotion.yaml").data
    rows = emotion_4qaed.load(Path(folder) / data.folder)
    dealt = split_of(rows, data).of(rows["song_id"])
    chosen = [index for index, split in enumerate(dealt) if split == "validation"][:SONGS]
    for row in tqdm(rows.select(chosen), unit="song"):
        yield Labelled(row["song_id"], decode(row["audio"]["path"], rate), row["label"])
