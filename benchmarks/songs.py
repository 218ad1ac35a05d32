"""Songs to measure with: example clips repeated to length by ffmpeg, without decoding where a format can be joined."""

import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"
CLIPS = {"m4a": "aac", "flac": "wav"}


def repeated(clip: Path, seconds: int, folder: Path) -> Path:
    """A clip, again and again for `seconds`."""
    return _ffmpeg(folder / f"{seconds}-{clip.name}", "-stream_loop", -1, "-i", clip, "-t", seconds, "-c", "copy")


def long_recording(suffix: str, seconds: int, folder: Path) -> Path:
    """The example `island-dreams`, again and again, as wav, flac, ogg, mp3 or m4a of 44,100 Hz and two channels."""
    path = folder / f"{seconds}-seconds.{suffix}"
    # A frame of AAC says nothing of its time, so that repeated ones make a gapless m4a; frames of flac are numbered.
    clip = folder / f"clip.{CLIPS.get(suffix, suffix)}"
    _ffmpeg(clip, "-y", "-i", EXAMPLES / "island-dreams.mp3")
    codec = ["-compression_level", 0] if suffix == "flac" else ["-c", "copy"]
    return _ffmpeg(path, "-stream_loop", -1, "-i", clip, "-t", seconds, *codec)


def _ffmpeg(path: Path, *arguments: object) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", *map(str, arguments), path], check=True)
    return path
