"""
CCMusic's music genre, as the Hub holds it: spectrogram images of 11-second slices in sixteen genres (Zhou et al. 2025).

The `eval` configuration of `ccmusic-database/music_genre`: mel, cqt and chroma images, three levels of labels, and the
split that came with them. It names no song: a slice is its own song here, the official split was dealt by slices as far
as can be seen, and nobody can undo that some song stands on all sides of it. Figures on it are upper bounds.

A folder holds `eval/train`, `eval/validation` and `eval/test` with Parquet or Arrow files, as a download of the
repository does; without a folder it is fetched at a commit that you name. Not yet run on the real data: tested on a
tiny replica of its schema.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet

from . import form, tables

LICENSE = "CC BY-NC-ND 4.0"
CITATION = """@article{zhou2025ccmusic,
  title={{CCMusic}: An Open and Diverse Database for {Chinese} Music Information Retrieval Research},
  author={Zhou, Monan and Xu, Shenyang and Liu, Zhaorui and Wang, Zhaowen and Yu, Feng and Li, Wei and Han, Baoqiang},
  journal={Transactions of the International Society for Music Information Retrieval}, volume={8}, number={1},
  pages={22--38}, year={2025}, doi={10.5334/tismir.194}
}"""
SONGS = 36_375
LABELS = [
    *("Symphony", "Opera", "Solo", "Chamber", "Pop_vocal_ballad", "Adult_contemporary", "Teen_pop"),
    *("Contemporary_dance_pop", "Dance_pop", "Classic_indie_pop", "Chamber_cabaret_and_art_pop", "Soul_or_RnB"),
    *("Adult_alternative_rock", "Uplifting_anthemic_rock", "Soft_rock", "Acoustic_pop"),
]
PARENTS = {
    **dict.fromkeys(("Symphony", "Opera", "Solo", "Chamber"), "classic"),
    **dict.fromkeys(("Pop_vocal_ballad", "Adult_contemporary", "Teen_pop"), "Pop"),
    **dict.fromkeys(("Contemporary_dance_pop", "Dance_pop"), "Dance_and_house"),
    **dict.fromkeys(("Classic_indie_pop", "Chamber_cabaret_and_art_pop"), "Indie"),
    **dict.fromkeys(("Adult_alternative_rock", "Uplifting_anthemic_rock", "Soft_rock", "Acoustic_pop"), "Rock"),
    **dict.fromkeys(("Pop", "Dance_and_house", "Indie", "Soul_or_RnB", "Rock"), "non_classic"),
}
LABEL_OF = {"Classic": "classic", "Non_classic": "non_classic", "Soul_or_r_and_b": "Soul_or_RnB"}
"""The words of other spelling: level 1 as every data set here has it, and one that older revisions spell otherwise."""
SOURCE = "https://huggingface.co/datasets/ccmusic-database/music_genre (eval)"
REPOSITORY = "ccmusic-database/music_genre"
IMAGES = ("mel", "cqt", "chroma")
LEVELS = {"level_1": "fst_level_label", "level_2": "sec_level_label", "label": "thr_level_label"}


class CcmusicGenre(form.SongBuilder):
    """Reads the files of `eval/`, images undecoded."""

    NEEDS = tuple(f"eval/{split}" for split in form.SPLITS)

    def _info(self) -> datasets.DatasetInfo:
        content = {name: datasets.Image(decode=False) for name in IMAGES}
        features = form.columns(content, LABELS, PARENTS, official=True)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        for split in form.SPLITS:
            for number, row in enumerate(rows_of(folder / "eval" / split)):
                song = f"{split} {number}"
                yield {**row, "song_id": song, "group": song, "split": split}


def load(
    folder: str | Path | None = None,
    cache_dir: str | Path | None = None,
    streaming: bool = False,
    revision: str | None = None,
) -> Any:
    """
    The slices, as `form.load_songs` has them.

    Args:
        folder: a local copy; from the Hub if left out.
        cache_dir, streaming: as in every data set.
        revision: of the Hub's copy, a commit's forty hexadecimal digits: a branch may hold other data tomorrow.
    """
    return form.load_songs(CcmusicGenre, folder or _download(revision), cache_dir, streaming)


def _download(revision: str | None) -> Path:
    import huggingface_hub  # only the Hub needs it

    if not re.fullmatch("[0-9a-f]{40}", revision or ""):
        raise ValueError(f"revision is {revision!r}; give a commit's forty hexadecimal digits, or a folder")
    try:
        found = huggingface_hub.snapshot_download(
            REPOSITORY, repo_type="dataset", revision=revision, allow_patterns="eval/*"
        )
    except OSError as error:
        raise FileNotFoundError(
            f"{REPOSITORY} could not be fetched ({error}); offline, give the folder of a copy that holds eval/"
        ) from error
    return Path(found)


def rows_of(place: Path, content: Sequence[str] = IMAGES) -> Iterator[dict[str, Any]]:
    """Content and labels in Tonada's spelling, of all Parquet and Arrow files of a split."""
    paths = sorted(path for path in place.iterdir() if path.suffix in (".parquet", ".arrow"))
    if not paths:
        raise ValueError(f"{place} holds no .parquet and no .arrow file")
    for path in paths:
        for batch in _batches(path):
            tables.require(path.name, batch.schema.names, (*content, *LEVELS.values()))
            names = {column: _names(path, batch.schema, theirs) for column, theirs in LEVELS.items()}
            for row in batch.to_pylist():
                numbers = {column: row[theirs] for column, theirs in LEVELS.items()}
                yield {**{name: row[name] for name in content}, **_labels(path, numbers, names)}


def _labels(path: Path, numbers: Mapping[str, Any], names: Mapping[str, list[str]]) -> dict[str, str]:
    """The names of a row's numbers, which must be one line of the tree: the Hub writes -1 for no label."""
    for column, number in numbers.items():
        if number not in range(len(names[column])):
            raise ValueError(f"{path.name} has {LEVELS[column]} {number}; expected 0 to {len(names[column]) - 1}")
    labels = {column: names[column][number] for column, number in numbers.items()}
    above = form.upper(labels["label"], LABELS, PARENTS)
    if labels != {**labels, **above}:
        raise ValueError(f"{path.name} says {labels}; {labels['label']} belongs below {above}")
    return labels


def _batches(path: Path) -> Iterator[pyarrow.RecordBatch]:
    if path.suffix == ".parquet":
        yield from pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=100)
    else:
        with pyarrow.memory_map(str(path)) as source:
            yield from pyarrow.ipc.open_stream(source)


def _names(path: Path, schema: pyarrow.Schema, column: str) -> list[str]:
    """The names behind a label's numbers, which the files carry themselves."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path.name} does not say which names the numbers of {column} stand for") from error
    known = [*LABELS, *PARENTS.values()]
    return [tables.word(f"a name of {column} in {path.name}", LABEL_OF.get(name, name), known) for name in names]
