"""A visitor's file to a waveform, by ffmpeg, within limits that hold before memory is taken."""

import os
import subprocess

import numpy as np

from limits import MAX_MEGABYTES, MAX_MINUTES, MIN_SECONDS, SILENCE_PEAK, SongError

PATIENCE = 120  # seconds that ffmpeg may take
FORMATS = "aac,aiff,asf,caf,flac,matroska,mov,mp3,ogg,w64,wav"  # no playlist among them, which would open other files


def decode_song(path: str | None, rate: int) -> np.ndarray:
    """
    A recording as a mono waveform at a rate in hertz: float32 `(samples,)`.

    Raises:
        SongError: there is none, it is too large, too long, too short or silent, or ffmpeg finds no sound in it.
    """
    if not path:
        raise SongError("error_missing")
    if os.path.getsize(path) > MAX_MEGABYTES * 1e6:
        raise SongError("error_large", megabytes=os.path.getsize(path) / 1e6, most=MAX_MEGABYTES)
    only = ["-format_whitelist", FORMATS, "-protocol_whitelist", "file", "-i", f"file:{path}", "-vn"]
    most = ["-t", str(60 * MAX_MINUTES + 1)]
    try:
        waveform = _by_ffmpeg([*only, *most], rate)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise SongError("error_unreadable") from error
    _check(waveform, len(waveform) / rate)
    return waveform


def resampled(waveform: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """A waveform, float32 `(samples,)`, at another rate in hertz."""
    return _by_ffmpeg(["-f", "f32le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"], wanted, waveform.tobytes())


def _by_ffmpeg(given: list[str], rate: int, fed: bytes = b"") -> np.ndarray:
    """What ffmpeg makes of its input: mono at a rate in hertz."""
    mono = ["-ac", "1", "-ar", str(rate), "-f", "f32le", "pipe:1"]
    done = subprocess.run(
        ["ffmpeg", "-v", "error", *given, *mono], input=fed, capture_output=True, timeout=PATIENCE, check=True
    )
    return np.frombuffer(done.stdout, np.float32)


def _check(waveform: np.ndarray, seconds: float) -> None:
    if not len(waveform) or not np.isfinite(waveform).all():
        raise SongError("error_unreadable")
    if seconds > 60 * MAX_MINUTES:
        raise SongError("error_long", most=MAX_MINUTES)
    if seconds < MIN_SECONDS:
        raise SongError("error_short", seconds=seconds, least=MIN_SECONDS)
    if np.abs(waveform).max() < SILENCE_PEAK:
        raise SongError("error_silent")
