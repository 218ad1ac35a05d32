"""
CCMusic's music genre as sound: the recordings of its former `default` configuration, from a copy of your own.

1,370, 171 and 172 songs in sixteen genres. The Hub withdrew them for copyright's sake and holds images alone
(`ccmusic_genre`); who has a copy from before puts its Parquet or Arrow files into `default/train`, `default/validation`
and `default/test`. As source S4 does, a song is its first 30 seconds as one channel at 22,050 Hz, 661,500 samples with
silence behind what is shorter; these are kept as FLAC. S4 does not say where it cuts: the start is our reading. It
names no artist, so that a song is its own group. Not yet run on the real data: tested on a tiny replica.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from . import ccmusic_genre, form

LICENSE = "withdrawn by its makers, for copyright in the music; research on copies only"
CITATION = ccmusic_genre.CITATION
SONGS = 1713
LABELS = ccmusic_genre.LABELS
PARENTS = ccmusic_genre.PARENTS
SOURCE = "https://huggingface.co/datasets/ccmusic-database/music_genre (default, withdrawn)"
RATE = 22050
SECONDS = 30.0


@dataclass
class CcmusicAudioConfig(datasets.BuilderConfig):
    """Where crops are kept, and how long they are."""

    crops: str = ""
    seconds: float = SECONDS


class CcmusicAudio(form.SongBuilder):
    """Reads the files of `default/` and keeps the crop of every recording in them."""

    BUILDER_CONFIG_CLASS = CcmusicAudioConfig
    NEEDS = tuple(f"default/{split}" for split in form.SPLITS)
    MAKES_AUDIO = True

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, LABELS, PARENTS, official=True)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        for split in form.SPLITS:
            for number, row in enumerate(ccmusic_genre.rows_of(folder / "default" / split, ("audio",))):
                song = f"{split} {number}"
                recording = (row.pop("audio") or {}).get("bytes") or b""
                try:
                    crop = _crop(recording, Path(self.config.crops), self.config.seconds)
                except RuntimeError as error:  # what soundfile says of sound that it cannot read
                    self.leave_out(f"the recording of {song} cannot be read ({error})")
                    continue
                yield {"audio": str(crop), **row, "song_id": song, "group": song, "split": split}


def load(
    folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False, seconds: float = SECONDS
) -> Any:
    """
    The songs, as `form.load_songs` has them.

    Args:
        folder: of the copy.
        cache_dir: also holds the crops, in `ccmusic-crops`.
        streaming: crop a song when it is its turn.
        seconds: of a crop.
    """
    if not seconds > 0:
        raise ValueError(f"seconds is {seconds}; a crop has some")
    options = {"crops": str(form.kept(cache_dir) / "ccmusic-crops"), "seconds": float(seconds)}
    return form.load_songs(CcmusicAudio, folder, cache_dir, streaming, **options)


def _crop(recording: bytes, folder: Path, seconds: float) -> Path:
    """The FLAC file of a recording's first seconds, made once."""
    import librosa  # two seconds that no other data set has to wait for
    import soundfile

    key = hashlib.sha256(f"{RATE} {seconds}\n".encode() + recording).hexdigest()
    done = folder / f"{key[:32]}.flac"
    if not done.is_file():
        samples, _ = librosa.load(io.BytesIO(recording), sr=RATE, mono=True, duration=seconds)
        cropped = librosa.util.fix_length(samples, size=round(RATE * seconds))
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            soundfile.write(Path(place) / "crop.flac", cropped, RATE)
            os.replace(Path(place) / "crop.flac", done)  # whole or not at all
    return done
