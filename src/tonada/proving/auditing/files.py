"""What an audio file is: whether it can be heard, how long and at which rates, and what tells it from others."""

import hashlib
import os
from dataclasses import dataclass

import numpy as np

from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError, Limits
from tonada.listening.readers import open_recording
from tonada.listening.streams import Stream
from tonada.proving.auditing.fingerprint import RATE, Fingerprint, fingerprint

ANY_LENGTH = Limits(min_seconds=0.0)


@dataclass(frozen=True)
class Heard:
    """
    A file, or why it cannot be heard.

    Attributes:
        path: as the data set names it.
        status: `ok`, or the word of an `AudioError`.
        message: empty, or one line that says what is wrong.
        size: bytes.
        seconds: of sound, as decoded.
        rate: hertz, as the file has it.
        channels: as the file has them; 1 where FFmpeg mixes them.
        content: SHA-256 of the bytes; empty if there is no such file.
        sound: SHA-256 of the samples, one channel at `RATE`; empty if they cannot be had.
        print: the fingerprint.
    """

    path: str
    status: str = "ok"
    message: str = ""
    size: int = 0
    seconds: float = 0.0
    rate: int = 0
    channels: int = 0
    content: str = ""
    sound: str = ""
    print: Fingerprint | None = None

    @property
    def bit_rate(self) -> float:
        """Of the whole file, kbit/s."""
        return self.size * 8 / 1000 / self.seconds if self.seconds else 0.0


def hear(path: str) -> Heard:
    """Decode a file once, and tell what it is."""
    try:
        waveform = decode(path, RATE, ANY_LENGTH)
    except AudioError as error:
        return Heard(path, error.status, str(error), content=_content(path))
    size, rate, channels = _header(path)
    sound = hashlib.sha256(waveform.tobytes()).hexdigest()
    seconds = len(waveform) / RATE
    return Heard(path, "ok", "", size, seconds, rate, channels, _content(path), sound, fingerprint(waveform))


def quantiles(values: list[float]) -> list[float]:
    """Least, lower quartile, median, upper quartile, greatest."""
    return np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()


def _header(path: str) -> tuple[int, int, int]:
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        recording = open_recording(Stream(file), size)
    return size, recording.rate, recording.channels


def _content(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        return ""
