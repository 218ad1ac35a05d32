"""The same four seconds in every format, and an Ogg file's checksums made right after something was changed."""

import subprocess
from pathlib import Path

import numpy as np
import soundfile

RATE, SECONDS = 44_100, 4
ENCODERS = {
    "wav": ["-c:a", "pcm_s16le"],
    "aiff": ["-c:a", "pcm_s16be"],
    "flac": [],
    "ogg": ["-c:a", "libvorbis"],
    "oga": ["-c:a", "flac"],
    "opus": ["-c:a", "libopus"],
    "mp3": ["-b:a", "128k"],
    "headless.mp3": ["-write_xing", "0", "-q:a", "5"],
    "m4a": ["-c:a", "aac"],
    "aac": ["-c:a", "aac"],
    "webm": ["-c:a", "libopus"],
    "mka": ["-c:a", "libvorbis"],
    "wma": ["-c:a", "wmav2"],
}
OGG = ("ogg", "oga", "opus")


def record(folder: Path) -> None:
    """Four seconds of noise under a tone, in stereo, in every format."""
    time = np.arange(SECONDS * RATE) / RATE
    noise = np.random.default_rng(0).standard_normal((len(time), 2))
    soundfile.write(folder / "source.wav", 0.3 * np.sin(2 * np.pi * 440 * time)[:, None] + 0.05 * noise, RATE)
    for suffix, options in ENCODERS.items():
        encode = ["ffmpeg", "-v", "error", "-i", folder / "source.wav", *options, folder / f"good.{suffix}"]
        subprocess.run(encode, check=True)


def load(folder: Path) -> dict[str, bytes]:
    """What `record` left in a folder."""
    return {suffix: (folder / f"good.{suffix}").read_bytes() for suffix in ENCODERS}


def correct_ogg_checksums(content: bytearray) -> None:
    """Of every page that is whole (RFC 3533: polynomial 0x04c11db7, over the page with four zeros for the sum)."""
    at = content.find(b"OggS")
    while at >= 0:
        sizes = content[at + 27 : at + 27 + content[at + 26]] if at + 26 < len(content) else b""
        end = at + 27 + len(sizes) + sum(sizes)
        if at + 27 <= len(content):
            content[at + 22 : at + 26] = bytes(4)
            content[at + 22 : at + 26] = _ogg_checksum(content[at:end]).to_bytes(4, "little")
        at = content.find(b"OggS", at + 4)


def _ogg_checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFF_FFFF) ^ OGG_TABLE[value >> 24 ^ byte]
    return value


def _ogg_table() -> list[int]:
    table = []
    for value in range(256):
        value <<= 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C1_1DB7 if value >> 31 else value << 1) & 0xFFFF_FFFF
        table.append(value)
    return table


OGG_TABLE = _ogg_table()
