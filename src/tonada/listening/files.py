"""Which files a person means by the paths they give: files as they are, folders searched for audio."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tonada.listening.limits import AudioError

AUDIO_SUFFIXES = (
    *(".wav", ".flac", ".aif", ".aiff", ".ogg", ".oga", ".opus", ".mp3"),
    *(".m4a", ".m4b", ".mp4", ".aac", ".mka", ".webm", ".wma"),
)

Found = tuple[str, AudioError | None]
"""A file to hear, or a folder with the error that there is nothing in it to hear."""


def find_audio(paths: Iterable[str | Path]) -> Iterator[Found]:
    """Each file to hear, in the order given and sorted within folders; hidden files are passed over."""
    for path in paths:
        if not os.path.isdir(path):
            yield str(path), None
            continue
        closed: list[OSError] = []
        inside = sorted(_audio_in(path, closed.append))
        yield from ((name, None) for name in inside)
        for error in closed:
            yield error.filename, AudioError("unreadable", f"{error.filename}: cannot be searched ({error.strerror})")
        if not inside and not closed:
            formats = ", ".join(sorted(suffix[1:] for suffix in AUDIO_SUFFIXES))
            yield str(path), AudioError("no_audio", f"{path}: the folder holds no audio; looked for {formats}")


def _audio_in(folder: str | Path, onerror: Callable[[OSError], None]) -> Iterator[str]:
    visited = set()  # links to folders are followed, once
    for parent, folders, names in os.walk(folder, onerror=onerror, followlinks=True):
        place = os.stat(parent)
        if (place.st_dev, place.st_ino) in visited:
            folders.clear()
            continue
        visited.add((place.st_dev, place.st_ino))
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES:
                yield os.path.join(parent, name)
