"""
4QAED: 30-second clips in four quadrants of emotion (Panda, Malheiro & Paiva 2018, from AllMusic's experts).

720 of the 900 clips, 180 a quadrant, with artist, title, genres and moods. A folder holds `metadata.csv` (file_name,
quadrant, song_id, artist) and `audio/`; songs of your own in that form do as well. Three clips have no artist: each is
its own group. No split is official.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets

from . import form, performers, tables

LICENSE = "clips for research only; not redistributed here"
CITATION = """@article{panda2018novel,
  title={Novel Audio Features for Music Emotion Recognition},
  author={Panda, Renato and Malheiro, Ricardo and Paiva, Rui Pedro},
  journal={IEEE Transactions on Affective Computing}, year={2018}, doi={10.1109/TAFFC.2018.2820691}
}"""
SONGS = 720
LABELS = ["happy", "sad", "relaxed", "angry"]
PARENTS: dict[str, str] = {}
LABEL_OF = {"Q1": "happy", "Q2": "angry", "Q3": "sad", "Q4": "relaxed"}
"""Russell's quadrants (valence, arousal) in Tonada's one spelling."""
SOURCE = "http://mir.dei.uc.pt/downloads.html (4QAED)"


class Emotion4QAED(form.SongBuilder):
    """Reads `metadata.csv` and names the files of `audio/`."""

    NEEDS = ("metadata.csv",)

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, LABELS)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        rows = tables.read(folder / "metadata.csv", ("file_name", "quadrant", "song_id", "artist"))
        groups = performers.groups_of([row["artist"] for row in rows], [f"song {row['song_id']}" for row in rows])
        for row, group in zip(rows, groups, strict=True):
            quadrant = tables.word(f"the quadrant of {row['song_id']}", row["quadrant"], LABEL_OF)
            yield {
                "audio": str(tables.inside(folder, row["file_name"])),
                "label": LABEL_OF[quadrant],
                "song_id": row["song_id"],
                "group": group,
            }


def load(folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False) -> Any:
    """The clips, as `form.load_songs` has them."""
    return form.load_songs(Emotion4QAED, folder, cache_dir, streaming)
