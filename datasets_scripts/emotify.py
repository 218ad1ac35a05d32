"""
Emotify, by genre: 300 of its 400 clips of Magnatune's music (Aljanaki, Wiering & Veltkamp 2016).

75 clips of 30 seconds a genre, with artist and title, and how many listeners felt each of nine emotions (the table's
further columns, which are not read here). A folder holds `metadata.csv` (file_name, label, track_id, artist) and
`audio/`. Some artists have 17 clips: with random folds macro-F1 is ten points higher than with connected performers on
one side. No split is official.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets

from . import form, performers, tables

LICENSE = "CC BY-NC-SA"
CITATION = """@article{aljanaki2016studying,
  title={Studying emotion induced by music through a crowdsourcing game},
  author={Aljanaki, Anna and Wiering, Frans and Veltkamp, Remco C.},
  journal={Information Processing & Management}, volume={52}, number={1}, year={2016}, doi={10.1016/j.ipm.2015.03.004}
}"""
SONGS = 300
LABELS = ["classical", "electronic", "pop", "rock"]
PARENTS = {"classical": "classic", "electronic": "non_classic", "pop": "non_classic", "rock": "non_classic"}
SOURCE = "https://www2.projects.science.uu.nl/memotion/emotifydata/"


class Emotify(form.SongBuilder):
    """Reads `metadata.csv` and names the files of `audio/`."""

    NEEDS = ("metadata.csv",)

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, LABELS, PARENTS)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        rows = tables.read(folder / "metadata.csv", ("file_name", "label", "track_id", "artist"))
        groups = performers.groups_of([row["artist"] for row in rows], [f"song {row['track_id']}" for row in rows])
        for row, group in zip(rows, groups, strict=True):
            label = tables.word(f"the label of {row['track_id']}", row["label"], LABELS)
            yield {
                "audio": str(tables.inside(folder, row["file_name"])),
                "label": label,
                **form.upper(label, LABELS, PARENTS),
                "song_id": row["track_id"],
                "group": group,
            }


def load(folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False) -> Any:
    """The clips, as `form.load_songs` has them."""
    return form.load_songs(Emotify, folder, cache_dir, streaming)
