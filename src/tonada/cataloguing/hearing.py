"""Features of many files at once, on several processes."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from tonada.cataloguing.processes import Crew, Lost
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError, Limits


@dataclass(frozen=True)
class SongFeatures:
    """
    A song's features, or why there are none.

    Attributes:
        path: the file as it was given.
        status: `ok`, the word of an `AudioError`, `failed`, or `crashed` for a file that ended its process.
        message: empty, or one line that says what went wrong and what to do.
        state: size in bytes and time of modification in microseconds since 1970, as found before reading.
        duration: seconds.
        times: start and end of each segment, seconds.
        values: `(segments, columns)`, float32; `None` without an answer, and where an earlier run has them.
    """

    path: str
    status: str = "ok"
    message: str = ""
    state: tuple[int, int] | None = None
    duration: float | None = None
    times: tuple[tuple[float, float], ...] = ()
    values: np.ndarray | None = None


def file_state(path: str) -> tuple[int, int] | None:
    """What tells that a file has changed: its size and its time of modification; nothing if it cannot be asked."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        return None
    return found.st_size, found.st_mtime_ns // 1000


def hear(path: str, extractor: TonadaFeatureExtractor, limits: Limits | None = None) -> SongFeatures:
    """Features of one file, or the reason why there are none."""
    state = file_state(path)
    rate = extractor.sampling_rate
    try:
        waveform = decode(path, rate, limits)
        with torch.inference_mode():
            values = extractor(waveform, sampling_rate=rate)["descriptors"][0]
            times = tuple(extractor.segment_times(waveform))
    except AudioError as error:
        return SongFeatures(path, error.status, str(error), state)
    except Exception as error:  # one strange file must not take the rest of a catalogue with it
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        message = f"{path}: its features could not be computed ({reason}); please report this file"
        return SongFeatures(path, "failed", message, state)
    return SongFeatures(path, state=state, duration=len(waveform) / rate, times=times, values=values)


def hear_all(
    paths: Iterable[str], extractor: TonadaFeatureExtractor, limits: Limits | None = None, workers: int = 1
) -> Iterator[SongFeatures]:
    """
    Features of each file as soon as they are known, in whatever order that is.

    The processes end when the iterator is closed, and also when this process is killed.

    Raises:
        HearingError: a process ends before it hears anything.
    """
    with Crew(partial(_hearing, extractor, limits), workers) as crew:
        for path, heard in crew.each(paths):
            if isinstance(heard, Lost):
                yield SongFeatures(path, heard.status, heard.message, file_state(path))
            else:
                yield heard


def _hearing(extractor: TonadaFeatureExtractor, limits: Limits | None) -> partial[SongFeatures]:
    return partial(hear, extractor=extractor, limits=limits)
