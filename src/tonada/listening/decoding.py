"""
Any audio file to a mono waveform at the model's rate, or one line that says why not.

soundfile reads wav, flac, ogg, opus and mp3; torchcodec (FFmpeg's libraries) reads m4a, aac and video
containers. Sizes are checked against the limits before memory is taken, and again while reading, because
headers lie. A recording is read block by block and never held at its own rate.
"""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from tonada.listening.containers import declared_wav_bytes, inspect

BLOCK_SECONDS = 10
FFMPEG_BLOCK_BYTES = 2**27  # torchcodec decodes from the start again for every block, so blocks are few and large
LOUDEST = 1e6  # full scale is 1; what is louder by 120 dB is not sound but damage
SILENCE_PEAK = 1e-4  # -80 dBFS: below the noise floor of any recording somebody meant to be heard
TRUNCATED_SECONDS = 1.0  # a header may round its length; a file that misses more than this was cut

Source = str | os.PathLike[str] | bytes | BinaryIO


@dataclass(frozen=True)
class Limits:
    """What a recording may be at most, and at least; bounds on memory and time, generous for songs."""

    max_bytes: int = 4 * 2**30
    max_seconds: float = 2 * 3600.0
    min_seconds: float = 3.0
    max_channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000


class AudioError(Exception):
    """
    A recording that cannot be judged.

    Attributes:
        status: one word for programs: `missing`, `empty`, `unreadable`, `truncated`, `too_long`, `too_short`,
            `too_large`, `unsupported`, `not_finite`, `silent` or `no_audio`.
    """

    def __init__(self, status: str, message: str):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Recording:
    """What a header says, and the blocks behind it: float32 `(samples, channels)` at `rate`."""

    rate: int
    channels: int
    seconds: float
    blocks: Iterator[np.ndarray]


def decode(source: Source, sampling_rate: int, limits: Limits | None = None) -> np.ndarray:
    """
    Read a recording as one channel at the model's rate.

    Args:
        source: a path, a file's bytes, or an open binary file.
        sampling_rate: rate to resample to, hertz (soxr, high quality).
        limits: what is refused; the defaults suit songs.

    Returns:
        float32 `(samples,)`, the mean of the channels.

    Raises:
        AudioError: with the reason, the file's name, what was expected and what to do.
    """
    limits = limits or Limits()
    name = str(source) if isinstance(source, (str, os.PathLike)) else "the audio given"
    try:
        with _opened(source) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            _check_size(size, limits)
            recording = _recording(file, size)
            _check_header(recording, limits)
            return _gather(recording, sampling_rate, limits)
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


def _recording(file: BinaryIO, size: int) -> Recording:
    container = inspect(file, size)
    if container.fault == "truncated":
        raise _cut_off()
    if container.fault == "several":
        raise AudioError("unsupported", "holds several recordings one after another; split it into a file for each")
    if container.fault == "playlist":
        raise _not_audio()
    if container.needs_ffmpeg:
        return _torchcodec_recording(file)
    try:
        sound = soundfile.SoundFile(file)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: a name ending in .raw needs a format
        raise _not_audio() from error
    if declared_wav_bytes(sound.extra_info) > size:
        raise _cut_off()
    return Recording(sound.samplerate, sound.channels, sound.frames / sound.samplerate, _soundfile_blocks(sound))


def _soundfile_blocks(sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    with sound:
        while len(block := _next_block(sound)):
            yield block


def _next_block(sound: soundfile.SoundFile) -> np.ndarray:
    try:
        return sound.read(BLOCK_SECONDS * sound.samplerate, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise _cut_off() from error


def _torchcodec_recording(file: BinaryIO) -> Recording:
    try:
        from torchcodec.decoders import AudioDecoder
    except (ImportError, RuntimeError, OSError) as error:
        raise AudioError(
            "unreadable",
            "needs FFmpeg's libraries, which are not installed; install them (on Debian: apt-get install ffmpeg) or "
            "convert the file to flac",
        ) from error
    try:
        decoder = AudioDecoder(file)
        about = decoder.metadata
    except (RuntimeError, ValueError) as error:
        raise AudioError("unreadable", "holds no audio that FFmpeg can read; it may be cut off or damaged") from error
    # Of a raw stream (mp3, ADTS) FFmpeg guesses the length from the bit rate; only a container's word counts.
    is_guess = about.codec == "mp3" or about.begin_stream_seconds_from_header is None
    seconds = 0.0 if is_guess else about.duration_seconds or 0.0
    rate, channels = about.sample_rate or 0, about.num_channels or 0
    block = FFMPEG_BLOCK_BYTES / (4 * max(1, rate * channels))
    return Recording(rate, channels, seconds, _torchcodec_blocks(decoder, block))


def _torchcodec_blocks(decoder, seconds: float) -> Iterator[np.ndarray]:
    start = 0.0
    while True:
        try:
            samples = decoder.get_samples_played_in_range(start, start + seconds)
        except RuntimeError as error:
            if "No audio frames were decoded" in str(error) and start > 0:
                return
            raise _cut_off() from error
        yield samples.data.T.numpy()
        start += seconds


def _gather(recording: Recording, sampling_rate: int, limits: Limits) -> np.ndarray:
    resampler = soxr.ResampleStream(recording.rate, sampling_rate, 1, dtype="float32")
    waveform = bytearray()  # grows in place: an hour is never in memory twice
    read, peak = 0, 0.0
    for block in recording.blocks:
        mono = block.mean(axis=1, dtype=np.float32)
        peak = max(peak, _finite_peak(mono, read / recording.rate))
        read += len(mono)
        if read > limits.max_seconds * recording.rate:
            raise _too_long(read / recording.rate, limits)
        waveform += resampler.resample_chunk(mono).tobytes()
    waveform += resampler.resample_chunk(np.empty(0, np.float32), last=True).tobytes()
    _check_read(read / recording.rate, recording.seconds, peak, limits)
    return np.frombuffer(waveform, np.float32)


def _finite_peak(mono: np.ndarray, seconds: float) -> float:
    peak = float(np.abs(mono).max(initial=0.0))  # NaN and infinity both come through a maximum
    if not np.isfinite(peak):
        raise AudioError("not_finite", f"has samples that are not numbers, near {seconds:.0f} s; export it again")
    if peak > LOUDEST:
        raise AudioError("unsupported", f"has samples up to {peak:.0e} where full scale is 1; export it again")
    return peak


def _check_size(size: int, limits: Limits) -> None:
    if size == 0:
        raise AudioError("empty", "the file is empty (0 bytes); copy or download it again")
    if size > limits.max_bytes:
        raise AudioError("too_large", f"has {size:,} bytes, at most {limits.max_bytes:,} are read; cut it into parts")


def _check_header(recording: Recording, limits: Limits) -> None:
    if not 1 <= recording.channels <= limits.max_channels:
        raise AudioError(
            "unsupported", f"has {recording.channels} channels, 1 to {limits.max_channels} are read; mix it down first"
        )
    if not limits.min_rate <= recording.rate <= limits.max_rate:
        raise AudioError(
            "unsupported",
            f"is sampled at {recording.rate} Hz, {limits.min_rate} to {limits.max_rate} Hz are read; resample it first",
        )
    if recording.seconds > limits.max_seconds:
        raise _too_long(recording.seconds, limits)


def _check_read(read: float, declared: float, peak: float, limits: Limits) -> None:
    if read == 0:
        raise AudioError("empty", "holds no sound at all (0 samples); record or export it again")
    if read < declared - TRUNCATED_SECONDS:
        raise AudioError(
            "truncated", f"ends after {read:.1f} s of the {declared:.1f} s it announces; copy or download it again"
        )
    if read < limits.min_seconds:
        raise AudioError(
            "too_short", f"lasts {read:.2f} s, an answer needs at least {limits.min_seconds:g} s; give a longer excerpt"
        )
    if peak < SILENCE_PEAK:
        raise AudioError(
            "silent", f"is silent once its channels are averaged (peak {peak:.0e}); there is nothing to judge"
        )


def _too_long(seconds: float, limits: Limits) -> AudioError:
    minutes, most = seconds / 60, limits.max_seconds / 60
    return AudioError(
        "too_long", f"lasts {minutes:.1f} minutes, at most {most:.1f} are read; cut it up or raise --max-minutes"
    )


def _not_audio() -> AudioError:
    return AudioError(
        "unreadable",
        "holds no audio that Tonada can read, whatever its name says; give wav, flac, ogg, opus, mp3, m4a or aac",
    )


def _cut_off() -> AudioError:
    return AudioError("truncated", "breaks off before its end or is damaged; copy or download it again")
