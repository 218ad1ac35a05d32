"""The one form of all data sets: the columns they yield, and how a builder becomes rows in memory or in a stream."""

import hashlib
import json
import os
import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
from datasets.exceptions import DatasetGenerationError

from . import archives, tables

SPLITS = ("train", "validation", "test")
CODE = Path(__file__).parent
LEFT_OUT = "left_out.json"
"""Beside a table that `datasets` keeps: what is not in it."""
AUDIO = {"audio": datasets.Audio(decode=False)}  # a corrupt file must not end the reading of all the others


def descriptors(names: Sequence) -> dict[str, Any]:
    """The content of a table of numbers: one vector a song, in the order of `names`."""
    return {"descriptors": datasets.List(datasets.Value("float64"), length=len(names))}


def columns(
    content: Mapping[str, Any],
    labels: Sequence[str],
    parents: Mapping[str, str] | None = None,
    official: bool = False,
    weighted: bool = False,
) -> datasets.Features:
    """
    The columns of a data set, in this order in all of them.

    Args:
        content: what there is to hear or see: `AUDIO`, `descriptors(…)`, images.
        labels: leaves of the tree, in the order of their ids.
        parents: what stands right above each label that has something above it; adds `level_1` (the roots) and so on.
        official: whether the data set comes with its own split; adds `split`, one of `SPLITS`.
        weighted: whether some labels are surer than others; adds `weight`, above 0 and at most 1.
    """
    above = levels(labels, parents or {})
    return datasets.Features(
        {
            **content,
            "label": datasets.ClassLabel(names=list(labels)),
            **{f"level_{depth}": datasets.ClassLabel(names=names) for depth, names in enumerate(above, start=1)},
            "song_id": datasets.Value("string"),
            "group": datasets.Value("string"),
            **({"split": datasets.Value("string")} if official else {}),
            **({"weight": datasets.Value("float64")} if weighted else {}),
        }
    )


def levels(labels: Sequence[str], parents: Mapping[str, str]) -> list[list[str]]:
    """
    The names on each level above the leaves, roots first: none without a tree.

    As in `TonadaConfig.tree`, a leaf that ends above a level stands on it too.
    """
    lines = [_line(label, parents) for label in labels]
    deepest = max(map(len, lines), default=1)
    return [list(dict.fromkeys(line[min(depth, len(line) - 1)] for line in lines)) for depth in range(deepest - 1)]


def upper(label: str, labels: Sequence[str], parents: Mapping[str, str]) -> dict[str, str]:
    """`level_1` and so on of one label."""
    line = _line(label, parents)
    return {f"level_{depth}": line[min(depth, len(line)) - 1] for depth in range(1, len(levels(labels, parents)) + 1)}


def _line(label: str, parents: Mapping[str, str]) -> list[str]:
    line = [label]
    while line[0] in parents:
        line.insert(0, parents[line[0]])
    return line


class SongBuilder(datasets.GeneratorBasedBuilder):
    """
    A builder over a local folder; a data set adds `_info` and `_songs`.

    Attributes:
        NEEDS: files that the folder must hold, relative to it.
        READS: what else it reads of it, where it is there.
        MAKES_AUDIO: whether the files it names are its own, to be made anew where somebody deleted them.
        left_out: what could not be read while the table was made, a line each; None where it was there already.
    """

    VERSION = datasets.Version("1.0.0")
    NEEDS: tuple[str, ...] = ()
    READS: tuple[str, ...] = ()
    MAKES_AUDIO = False
    left_out: list[str] | None = None

    def leave_out(self, what: str) -> None:
        """Tell of something that is not in the table, and why."""
        warnings.warn(f"left out: {what}", stacklevel=3)
        self.left_out = [*(self.left_out or []), what]

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        # One pool, which `datasets` wants called train: an official split is a column, so that no song is out of sight.
        return [datasets.SplitGenerator(datasets.Split.TRAIN, gen_kwargs={"folder": self.config.data_dir})]

    def _generate_examples(self, folder: str) -> Iterator[tuple[int, dict[str, Any]]]:
        self.left_out = []
        yield from enumerate(self._songs(Path(folder)))

    @abstractmethod
    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        """The rows, in an order that does not change."""


def load_songs(
    builder: type[SongBuilder],
    folder: str | Path,
    cache_dir: str | Path | None = None,
    streaming: bool = False,
    **options: Any,
) -> datasets.Dataset | datasets.IterableDataset:
    """
    The rows of a builder's folder; what it had to leave out is warned of, each time.

    Args:
        builder: of the data set.
        folder: what it reads; a zip or tar archive of it is unpacked first.
        cache_dir: where `datasets` keeps its copy of the table, and archives are unpacked; its own default if left out.
        streaming: rows one by one as they are read, with nothing kept.
        options: fields of the builder's config.

    Raises:
        FileNotFoundError: the folder is not there, or lacks a file that the data set needs.
        ValueError: what is in it is not what was expected.
    """
    folder = opened(builder, folder, cache_dir)
    options = {**options, "cache_dir": cache_dir and str(cache_dir)}
    made = builder(data_dir=str(folder), hash=_edition(builder, folder), **options)
    if streaming:
        return made.as_streaming_dataset(datasets.Split.TRAIN)
    _prepare(made)
    rows = _read(made, folder)
    if not _is_whole(made, rows):
        _prepare(made, datasets.DownloadMode.FORCE_REDOWNLOAD)
        rows = _read(made, folder)
    if made.left_out is None:
        for what in left_out(rows):
            warnings.warn(f"left out: {what}; to try again, delete {made.cache_dir}", stacklevel=3)
    return rows


def left_out(rows: datasets.Dataset) -> list[str]:
    """What a builder had to leave out of rows that `load_songs` gave, a line each with the reason."""
    kept = [Path(file["filename"]).with_name(LEFT_OUT) for file in rows.cache_files[:1]]
    return [what for path in kept if path.is_file() for what in json.loads(path.read_text(encoding="utf-8"))]


def _is_whole(made: SongBuilder, rows: datasets.Dataset) -> bool:
    """Whether the list of what was left out, and the audio that the builder made, are still there."""
    made_audio = [Path(audio["path"]) for audio in rows["audio"]] if made.MAKES_AUDIO else []
    return Path(made.cache_dir, LEFT_OUT).is_file() and all(path.is_file() for path in made_audio)


def _read(made: SongBuilder, folder: Path) -> datasets.Dataset:
    try:
        return made.as_dataset(datasets.Split.TRAIN)
    except ValueError as error:
        if "corresponds to no data" not in str(error):  # what `datasets` says of a table without rows
            raise
        name = _name(type(made))
        raise ValueError(f"{folder}: {name} takes none of its songs; see docs/data.md for what it takes") from error


def _prepare(made: SongBuilder, mode: datasets.DownloadMode = datasets.DownloadMode.REUSE_DATASET_IF_EXISTS) -> None:
    try:
        made.download_and_prepare(download_mode=mode)
    except DatasetGenerationError as error:  # it says only that something failed
        raise error.__cause__ or error from None
    if made.left_out is not None:
        partial = Path(made.cache_dir, f"{LEFT_OUT}.partial")
        partial.write_text(json.dumps(made.left_out), encoding="utf-8")
        os.replace(partial, Path(made.cache_dir, LEFT_OUT))


def opened(builder: type[SongBuilder], folder: str | Path, cache_dir: str | Path | None = None) -> Path:
    """
    The folder to read, by its one full name: what was given, or where it was unpacked.

    Raises:
        FileNotFoundError: it is not there, or lacks what the builder needs.
        ArchiveError: an archive that is refused.
    """
    folder = Path(folder).expanduser().resolve()  # the cache is keyed by it, and another place may spell it alike
    if folder.is_file():
        unpacked = archives.unpack(folder, kept(cache_dir) / "unpacked")
        folder = _top(builder, unpacked)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; give the folder of {_name(builder)}, or a zip or tar of it")
    missing = [name for name in builder.NEEDS if not (folder / name).exists()]
    if missing:
        raise FileNotFoundError(
            f"{folder} has no {', '.join(missing)}; give the folder of {_name(builder)} that holds "
            f"{', '.join(builder.NEEDS)}"
        )
    return folder


def kept(cache_dir: str | Path | None) -> Path:
    """Where what was made for a data set is kept, beside `datasets`' own tables."""
    return Path(cache_dir or datasets.config.HF_DATASETS_CACHE).resolve()


def _top(builder: type[SongBuilder], folder: Path) -> Path:
    """The one folder that an archive was made of, or the archive's own: what is needed is there, or it is a label's."""
    found = [path for path in folder.iterdir() if not tables.hidden(path.relative_to(folder))]
    needed = [name for name in builder.NEEDS if name != "."]
    if len(found) != 1 or not found[0].is_dir() or any((folder / name).exists() for name in needed):
        return folder
    suffixes = {path.suffix.lower() for path in found[0].iterdir()}
    is_label = not needed and suffixes & tables.AUDIO_SUFFIXES and not suffixes & tables.TABLE_SUFFIXES
    return folder if is_label else found[0]


def _edition(builder: type[SongBuilder], folder: Path) -> str:
    """The cache's key: what was read and the code that read it, so that a change of either is never served stale."""
    digest = hashlib.sha256()
    for path in [*sorted(CODE.glob("*.py")), *(folder / name for name in builder.NEEDS)]:
        digest.update(path.read_bytes() if path.is_file() else tables.state(path))
    for name in builder.READS:
        digest.update(tables.state(folder / name))
    return digest.hexdigest()[:16]


def _name(builder: type[SongBuilder]) -> str:
    return builder.__module__.rpartition(".")[2]
