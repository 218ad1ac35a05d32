"""
4QAED: 30-second clips in four quadrants of emotion (Panda, Malheiro & Paiva 2018, from AllMusic's experts).

Columns: `audio` (undecoded), `label`, `song_id`, `group` (connected artists: never on both sides of a split).
"""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets

from . import performers

CITATION = """@article{panda2018novel,
  title={Novel Audio Features for Music Emotion Recognition},
  author={Panda, Renato and Malheiro, Ricardo and Paiva, Rui Pedro},
  journal={IEEE Transactions on Affective Computing}, year={2018}, doi={10.1109/TAFFC.2018.2820691}
}"""
LICENSE = "clips for research only; not redistributed here"
LABELS = ["happy", "sad", "relaxed", "angry"]
LABEL_OF = {"Q1": "happy", "Q2": "angry", "Q3": "sad", "Q4": "relaxed"}
"""Russell's quadrants (valence, arousal) in Tonada's one spelling."""


class Emotion4QAED(datasets.GeneratorBasedBuilder):
    """Reads a local folder with `metadata.csv` (file_name, quadrant, song_id, artist) and its `audio/`."""

    VERSION = datasets.Version("1.0.0")

    def _info(self) -> datasets.DatasetInfo:
        features = datasets.Features(
            {
                "audio": datasets.Audio(decode=False),
                "label": datasets.ClassLabel(names=LABELS),
                "song_id": datasets.Value("string"),
                "group": datasets.Value("string"),
            }
        )
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        # One pool, which `datasets` wants called train: no split is official, and a random one would share artists.
        return [datasets.SplitGenerator(datasets.Split.TRAIN, gen_kwargs={"folder": self.config.data_dir})]

    def _generate_examples(self, folder: str) -> Iterator[tuple[int, dict[str, Any]]]:
        with open(Path(folder) / "metadata.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        groups = performers.groups_of([row["artist"] for row in rows], [f"song {row['song_id']}" for row in rows])
        for index, (row, group) in enumerate(zip(rows, groups, strict=True)):
            audio = str(_inside(folder, row["file_name"]))
            label = LABEL_OF[row["quadrant"]]
            yield index, {"audio": audio, "label": label, "song_id": row["song_id"], "group": group}


def load(folder: str | Path, cache_dir: str | Path | None = None) -> datasets.Dataset:
    """
    The data set from a local folder.

    Args:
        folder: holds `metadata.csv` and `audio/`.
        cache_dir: where `datasets` keeps its copy of the table; its own default if left out.

    Raises:
        FileNotFoundError: the folder has no `metadata.csv`.
    """
    folder = Path(folder).resolve()  # the cache is keyed by it, and another place may spell its folder alike
    table = folder / "metadata.csv"
    if not table.is_file():
        raise FileNotFoundError(f"{folder} has no metadata.csv; give the folder of 4QAED that holds it and audio/")
    # What is cached is keyed by the table and by the code that read it: a change of either is never served stale.
    sources = (table, Path(__file__), Path(performers.__file__))
    edition = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    builder = Emotion4QAED(data_dir=str(folder), cache_dir=cache_dir and str(cache_dir), hash=edition)
    builder.download_and_prepare()
    return builder.as_dataset(datasets.Split.TRAIN)


def _inside(folder: str, name: str) -> Path:
    path = (Path(folder) / name).resolve()
    if not path.is_relative_to(Path(folder).resolve()):
        raise ValueError(f"{name!r} in metadata.csv points outside {folder}; file names must stay within the data set")
    return path
