"""Sound as it comes in: raw samples, or what the program ffmpeg hears in a pipe, at a URL or by a microphone."""

import struct
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import numpy as np

from tonada.listening.limits import AudioError, Limits

BLOCK_SECONDS = 0.1
PIPE_BYTES = 2**20  # three seconds of stereo at 44,100 Hz may wait while the model hears
NETWORK_SECONDS = 15  # without a byte, after which a stream is given up
AU_HEADER = struct.Struct(">4s5I")  # magic, where sound begins, its length, encoding, rate, channels
# A stream's bytes may name files and hosts, as a playlist does; nothing but what was asked for is opened.
FROM_PIPE = ["-protocol_whitelist", "pipe", "-i", "pipe:0"]
FROM_URL = ["-protocol_whitelist", "http,https,tcp,tls", "-rw_timeout", str(NETWORK_SECONDS * 1_000_000), "-i"]
FROM_MICROPHONE = ["-f", "alsa", "-i"]
TO_BLOCKS = ["-vn", "-f", "au", "-c:a", "pcm_f32be", "-flush_packets", "1", "pipe:1"]


@dataclass(frozen=True)
class Incoming:
    """A stream: hertz, channels, and blocks of a tenth of a second, float32 `(samples, channels)`."""

    rate: int
    channels: int
    blocks: Iterator[np.ndarray]


def raw(file: IO[bytes], rate: int, channels: int) -> Incoming:
    """Samples without a header: 16 bits, signed, little-endian, channels interleaved."""
    return Incoming(rate, channels, (block / np.float32(32768) for block in _blocks(file, "<i2", rate, channels)))


@contextmanager
def through_ffmpeg(arguments: list[str], stdin: int | None, limits: Limits) -> Iterator[Incoming]:
    """
    What FFmpeg's program hears, decoded and not resampled.

    Args:
        arguments: its input, as `FROM_PIPE`, `[*FROM_URL, url]` or `[*FROM_MICROPHONE, device]`.
        stdin: a file descriptor that it reads, if any.
        limits: on rate and channels.

    Raises:
        AudioError: there is no such program, or it hears nothing or breaks off, with the reason that it gives.
    """
    command = ["ffmpeg", "-nostdin", "-v", "error", *arguments, *TO_BLOCKS]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=PIPE_BYTES,
            start_new_session=True,  # so that Ctrl-C reaches us alone, who end it
        )
    except FileNotFoundError as error:
        raise AudioError(
            "unreadable", "needs the program ffmpeg, which is not installed (on Debian: apt-get install ffmpeg)"
        ) from error
    assert process.stdout is not None
    assert process.stderr is not None
    said: deque[bytes] = deque(maxlen=1)
    reader = threading.Thread(target=said.extend, args=(process.stderr,), daemon=True)
    reader.start()

    def broken() -> AudioError:
        reader.join(1)
        return AudioError("unreadable", f"cannot be heard ({_reason(said, arguments[-1])})")

    try:
        header = process.stdout.read(AU_HEADER.size)
        if len(header) < AU_HEADER.size:
            raise broken()
        _, offset, _, _, rate, channels = AU_HEADER.unpack(header)
        limits.check_sound(rate, channels, 0.0)
        process.stdout.read(offset - AU_HEADER.size)
        yield Incoming(rate, channels, _to_the_end(process, _blocks(process.stdout, ">f4", rate, channels), broken))
    finally:
        process.kill()
        process.wait()
        reader.join(1)
        process.stdout.close()
        process.stderr.close()


def _to_the_end(
    process: subprocess.Popen[bytes], blocks: Iterator[np.ndarray], broken: Callable[[], AudioError]
) -> Iterator[np.ndarray]:
    """Whoever stops before the end, as one does with a microphone, is not asked whether it was a good one."""
    yield from blocks
    if process.wait() != 0:
        raise broken()


def _blocks(file: IO[bytes], dtype: str, rate: int, channels: int) -> Iterator[np.ndarray]:
    """Until the end; what is left there of a sample that is not whole is no sound."""
    frame = np.dtype(dtype).itemsize * channels
    while content := file.read(round(BLOCK_SECONDS * rate) * frame):
        whole = len(content) // frame * frame
        yield np.frombuffer(content[:whole], dtype).reshape(-1, channels).astype(np.float32)


def _reason(said: "deque[bytes]", name: str) -> str:
    """FFmpeg's last line, without the part of it that speaks and the name of the input."""
    words = said[-1].decode(errors="replace").strip() if said else "it holds no sound"
    return words.rpartition("] ")[2].removeprefix(f"{name}: ")
