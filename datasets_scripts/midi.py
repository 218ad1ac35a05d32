"""Scores to sound: fluidsynth, held to a time and a size, because some scores make it write without end."""

import hashlib
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
RATE = 22050
GAIN = 0.6
SECONDS = 120.0
BYTES = 100_000_000
"""An hour and more of sound; below 64 MB it cannot even start, as its audio drivers take shared memory."""


class RenderError(ValueError):
    """A score that cannot be rendered, and why."""


def render(score: bytes, name: str, folder: Path, soundfont: Path = SOUNDFONT, seconds: float = SECONDS) -> Path:
    """
    The FLAC file of a score, rendered once: a file in `folder` named by score, soundfont and settings.

    Args:
        score: bytes of a MIDI file.
        name: what messages call it.
        folder: is made where it is not there.
        soundfont: an SF2 file.
        seconds: after which fluidsynth is ended.

    Raises:
        FileNotFoundError: there is no fluidsynth or no soundfont; says what to install.
        RenderError: the score is no MIDI, or fluidsynth ran too long, wrote too much or failed.
    """
    if not score.startswith(b"MThd"):
        raise RenderError(f"{name} is not a MIDI file: it begins with {score[:4]!r}, not with b'MThd'")
    if not soundfont.is_file():
        raise FileNotFoundError(f"{soundfont} is not there; install Debian's fluid-soundfont-gm, or name another")
    done = folder / f"{_key(score, soundfont)}.flac"
    if not done.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            os.replace(_write(score, name, Path(place), soundfont, seconds), done)  # whole or not at all
    return done


def _write(score: bytes, name: str, place: Path, soundfont: Path, seconds: float) -> Path:
    (place / "score.mid").write_bytes(score)
    sound = place / "sound.flac"
    settings = ["-q", "-n", "-i", "-g", str(GAIN), "-r", str(RATE), "-T", "flac", "-F", str(sound)]
    program = shutil.which("fluidsynth")
    if program is None:
        raise FileNotFoundError("fluidsynth is not there; install Debian's fluidsynth")
    command = [program, *settings, str(soundfont), str(place / "score.mid")]
    try:
        ended = subprocess.run(command, timeout=seconds, preexec_fn=_limit_size, capture_output=True)
    except subprocess.TimeoutExpired:
        raise RenderError(f"{name} was not rendered within {seconds:g} s") from None
    if ended.returncode or not sound.is_file() or not sound.stat().st_size:
        said = ended.stderr.decode(errors="replace").strip()[-200:]
        raise RenderError(
            f"{name} could not be rendered within {BYTES:,} bytes (fluidsynth ended with {ended.returncode}: {said})"
        )
    return sound


def _limit_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, BYTES))


def _key(score: bytes, soundfont: Path) -> str:
    # Nobody wants 148 MB hashed for each of a thousand scores: a soundfont is told apart by name and size.
    settings = f"{soundfont.name} {soundfont.stat().st_size} {RATE} {GAIN}\n"
    return hashlib.sha256(settings.encode() + score).hexdigest()[:32]
