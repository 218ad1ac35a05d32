"""Descriptors of many songs into one table: which set, which songs, and what is still to be heard."""

import os
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tonada.cataloguing.hearing import SongFeatures, hear_all
from tonada.cataloguing.parts import Parts
from tonada.cataloguing.tables import table_of, table_schema
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.files import Found
from tonada.listening.limits import Limits


class SetError(Exception):
    """A descriptor set that does not exist or cannot be computed, in one line."""


def extractor_of(descriptor_set: str, **settings: Any) -> TonadaFeatureExtractor:
    """
    The extractor of a published set, by name, or of one's own, by a YAML file that lists its blocks.

    Args:
        descriptor_set: a name of `DESCRIPTOR_SETS`, or a file ending in `.yaml` or `.yml`.
        settings: of the extractor, to change.

    Raises:
        SetError: there is no such set or file, or it cannot be computed with these settings.
    """
    is_file = descriptor_set.endswith((".yaml", ".yml"))
    try:
        chosen = _blocks(Path(descriptor_set)) if is_file else descriptor_set
        extractor = TonadaFeatureExtractor.for_set(chosen, **settings)
        second = np.random.default_rng(0).uniform(-0.1, 0.1, extractor.sampling_rate).astype(np.float32)
        extractor(second, sampling_rate=extractor.sampling_rate)  # a setting that cannot be is said once, and now
    except Exception as error:  # anything that settings of one's own make torch or YAML say
        reason = " ".join(str(error).split())
        raise SetError(f"{descriptor_set}: {reason}" if is_file else reason) from error
    return extractor


def extract(
    found: Iterable[Found],
    extractor: TonadaFeatureExtractor,
    output: str | os.PathLike[str],
    limits: Limits | None = None,
    workers: int = 1,
) -> Generator[SongFeatures, None, None]:
    """
    Write the descriptors of the songs that `find_audio` found to a Parquet table, and yield each as it is done.

    A song that an earlier run read, finished or not, is not heard again unless its file has changed; its `values` are
    then `None`. When the iterator is exhausted the table is there; when it is closed before, or the process killed, the
    same call goes on. The table is the same for any number of workers and interruptions.

    Args:
        found: files, each once in the table however often it is given.
        extractor: of descriptors, see `extractor_of`.
        output: the Parquet file; while it is made, a folder beside it.
        limits: what recordings are refused.
        workers: processes, each on one thread.

    Raises:
        TableError: the output holds other features, or another process is making it.
        HearingError: no process can be had.
        OSError: the output cannot be written.
    """
    with Parts(Path(output), table_schema(extractor), table_of) as parts:
        for path, error in found:
            if not parts.want(path, waits=error is None):
                continue
            if error is not None:
                parts.add(song := SongFeatures(path, error.status, str(error)))
                yield song
            elif parts.holds(path):
                yield SongFeatures(path)
        for song in hear_all(parts.waiting(), extractor, limits, workers):
            parts.add(song, max(1, len(song.times)))
            yield song
        parts.join()


def _blocks(file: Path) -> list[dict[str, Any]]:
    """The blocks of a YAML file: a list of them, or one under `descriptor_set` as in a recipe."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    blocks = content["descriptor_set"] if isinstance(content, dict) and set(content) == {"descriptor_set"} else content
    if not isinstance(blocks, list):
        raise ValueError("should list blocks, each like {descriptor: mfcc, statistics: [mean]}")
    return blocks
