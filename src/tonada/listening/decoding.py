"""Any audio file to a mono waveform at the model's rate, or one line that says why not."""

import io
import math
import os
import stat
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

import numpy as np
import soxr

from tonada.listening.limits import AudioError, Limits, finite_range
from tonada.listening.readers import Recording, open_recording
from tonada.listening.streams import Stream

Source = str | os.PathLike[str] | bytes | BinaryIO


def decode(source: Source, sampling_rate: int, limits: Limits | None = None, name: str | None = None) -> np.ndarray:
    """
    Read a recording as one channel at the model's rate.

    Args:
        source: a path, a file's bytes, or an open binary file.
        sampling_rate: rate to resample to, hertz (soxr, high quality).
        limits: what is refused; the defaults suit songs.
        name: what errors call it; a path by itself if not given.

    Returns:
        float32 `(samples,)`: the mean of the channels, or FFmpeg's mix of them where FFmpeg reads the file.

    Raises:
        AudioError: with the reason, the file's name, what was expected and what to do.
    """
    return decode_at(source, [sampling_rate], limits, name)[sampling_rate]


def decode_at(
    source: Source, sampling_rates: Iterable[int], limits: Limits | None = None, name: str | None = None
) -> dict[int, np.ndarray]:
    """What `decode` returns, at each of several rates; the recording is read once."""
    limits = limits or Limits()
    name = name or (str(source) if isinstance(source, (str, os.PathLike)) else "the audio given")
    try:
        with _opened(source) as file:
            return _read(Stream(file), sampling_rates, limits)
    except AudioError as error:
        raise AudioError(error.status, f"{name}: {error}") from error


def _opened(source: Source) -> AbstractContextManager[BinaryIO]:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not isinstance(source, (str, os.PathLike)):
        return nullcontext(source)  # whoever opened it closes it
    try:
        if not stat.S_ISREG(os.stat(source).st_mode):
            raise AudioError("unreadable", "is not an ordinary file; give audio files, or folders to search")
        return open(source, "rb")
    except FileNotFoundError as error:
        raise AudioError("missing", "there is no such file; check the path") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise AudioError("unreadable", f"cannot be opened ({reason}); check its name and permissions") from error


def _read(stream: Stream, sampling_rates: Iterable[int], limits: Limits) -> dict[int, np.ndarray]:
    size = stream.seek(0, os.SEEK_END)
    if stream.seek(0) != 0:
        raise AudioError("unreadable", "can only be read forwards, as a pipe; give its bytes or a file")
    limits.check_size(size)
    try:
        recording = open_recording(stream, size)
        limits.check_sound(recording.rate, recording.channels, recording.seconds)
        waveforms = _gather(recording, sampling_rates, limits)
    finally:
        if stream.error is not None:
            raise AudioError("unreadable", f"cannot be read ({stream.error.strerror}); check the disk that it is on")
    return waveforms


def mean_of_channels(block: np.ndarray) -> np.ndarray:
    """
    Float32 `(samples, channels)` to `(samples,)`, channel after channel.

    numpy's mean of pairs takes ten times as long, and a matrix product starts threads of its own and sums in another
    order where a block is cut elsewhere.
    """
    first, *others = block.T
    with np.errstate(invalid="ignore", over="ignore"):  # what is no number is told when its range is looked at
        for channel in others:
            first = first + channel
        return first * np.float32(1 / block.shape[1]) if others else first


def _gather(recording: Recording, sampling_rates: Iterable[int], limits: Limits) -> dict[int, np.ndarray]:
    resamplers = {rate: soxr.ResampleStream(recording.rate, rate, 1, dtype="float32") for rate in sampling_rates}
    waveforms = {rate: bytearray() for rate in resamplers}  # grow in place: an hour is never in memory twice
    read, least, greatest = 0, math.inf, -math.inf
    for block in recording.blocks:
        mono = mean_of_channels(block)
        low, high = finite_range(mono, read / recording.rate)
        least, greatest = min(least, low), max(greatest, high)
        read += len(mono)
        limits.check_sound(recording.rate, recording.channels, read / recording.rate)
        for rate, resampler in resamplers.items():
            waveforms[rate] += resampler.resample_chunk(mono).tobytes()
    for rate, resampler in resamplers.items():
        waveforms[rate] += resampler.resample_chunk(np.empty(0, np.float32), last=True).tobytes()
    limits.check_whole(read / recording.rate, recording.seconds, (greatest - least) / 2)
    return {rate: np.frombuffer(waveform, np.float32) for rate, waveform in waveforms.items()}
