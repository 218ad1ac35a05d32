"""
GTZAN as a table: 57 descriptors of a thousand 30-second tracks, a hundred a genre (Tzanetakis & Cook 2002).

A folder holds `features_30_sec.csv` (filename, length, 57 means and variances by librosa, label). Fourteen rows are
another's number by number; equal rows are one group. Nothing says whose tracks they are, and artists fill whole
stretches of some genres (Sturm 2013): scores on it are upper bounds. The length in samples is left out:
it tells of the file and not of the music. No split is official.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets

from . import form, tables

LICENSE = "none stated; not redistributed here"
CITATION = """@article{tzanetakis2002musical,
  title={Musical Genre Classification of Audio Signals},
  author={Tzanetakis, George and Cook, Perry},
  journal={IEEE Transactions on Speech and Audio Processing}, volume={10}, number={5}, pages={293--302}, year={2002},
  doi={10.1109/TSA.2002.800560}
}"""
SONGS = 1000
LABELS = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
PARENTS = {label: "classic" if label == "classical" else "non_classic" for label in LABELS}
SOURCE = "the table features_30_sec.csv that circulates with the GTZAN collection"
MEASURED = (
    *("chroma_stft", "rms", "spectral_centroid", "spectral_bandwidth", "rolloff", "zero_crossing_rate"),
    *("harmony", "perceptr"),
)
COLUMNS = [
    *(f"{name}_{statistic}" for name in MEASURED for statistic in ("mean", "var")),
    "tempo",
    *(f"mfcc{number}_{statistic}" for number in range(1, 21) for statistic in ("mean", "var")),
]


class Gtzan(form.SongBuilder):
    """Reads the table; each row's id is its file's name."""

    NEEDS = ("features_30_sec.csv",)

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.descriptors(COLUMNS), LABELS, PARENTS)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        first: dict[tuple[float, ...], str] = {}
        for row in tables.read(folder / self.NEEDS[0], ("filename", "label", *COLUMNS)):
            values = tuple(float(row[name]) for name in COLUMNS)
            label = tables.word(f"the label of {row['filename']}", row["label"], LABELS)
            yield {
                "descriptors": list(values),
                "label": label,
                **form.upper(label, LABELS, PARENTS),
                "song_id": row["filename"],
                "group": first.setdefault(values, row["filename"]),
            }


def load(folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False) -> Any:
    """The rows of the table, as `form.load_songs` has them."""
    return form.load_songs(Gtzan, folder, cache_dir, streaming)
