"""Songs to measure with: example clips repeated to length by ffmpeg, without decoding."""

import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def repeated(clip: Path, seconds: int, folder: Path) -> Path:
    """A clip, again and again for `seconds`."""
    path = folder / f"{seconds}-{clip.name}"
    loop = ["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", clip, "-t", str(seconds)]
    subprocess.run([*loop, "-c", "copy", path], check=True)
    return path


def as_m4a(example: str, folder: Path) -> Path:
    """An example clip in a format that libsndfile does not read."""
    path = folder / f"{Path(example).stem}.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", EXAMPLES / example, "-c:a", "aac", path], check=True)
    return path
