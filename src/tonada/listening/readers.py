"""
Two readers behind one form: soundfile (wav, flac, ogg, opus, mp3), and torchcodec (m4a, aac, video containers).

A recording is read block by block and never held whole at its own rate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import soundfile

from tonada.listening.containers import declared_wav_bytes, inspect
from tonada.listening.limits import AudioError, cut_off, not_audio

if TYPE_CHECKING:
    from torchcodec.decoders import AudioDecoder

BLOCK_SECONDS = 10
FFMPEG_BLOCK_BYTES = 2**25  # torchcodec decodes from the start again for every block, so blocks are few and large


@dataclass(frozen=True)
class Recording:
    """What a header says, and the blocks behind it: float32 `(samples, channels)`, or mixed `(samples, 1)`."""

    rate: int
    channels: int
    seconds: float
    blocks: Iterator[np.ndarray]


def open_recording(file: BinaryIO, size: int) -> Recording:
    """
    Choose the reader for a file of `size` bytes and read its header.

    Raises:
        AudioError: no reader knows it, or it is damaged.
    """
    container = inspect(file, size)
    if container.fault == "truncated":
        raise cut_off()
    if container.fault == "several":
        raise AudioError("unsupported", "holds several recordings one after another; split it into a file for each")
    if container.fault == "playlist":
        raise not_audio()
    if container.needs_ffmpeg:
        return _torchcodec_recording(file)
    try:
        sound = soundfile.SoundFile(file)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: a name ending in .raw needs a format
        raise not_audio() from error
    if declared_wav_bytes(sound.extra_info) > size:
        raise cut_off()
    return Recording(sound.samplerate, sound.channels, sound.frames / sound.samplerate, _soundfile_blocks(sound))


def _soundfile_blocks(sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    with sound:
        while len(block := _next_block(sound)):
            yield block


def _next_block(sound: soundfile.SoundFile) -> np.ndarray:
    try:
        return sound.read(BLOCK_SECONDS * sound.samplerate, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise cut_off() from error


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
    block = FFMPEG_BLOCK_BYTES / (4 * max(1, rate))
    return Recording(rate, channels, seconds, _torchcodec_blocks(decoder, block))


def _torchcodec_blocks(decoder: "AudioDecoder", seconds: float) -> Iterator[np.ndarray]:
    start = 0.0
    while True:
        try:
            samples = decoder.get_samples_played_in_range(start, start + seconds)
        except RuntimeError as error:
            if "No audio frames were decoded" in str(error):
                return
            raise cut_off() from error
        yield samples.data.T.numpy()
        start += seconds
