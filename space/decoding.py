"""A visitor's file to a waveform, by ffmpeg, within limits that hold before memory is taken."""

import os
import subprocess

import numpy as np

from limits import MAX_MEGABYTES, MAX_MINUTES, MIN_SECONDS, SILENCE_PEAK, SongError

PATIENCE = 120  # seconds that ffmpeg may take
FORMATS = "aac,aiff,asf,caf,flac,matroska,mov,mp3,ogg,w64,wav"  # no playlist among them, which would open other files


def decode(path: str, rate: int) -> np.ndarray:
    """
    The recording as a mono waveform at a rate in hertz: float32 `(samples,)`.

    Raises:
        SongError: it is too large or too long, or holds no sound that ffmpeg can read.
    """
    if os.path.getsize(path) > MAX_MEGABYTES * 1e6:
        raise SongError("error_large", megabytes=os.path.getsize(path) / 1e6, most=MAX_MEGABYTES)
    only = ["-format_whitelist", FORMATS, "-protocol_whitelist", "file", "-i", f"file:{path}", "-vn"]
    mono = ["-t", str(60 * MAX_MINUTES + 1), "-ac", "1", "-ar", str(rate), "-f", "f32le", "pipe:1"]
    try:
        done = subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", *only, *mono], capture_output=True, timeout=PATIENCE, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise SongError("error_unreadable") from error
    waveform = np.frombuffer(done.stdout, np.float32)
    if not len(waveform) or not np.isfinite(waveform).all():
        raise SongError("error_unreadable")
    if len(waveform) > 60 * MAX_MINUTES * rate:
        raise SongError("error_long", most=MAX_MINUTES)
    return waveform


def decode_song(path: str, rate: int) -> np.ndarray:
    """
    As `decode`, and long and loud enough to be answered.

    Raises:
        SongError: also if it is shorter than an answer needs, or silent.
    """
    waveform = decode(path, rate)
    if len(waveform) < MIN_SECONDS * rate:
        raise SongError("error_short", seconds=len(waveform) / rate, least=MIN_SECONDS)
    if np.abs(waveform).max() < SILENCE_PEAK:
        raise SongError("error_silent")
    return waveform
