"""
EMOPIA: clips of pop piano in four quadrants of emotion, as MIDI (Hung et al. 2021).

1,051 clips of 385 songs with the official split, which keeps songs whole; the 27 scores in no part of it are left out.
A folder holds `train.csv`, `val.csv` and `test.csv` (fname, label) and the scores in `midis.zip` or `midis/`. They are
rendered by fluidsynth when they are read and kept as FLAC; a score that does not render within its limits is left out
with a warning. The group is the song; who played it is not known.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from . import form, midi, tables

LICENSE = "CC BY-NC-SA 4.0"
CITATION = """@inproceedings{hung2021emopia,
  title={{EMOPIA}: A Multi-Modal Pop Piano Dataset For Emotion Recognition and Emotion-based Music Generation},
  author={Hung, Hsiao-Tzu and Ching, Joann and Doh, Seungheon and Kim, Nabin and Nam, Juhan and Yang, Yi-Hsuan},
  booktitle={Proceedings of ISMIR}, year={2021}
}"""
SONGS = 1051
LABELS = ["happy", "sad", "relaxed", "angry"]
PARENTS: dict[str, str] = {}
LABEL_OF = {"Q1": "happy", "Q2": "angry", "Q3": "sad", "Q4": "relaxed"}
"""Russell's quadrants (valence, arousal) in Tonada's one spelling."""
SOURCE = "https://zenodo.org/records/5257995"
FILES = {"train": "train.csv", "validation": "val.csv", "test": "test.csv"}
SCORE_BYTES = 100_000
"""The longest score has 8,333."""


@dataclass
class EmopiaConfig(datasets.BuilderConfig):
    """Where rendered clips are kept, and what renders them."""

    rendered: str = ""
    soundfont: str = str(midi.SOUNDFONT)


class Emopia(form.SongBuilder):
    """Reads the split and renders its scores."""

    BUILDER_CONFIG_CLASS = EmopiaConfig
    NEEDS = tuple(FILES.values())
    READS = ("midis.zip", "midis")
    MAKES_AUDIO = True

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, LABELS, official=True)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        for split, name in FILES.items():
            for row in tables.read(folder / name, ("fname", "label")):
                clip = row["fname"]
                quadrant = tables.word(f"the label of {clip}", row["label"], LABEL_OF)
                try:
                    score = _score(folder, clip)
                    sound = midi.render(score, clip, Path(self.config.rendered), Path(self.config.soundfont))
                except midi.RenderError as error:
                    self.leave_out(str(error))
                    continue
                group = f"song {clip.partition('_')[2].rpartition('_')[0]}"
                yield {
                    "audio": str(sound),
                    "label": LABEL_OF[quadrant],
                    "song_id": clip,
                    "group": group,
                    "split": split,
                }


def load(
    folder: str | Path,
    cache_dir: str | Path | None = None,
    streaming: bool = False,
    soundfont: str | Path = midi.SOUNDFONT,
) -> Any:
    """
    The clips, as `form.load_songs` has them.

    Args:
        folder: of the scores and the split.
        cache_dir: also holds what was rendered, in `emopia-rendered`.
        streaming: render a clip when it is its turn.
        soundfont: an SF2 file; Debian's fluid-soundfont-gm if left out.
    """
    rendered = form.kept(cache_dir) / "emopia-rendered"
    options = {"rendered": str(rendered), "soundfont": str(Path(soundfont).resolve())}
    return form.load_songs(Emopia, folder, cache_dir, streaming, **options)


def _score(folder: Path, clip: str) -> bytes:
    name = f"midis/{clip}.mid"
    if (folder / "midis.zip").is_file():
        try:
            with zipfile.ZipFile(folder / "midis.zip") as archive:
                return _member(archive, name)
        except zipfile.BadZipFile as error:
            raise ValueError(f"{folder / 'midis.zip'} is damaged, or no zip ({error})") from error
    path = tables.inside(folder, name, "the split")
    if not path.is_file():
        raise midi.RenderError(f"{clip} has no score {name} in {folder}, nor is there a midis.zip")
    _check_size(name, path.stat().st_size)
    return path.read_bytes()


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        size = archive.getinfo(name).file_size
    except KeyError:
        raise midi.RenderError(f"{name} is not in midis.zip") from None
    _check_size(name, size)
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise midi.RenderError(f"{name} in midis.zip is damaged ({error})") from error


def _check_size(name: str, size: int) -> None:
    if size > SCORE_BYTES:
        raise midi.RenderError(f"{name} has {size:,} bytes; a score has {SCORE_BYTES:,} at most")
