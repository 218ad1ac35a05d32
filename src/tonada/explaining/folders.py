"""A folder a song: picture, explanation and, of what was heard through time, an excerpt, for people and programs."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from tonada.explaining.classical import explain_song
from tonada.explaining.explanation import Explanation, explain
from tonada.explaining.passages import excerpt
from tonada.explaining.picture import draw, draw_reasons
from tonada.explaining.reasons import Reasons
from tonada.explaining.targets import ExplainError
from tonada.learning.classical.listening import ClassicalListener, HeardSong
from tonada.listening.files import Found
from tonada.listening.limits import AudioError
from tonada.listening.listener import Listener
from tonada.proving.number_tables import TableError

PICTURE, EXPLANATION, EXCERPT = "picture.png", "explanation.json", "excerpt.wav"
FORESEEN = (AudioError, TableError, ExplainError)  # their words are for people
Sound = tuple[np.ndarray, int]
"""A waveform `(samples,)` and its rate."""
Asked = Callable[[], tuple[Reasons, Sound | None]]
"""What explains a song, with its sound where the model heard it through time."""


@dataclass(frozen=True)
class Told:
    """Of one song: its explanation and the folder that it was written to, or the message that says why not."""

    path: str
    explanation: Reasons | None = None
    folder: Path | None = None
    message: str = ""


def explain_into(
    listener: Listener | ClassicalListener, found: Sequence[Found], output: Path, label: str | None = None
) -> Iterator[Told]:
    """
    Explain what `listener.find` found: a folder a recording, and in a table's folder one a row.

    What cannot be explained is told with the reason. Files of an earlier explanation are replaced, and nothing else in
    `output` is touched.

    Args:
        listener: with the model to explain.
        found: recordings, and for a classical model tables.
        output: where the folders go, each named after its song.
        label: what to explain; each song's most probable label if not given.

    Raises:
        OSError: a folder cannot be written.
    """
    names = unique_names(path for path, _ in found)
    for (path, error), name in zip(found, names, strict=True):
        songs: list[tuple[str, Path, Asked]] = []
        try:
            if error is not None:
                raise error
            songs = _songs(listener, path, output / name, label)
        except Exception as problem:  # one strange file must not take the others with it
            yield Told(path, message=_why_not(path, problem))
        for song in songs:
            yield _told(*song)


def write(explanation: Reasons, sound: Sound | None, folder: Path) -> None:
    """Write the files of a song; the JSON last, so that where it is, the others are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / EXPLANATION).unlink(missing_ok=True)
    with (folder / PICTURE).open("wb") as file:
        if isinstance(explanation, Explanation) and sound is not None:
            draw(explanation, sound[0], file)
            _write_excerpt(explanation, sound, folder / EXCERPT)
        else:
            draw_reasons(explanation, file)
    told = json.dumps(explanation.to_dict(), indent=1, allow_nan=False)
    (folder / EXPLANATION).write_text(told + "\n", encoding="utf-8")


def unique_names(paths: Iterable[str]) -> Iterator[str]:
    """A folder's name for each file: its own without the suffix, and a number where that is taken."""
    taken: set[str] = set()
    for path in paths:
        name = stem = Path(path).stem.strip(".") or "song"
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        yield name


def _songs(
    listener: Listener | ClassicalListener, path: str, folder: Path, label: str | None
) -> list[tuple[str, Path, Asked]]:
    """Of each song of a file its path, its folder and what explains it."""
    if isinstance(listener, Listener):
        return [(path, folder, partial(_by_network, listener, path, label))]
    songs = listener.hear(path)
    rows = unique_names(song.name for song in songs)
    return [
        (song.path, folder if song.path == path else folder / row, partial(_classically, listener, song, label))
        for song, row in zip(songs, rows, strict=True)
    ]


def _by_network(listener: Listener, path: str, label: str | None) -> tuple[Reasons, Sound]:
    explanation, waveform = explain(listener, path, label)
    return explanation, (waveform, listener.extractor.sampling_rate)


def _classically(listener: ClassicalListener, song: HeardSong, label: str | None) -> tuple[Reasons, None]:
    return explain_song(listener, song, label), None


def _told(path: str, folder: Path, asked: Asked) -> Told:
    try:
        explanation, sound = asked()
    except Exception as problem:  # nor a row the other rows
        return Told(path, message=_why_not(path, problem))
    write(explanation, sound, folder)
    return Told(path, explanation, folder)


def _write_excerpt(explanation: Explanation, sound: Sound, path: Path) -> None:
    waveform, rate = sound
    with path.open("wb") as file:  # opened here: soundfile cannot say every name
        pieces = excerpt(waveform, rate, explanation.passages).clip(-1, 1)
        soundfile.write(file, pieces, rate, format="WAV", subtype="PCM_16")


def _why_not(path: str, problem: Exception) -> str:
    """The line of what was foreseen, or one for what nobody foresaw."""
    if isinstance(problem, FORESEEN):
        return str(problem)
    reason = (str(problem).splitlines() or ["no reason given"])[0]
    return f"{path}: could not be explained ({type(problem).__name__}: {reason}); please report this file"
