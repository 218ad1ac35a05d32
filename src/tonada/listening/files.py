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
    """
    Each file to hear, in the order given and sorted within folders; hidden files are passed over.

    Files come as they are found: nobody waits for the end of a catalogue, or holds it in memory.
    """
    for path in paths:
        if not os.path.isdir(path):
            yield str(path), None
            continue
        closed: list[OSError] = []
        is_empty = True
        for name in _audio_in(os.fspath(path), closed.append, set()):
            is_empty = False
            yield name, None
        for error in closed:
            yield error.filename, AudioError("unreadable", f"{error.filename}: cannot be searched ({error.strerror})")
        if is_empty and not closed:
            formats = ", ".join(sorted(suffix[1:] for suffix in AUDIO_SUFFIXES))
            yield str(path), AudioError("no_audio", f"{path}: the folder holds no audio; looked for {formats}")


def _audio_in(folder: str, onerror: Callable[[OSError], None], visited: set[tuple[int, int]]) -> Iterator[str]:
    try:
        place = os.stat(folder)
        if (place.st_dev, place.st_ino) in visited:  # links to folders are followed, once
            return
        visited.add((place.st_dev, place.st_ino))
        with os.scandir(folder) as entries:
            inside = sorted((f"{entry.name}/" if entry.is_dir() else entry.name) for entry in entries)
    except OSError as error:
        onerror(error)
        return
    for name in inside:
        if name.startswith("."):
            continue
        if name.endswith("/"):
            yield from _audio_in(os.path.join(folder, name[:-1]), onerror, visited)
        elif Path(name).suffix.lower() in AUDIO_SUFFIXES:
            yield os.path.join(folder, name)
