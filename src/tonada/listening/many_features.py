"""Features of many songs from the cache, in their order; those that are not there are made, by several processes."""

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import torch

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.feature_cache import FeatureCache, Features
from tonada.listening.limits import AudioError

SPAWN = multiprocessing.get_context("spawn")  # a fork would copy torch's locks without the threads that hold them

Hearing = tuple[str, TonadaFeatureExtractor]


def features_of(songs: Sequence[Hearing], cache: FeatureCache, workers: int = 1) -> Iterator[Features]:
    """
    The features of each song, see `tried_features_of`.

    Raises:
        AudioError: a file cannot be read as sound.
    """
    for features in tried_features_of(songs, cache, workers):
        if isinstance(features, AudioError):
            raise features
        yield features


def tried_features_of(
    songs: Sequence[Hearing], cache: FeatureCache, workers: int = 1
) -> Iterator[Features | AudioError]:
    """
    The features of each song, or why it has none.

    Args:
        songs: the path of each, and what it is heard with.
        cache: where features are looked for and kept.
        workers: processes that make what is missing; one is this process.

    Raises:
        InputError: stems or embeddings cannot be had here.
        OSError: a process ended before it was done.
    """
    missing = [not _is_kept(cache, song) for song in songs] if workers > 1 else [False]
    if sum(missing) < 2:
        yield from (_tried(cache, song) for song in songs)
        return
    pool = ProcessPoolExecutor(min(workers, sum(missing)), SPAWN, _prepare, (cache.root,))
    try:
        made = pool.map(_make, itertools.compress(songs, missing))
        for song, is_missing in zip(songs, missing, strict=True):
            if is_missing:
                next(made)
            yield _tried(cache, song)
    except BrokenProcessPool as error:
        raise OSError(
            "a process that made features was ended, for want of memory perhaps; give fewer workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _tried(cache: FeatureCache, song: Hearing) -> Features | AudioError:
    try:
        return cache.get_or_make(*song)
    except AudioError as error:
        return error


def _is_kept(cache: FeatureCache, song: Hearing) -> bool:
    entry = cache.entry(*song)
    return entry is not None and entry.exists()


# In a worker's process ------------------------------------------------------------------------------------------------

_cache: FeatureCache


def _prepare(root: Path) -> None:
    global _cache
    _cache = FeatureCache(root)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent answers it, and ends the others
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _make(song: Hearing) -> None:
    with suppress(AudioError):  # the parent meets it again, and says which song it was
        _cache.get_or_make(*song)
