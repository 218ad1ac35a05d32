"""A folder a song: picture, explanation and excerpt, written for people and programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tonada.explaining.explanation import Explanation, explain
from tonada.explaining.passages import excerpt
from tonada.explaining.picture import draw
from tonada.explaining.reasons import Reasons
from tonada.explaining.targets import ExplainError
from tonada.listening.files import Found
from tonada.listening.limits import AudioError
from tonada.listening.listener import Listener

PICTURE, EXPLANATION, EXCERPT = "picture.png", "explanation.json", "excerpt.wav"


@dataclass(frozen=True)
class Told:
    """Of one file: its explanation and the folder that it was written to, or the message that says why not."""

    path: str
    explanation: Reasons | None = None
    folder: Path | None = None
    message: str = ""


def explain_into(listener: Listener, found: Sequence[Found], output: Path, label: str | None = None) -> Iterator[Told]:
    """
    Explain what `find_audio` found, a folder each; one that cannot be explained is told with the reason.

    Files of an earlier explanation are replaced, and nothing else in `output` is touched.

    Args:
        listener: with the model to explain.
        found: files to explain.
        output: where the folders go, each named after its song.
        label: what to explain; each song's most probable label if not given.

    Raises:
        OSError: a folder cannot be written.
    """
    names = unique_names(path for path, _ in found)
    for (path, error), name in zip(found, names, strict=True):
        try:
            if error is not None:
                raise error
            explanation, waveform = explain(listener, path, label)
        except (AudioError, ExplainError) as problem:
            yield Told(path, message=str(problem))
        except Exception as problem:  # one strange file must not take the others with it
            yield Told(path, message=surprise(path, problem))
        else:
            write(explanation, waveform, listener.extractor.sampling_rate, output / name)
            yield Told(path, explanation, output / name)


def write(explanation: Explanation, waveform: np.ndarray, rate: int, folder: Path) -> None:
    """Write the three files of a song; the JSON last, so that where it is, the others are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / EXPLANATION).unlink(missing_ok=True)
    with (folder / PICTURE).open("wb") as file:
        draw(explanation, waveform, file)
    with (folder / EXCERPT).open("wb") as file:  # opened here: soundfile cannot say every name
        sound = excerpt(waveform, rate, explanation.passages).clip(-1, 1)
        soundfile.write(file, sound, rate, format="WAV", subtype="PCM_16")
    (folder / EXPLANATION).write_text(json.dumps(explanation.to_dict(), indent=1) + "\n", encoding="utf-8")


def surprise(path: str, problem: Exception) -> str:
    """The line that says what nobody foresaw of a file."""
    reason = (str(problem).splitlines() or ["no reason given"])[0]
    return f"{path}: could not be explained ({type(problem).__name__}: {reason}); please report this file"


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
