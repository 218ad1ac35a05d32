"""A data set as Parquet files that carry their sound and load anywhere without code."""

from collections.abc import Iterator
from pathlib import Path

import datasets
import pyarrow
import pyarrow.parquet
from datasets.table import embed_table_storage
from tqdm import tqdm

from tonada.datasets_scripts import form

SHARD_BYTES = 500_000_000
"""After which a file is closed and the next begun; the Hub's own tools write shards of this size."""
GROUP_ROWS = 100
GROUP_BYTES = 32_000_000
"""A row group is what is held in memory at once, and what the Hub's viewer fetches: no more than these, or one row."""


def write_parquet(rows: datasets.Dataset, folder: Path, shard_bytes: int = SHARD_BYTES) -> dict[str, list[Path]]:
    """
    Write `data/PART-00000-of-0000N.parquet` below a folder and return the files of each part.

    Each official part is a set of files of its own; without an official split all is `train`. The bytes of recordings
    and images stand in the rows, with the file's own name and no folder. Columns stay as they are, `split` too.

    Args:
        rows: in the form of `form.columns`.
        folder: to write below.
        shard_bytes: of a file, after which another is begun.

    Raises:
        OSError: a recording cannot be read, or a file cannot be written.
    """
    (folder / "data").mkdir(parents=True)
    written: dict[str, list[Path]] = {}
    progress = tqdm(total=len(rows), desc="writing", unit="row", leave=False, disable=None)
    for part, members in parts_of(rows).items():
        unnumbered = list(_shards(members, folder / "data", part, shard_bytes, progress))
        named = [folder / "data" / f"{part}-{n:05}-of-{len(unnumbered):05}.parquet" for n in range(len(unnumbered))]
        written[part] = [path.rename(name) for path, name in zip(unnumbered, named, strict=True)]
    progress.close()
    return written


def parts_of(rows: datasets.Dataset) -> dict[str, datasets.Dataset]:
    """The rows of each official part, in the order of `form.SPLITS`; all of them as `train` without one."""
    if "split" not in rows.features:
        return {"train": rows}
    parts = rows["split"][:]
    where = {part: [index for index, each in enumerate(parts) if each == part] for part in form.SPLITS}
    return {part: rows.select(indices) for part, indices in where.items() if indices}


def features_of(rows: datasets.Dataset) -> datasets.Features:
    """The columns as the Hub's viewer plays and shows them: decoded where they are read."""
    decoded = {name: _decoded(feature) for name, feature in rows.features.items()}
    return datasets.Features(decoded)


def _decoded(feature: object) -> object:
    return type(feature)() if isinstance(feature, datasets.Audio | datasets.Image) else feature


def _shards(rows: datasets.Dataset, folder: Path, part: str, shard_bytes: int, progress: tqdm) -> Iterator[Path]:
    """Write a part's files, of which nobody knows the number before the last is full."""
    schema = features_of(rows).arrow_schema
    groups = _groups(rows, schema)
    group = next(groups, None)
    number = 0
    while group is not None:
        path = folder / f"{part}-{number:05}.parquet"
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            full = 0
            while group is not None and full < shard_bytes:
                writer.write_table(group)
                full += group.nbytes
                progress.update(len(group))
                group = next(groups, None)
        yield path
        number += 1


def _groups(rows: datasets.Dataset, schema: pyarrow.Schema) -> Iterator[pyarrow.Table]:
    """The rows with what they name embedded, in tables that fit in memory."""
    held: list[pyarrow.Table] = []
    for one in rows.with_format("arrow").iter(batch_size=1):
        held.append(embed_table_storage(one.cast(schema)))
        if len(held) == GROUP_ROWS or sum(each.nbytes for each in held) >= GROUP_BYTES:
            yield pyarrow.concat_tables(held).combine_chunks()
            held = []
    if held:
        yield pyarrow.concat_tables(held).combine_chunks()
