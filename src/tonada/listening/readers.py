"""
Two readers behind one form: soundfile (wav, flac, ogg, opus, mp3), and torchcodec (m4a, aac, video containers).

A recording is read block by block and never held whole at its own rate.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from tonada.listening.containers import declared_bytes, flac_goes_on, inspect
from tonada.listening.limits import AudioError, cut_off, not_audio, several
from tonada.listening.streams import Stream

if TYPE_CHECKING:
    from torch import Tensor

BLOCK_SECONDS = 10


@dataclass(frozen=True)
class Recording:
    """What a header says, and the blocks behind it: float32 `(samples, channels)`, or mixed `(samples, 1)`."""

    rate: int
    channels: int
    seconds: float
    blocks: Iterator[np.ndarray]


def open_recording(file: Stream, size: int) -> Recording:
    """
    Choose the reader for a file of `size` bytes and read its header.

    Raises:
        AudioError: no reader knows it, or it is damaged.
    """
    container = inspect(file, size)
    if container.fault == "truncated":
        raise cut_off()
    if container.fault == "several":
        raise several()
    if container.fault == "playlist":
        raise not_audio()
    if container.needs_ffmpeg:
        return _torchcodec_recording(file)
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError as error:
        raise not_audio() from error
    if declared_bytes(sound.extra_info) > size:
        raise cut_off()
    blocks = _soundfile_blocks(sound, file, size)
    return Recording(sound.samplerate, sound.channels, sound.frames / sound.samplerate, blocks)


def _soundfile_blocks(sound: soundfile.SoundFile, file: Stream, size: int) -> Iterator[np.ndarray]:
    with sound:
        while len(block := _next_block(sound)):
            yield block
        if sound.format == "FLAC" and flac_goes_on(file, size):
            raise several()


def _next_block(sound: soundfile.SoundFile) -> np.ndarray:
    try:
        return sound.read(BLOCK_SECONDS * sound.samplerate, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise cut_off() from error


def _torchcodec_recording(file: Stream) -> Recording:
    try:
        from torchcodec._core import get_next_frame
        from torchcodec.decoders import AudioDecoder
    except (ImportError, RuntimeError, OSError) as error:
        raise AudioError(
            "unreadable",
            "needs FFmpeg's libraries, which are not installed; install them (on Debian: apt-get install ffmpeg) or "
            "convert the file to flac",
        ) from error
    try:
        decoder = AudioDecoder(file, num_channels=1)  # mixed while decoding: a block takes less memory
        about = decoder.metadata
    except (RuntimeError, ValueError) as error:
        raise AudioError(
            "unreadable", "holds no sound that FFmpeg can read; it may be empty, cut off or damaged"
        ) from error
    # Of a raw stream (mp3, ADTS) FFmpeg guesses the length from the bit rate; only a container's word counts.
    is_guess = about.codec == "mp3" or about.begin_stream_seconds_from_header is None
    seconds = 0.0 if is_guess else about.duration_seconds or 0.0
    rate, channels = about.sample_rate or 0, about.num_channels or 0
    # Not torchcodec's public ranges: each decodes from the start again, and what follows a gap between the times of two
    # frames is lost.
    return Recording(rate, channels, seconds, _joined(_frames(lambda: get_next_frame(decoder._decoder)[0]), rate))


def _frames(next_frame: "Callable[[], Tensor]") -> Iterator[np.ndarray]:
    while True:
        try:
            yield next_frame().T.numpy()
        except IndexError:  # no more of them
            return
        except RuntimeError as error:
            raise cut_off() from error


def _joined(frames: Iterator[np.ndarray], rate: int) -> Iterator[np.ndarray]:
    """Frames, of some milliseconds each, as blocks."""
    block, samples = [], 0
    for frame in frames:
        block.append(frame)
        samples += len(frame)
        if samples >= BLOCK_SECONDS * rate:
            yield np.concatenate(block)
            block, samples = [], 0
    if samples:
        yield np.concatenate(block)
