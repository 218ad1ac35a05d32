"""The rows of a data set as an audit sees them: whose they are, where they stand, and what tells that two are equal."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np

from tonada.datasets_scripts import splits
from tonada.proving.auditing.files import Heard


@dataclass(frozen=True)
class Song:
    """A row: its id, group and label, and the side of the split it stands on."""

    song_id: str
    group: str
    label: str
    part: str


def songs_of(rows: datasets.Dataset, parts: Sequence[str]) -> list[Song]:
    """The rows with their parts, in their order."""
    name = rows.features["label"].int2str
    columns = zip(rows["song_id"], rows["group"], rows["label"], parts, strict=True)
    return [Song(song, group, name(label), part) for song, group, label, part in columns]


def parts_of(rows: datasets.Dataset, deal: str, folds: int, seed: int) -> list[str]:
    """
    The side of each row: as the data set has it, or its fold, each of which is a side of its own in cross-validation.

    Args:
        rows: of the data set.
        deal: `official`, taken as it is, leaks and all; `even` or `hashed` as in `datasets_scripts.splits`.
        folds: how many.
        seed: of the deal.

    Raises:
        SplitError: the rows cannot be dealt so.
    """
    if deal == "official":
        if "split" not in rows.features:
            raise splits.SplitError(f"there is no official split here, only {', '.join(rows.features)}; deal one")
        return list(rows["split"])
    dealt = splits.DEALS[deal](rows, folds, seed)
    return [f"fold {part}" for part in dealt.of(rows["song_id"])]


def identities(rows: datasets.Dataset, heard: Sequence[Heard]) -> dict[str, list[str]]:
    """By what two rows are one recording, in words: a string a row, empty where nothing is known."""
    if heard:
        return {"the same bytes": [each.content for each in heard], "the same samples": [each.sound for each in heard]}
    images = [name for name, kind in rows.features.items() if isinstance(kind, datasets.Image)]
    if images:
        return {"the same images": [_hash(b"".join(_bytes(row[name]) for name in images)) for row in rows]}
    numbers = [name for name, kind in rows.features.items() if isinstance(kind, datasets.List)]
    keys = ["\n".join(_numbers(row[name]) for name in numbers) for row in rows.select_columns(numbers)]
    return {"the same numbers": keys}


def _numbers(values: list[Any]) -> str:
    """What tells a vector, or the steps of a sequence, from others; empty where there are none."""
    return _hash(np.asarray(values, float).tobytes()) if values else ""


def _bytes(image: dict[str, Any]) -> bytes:
    content = image["bytes"]
    return len(content).to_bytes(8) + content  # so that no image runs into the next


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
