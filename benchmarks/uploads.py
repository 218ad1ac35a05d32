"""A real `tonada serve` on loopback, and mixed uploads, good and bad, that come to it all at once."""

import asyncio
import io
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import soundfile
from songs import EXAMPLES

TONADA = Path(sys.executable).parent / "tonada"
MAX_FILE_GB = 0.002
SECONDS = 600.0
FORMATS = {".flac": "FLAC", ".mp3": "MP3", ".ogg": "OGG"}


@dataclass(frozen=True)
class Upload:
    """A file, and the HTTP code that it should be answered with."""

    name: str
    content: bytes
    code: int


@dataclass(frozen=True)
class Answered:
    """What came back, and after how many seconds."""

    upload: Upload
    code: int
    answer: dict
    seconds: float


def mixed(count: int, seconds: float = 60.0, seed: int = 1) -> list[Upload]:
    """
    Two good files in three, example songs of at most so many seconds; the others cut off, corrupt, empty, no audio,
    forged or too large. Each has its own name.
    """
    songs = (path for path in EXAMPLES.iterdir() if path.suffix in FORMATS)
    good = {path.name: beginning(path, seconds) for path in songs}
    flac = good["silvan-sanctuary.flac"]
    forged = b"RIFF" + struct.pack(
        "<I4s4sIHHIIHH4sI", 2**31, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", 2**31 - 64
    )
    bad = {
        "cut.flac": (flac[: len(flac) // 2], 422),
        "corrupt.flac": (flac[:50_000] + bytes(50_000) + flac[100_000:], 422),
        "empty.wav": (b"", 422),
        "text.mp3": (b"not a song " * 100, 422),
        "forged.wav": (forged + bytes(100_000), 422),
        "large.wav": (bytes(3_000_000), 413),
    }
    kinds = [
        *((name, content, 200) for name, content in good.items() for _ in range(2)),
        *((n, *b) for n, b in bad.items()),
    ]
    uploads = [
        Upload(f"{number}-{name}", content, code)
        for number, (name, content, code) in enumerate((kinds * count)[:count])
    ]
    random.Random(seed).shuffle(uploads)
    return uploads


def beginning(path: Path, seconds: float) -> bytes:
    """The first seconds of a song, in its own format."""
    sound, rate = soundfile.read(path, always_2d=True)
    file = io.BytesIO()
    soundfile.write(file, sound[: round(seconds * rate)], rate, format=FORMATS[path.suffix])
    return file.getvalue()


@contextmanager
def served(*options: object) -> Iterator[tuple[subprocess.Popen, str]]:
    """A server and its address; ended as a person ends it, and waited for."""
    command = [TONADA, "serve", "--port", "0", "--max-file-gb", MAX_FILE_GB, *options]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        if "listens at " not in said:
            raise SystemExit(f"the server did not start: {said}{process.stderr.read()}")
        yield process, said.split("listens at ")[1].split("/classify")[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)


def post_all(address: str, uploads: list[Upload]) -> list[Answered]:
    """All at once; who is told to come again does."""

    async def post(client: httpx.AsyncClient, upload: Upload) -> Answered:
        begin = time.perf_counter()
        while True:
            reply = await client.post("/classify", files={"file": (upload.name, upload.content)})
            if reply.status_code != 503:
                return Answered(upload, reply.status_code, reply.json(), time.perf_counter() - begin)
            await asyncio.sleep(float(reply.headers["Retry-After"]))

    async def gather() -> list[Answered]:
        bounds = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=address, timeout=SECONDS, limits=bounds, trust_env=False) as client:
            return await asyncio.gather(*(post(client, upload) for upload in uploads))

    return asyncio.run(gather())


def megabytes(process: subprocess.Popen, which: str) -> float:
    """`VmRSS`, resident now, or `VmHWM`, at most so far, in 10 ** 6 bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith(which))
