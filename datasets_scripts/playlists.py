"""
Weak labels from mood playlists (source S0): a song has the mood of the playlists it is in.

A folder holds playlists (M3U, M3U8, PLS, XSPF, JSPF, and CSV or JSONL of song, playlist, label, and if known plays,
language and artist) and, anywhere below it, the audio they name by path, by file name, or by a song id that is the
name without its suffix. Words of moods become quadrants by the table below. Songs in playlists that disagree are left
out, or with `disagree="weigh"` get the mood of most of their playlists and its share as their weight. `gather` tells
what was left out and why. Connected performers are one group, where playlists name them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from . import form, performers, playlist_files, tables
from .playlist_files import Entry, LeftOut

LICENSE = "as your songs have it"
CITATION = """@article{jia2022music,
  title={Music Emotion Classification Method Based on Deep Learning and Explicit Sparse Attention Network},
  author={Jia, Xiaoguang}, journal={Computational Intelligence and Neuroscience}, year={2022},
  doi={10.1155/2022/3920663}
}"""
SONGS = None
LABELS = ["happy", "sad", "relaxed", "angry"]
PARENTS: dict[str, str] = {}
LABEL_OF = {
    **dict.fromkeys(("happy", "joyful", "exciting", "q1"), "happy"),
    **dict.fromkeys(("angry", "anger", "q2"), "angry"),
    **dict.fromkeys(("sad", "lonely", "missing", "nostalgic", "touching", "q3"), "sad"),
    **dict.fromkeys(("relaxed", "relax", "relaxing", "calm", "peaceful", "healing", "q4"), "relaxed"),
    **dict.fromkeys(("fresh", "romantic"), "relaxed"),
}
"""Moods of the kind that emo163's playlists have; nostalgic, touching and romantic might stand elsewhere."""
SOURCE = "playlists of yours"
DISAGREE = ("drop", "weigh")


@dataclass(frozen=True)
class Wanted:
    """
    Which songs are good enough to learn from.

    Attributes:
        plays: of a playlist, at least; one that does not say is kept.
        seconds: of a song, at least and at most.
        bit_rate: of a file in kbit/s, at least.
        languages: of a song, one of them; all if empty. A song that does not say is kept.
        disagree: what becomes of a song in playlists of several moods: `drop` or `weigh`.
    """

    plays: int = 0
    seconds: tuple[float, float] = (60.0, 360.0)
    bit_rate: float = 0.0
    languages: tuple[str, ...] = ()
    disagree: str = "drop"


@dataclass
class PlaylistsConfig(datasets.BuilderConfig):
    """Which songs."""

    wanted: Wanted = Wanted()


class Playlists(form.SongBuilder):
    """Gathers the songs of a folder's playlists."""

    BUILDER_CONFIG_CLASS = PlaylistsConfig
    NEEDS = (".",)

    def _info(self) -> datasets.DatasetInfo:
        features = form.columns(form.AUDIO, LABELS, weighted=self.config.wanted.disagree == "weigh")
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        songs, _ = gather(folder, self.config.wanted)
        yield from songs


def load(
    folder: str | Path, cache_dir: str | Path | None = None, streaming: bool = False, wanted: Wanted | None = None
) -> Any:
    """The songs, as `form.load_songs` has them; `gather` tells what was left out."""
    wanted = wanted or Wanted()
    tables.word("disagree", wanted.disagree, DISAGREE)
    folder = form.opened(Playlists, folder, cache_dir)
    if not _files(folder):
        raise ValueError(f"{folder} holds no playlists; their names end in {', '.join(playlist_files.READERS)}")
    return form.load_songs(Playlists, folder, cache_dir, streaming, wanted=wanted)


def gather(folder: Path, wanted: Wanted) -> tuple[list[dict[str, Any]], list[LeftOut]]:
    """The songs of a folder's playlists, in the order of their files' names, and what was left out."""
    entries, left = _found(folder, wanted)
    kept = []
    for name in sorted(entries):
        label, weight = _label(entries[name])
        if why := _unheard(folder / name, wanted) or _unsure(weight, wanted):
            left.append(LeftOut(name, why))
        else:
            kept.append((name, label, {"weight": weight} if wanted.disagree == "weigh" else {}))
    artists = [next((entry.artist for entry in entries[name] if entry.artist), "") for name, _, _ in kept]
    groups = performers.groups_of(artists, [f"song {name}" for name, _, _ in kept])
    songs = [
        {"audio": str(folder / name), "label": label, "song_id": name, "group": group, **weight}
        for (name, label, weight), group in zip(kept, groups, strict=True)
    ]
    return songs, left


def moods(folder: Path) -> dict[str, set[str]]:
    """What any playlist says of each song, by its file's name below the folder; all songs, also those left out."""
    entries, _ = _found(folder, Wanted())
    return {name: {_mood(entry) for entry in of_song} for name, of_song in entries.items()}


def _found(folder: Path, wanted: Wanted) -> tuple[dict[str, list[Entry]], list[LeftOut]]:
    """The wanted entries of each audio file by its name, and what was left out before any audio was opened."""
    left: list[LeftOut] = []
    entries: dict[str, list[Entry]] = {}
    find = _finder(folder)
    for path in _files(folder):
        for entry in playlist_files.read(path, path.relative_to(folder).as_posix()):
            if isinstance(entry, LeftOut):
                left.append(entry)
            elif why := _unwanted(entry, wanted):
                left.append(LeftOut(f"{entry.song} in {entry.playlist}", why))
            elif name := find(path, entry.song):
                entries.setdefault(name, []).append(entry)
            else:
                left.append(LeftOut(f"{entry.song} in {entry.playlist}", "no such audio below the folder"))
    return entries, left


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in playlist_files.READERS)


def _unwanted(entry: Entry, wanted: Wanted) -> str:
    """Why an entry cannot be taken, whatever its audio is like."""
    if entry.label.strip().casefold() not in LABEL_OF:
        return f"the mood {entry.label!r} is in no quadrant; known are {', '.join(LABEL_OF)}"
    if entry.plays is not None and entry.plays < wanted.plays:
        return f"{entry.plays} plays; at least {wanted.plays} are wanted"
    languages = {language.casefold() for language in wanted.languages}
    if languages and entry.language and entry.language.casefold() not in languages:
        return f"its language is {entry.language}; wanted are {', '.join(wanted.languages)}"
    return ""


def _unheard(path: Path, wanted: Wanted) -> str:
    """Why a file cannot be taken: its length or its bit rate."""
    seconds = _seconds(path)
    if not seconds:
        return "cannot be opened, or does not say how long it is"
    least, most = wanted.seconds
    if not least <= seconds <= most:
        return f"{seconds:.0f} s long; {least:g} to {most:g} are wanted"
    rate = path.stat().st_size * 8 / 1000 / seconds
    return f"{rate:.0f} kbit/s; at least {wanted.bit_rate:g} are wanted" if rate < wanted.bit_rate else ""


def _seconds(path: Path) -> float:
    """How long a file says it is; 0 if it does not."""
    import mutagen  # only playlists look into the audio; libsndfile knows no m4a and no aac

    try:
        found = mutagen.File(path)
    except mutagen.MutagenError:
        return 0.0
    return 0.0 if found is None else found.info.length  # without tags it is empty, and false


def _unsure(weight: float, wanted: Wanted) -> str:
    """Why a mood that this share of a song's playlists has cannot be taken."""
    agreed = weight == 1 if wanted.disagree == "drop" else weight > 0.5
    return "" if agreed else "its playlists disagree"


def _label(entries: list[Entry]) -> tuple[str, float]:
    """The mood that most of a song's playlists give it, and its share; a playlist that gives it two counts for both."""
    counts = Counter(mood for _, mood in {(entry.playlist, _mood(entry)) for entry in entries})
    label = min(counts, key=lambda label: (-counts[label], label))
    return label, counts[label] / counts.total()


def _mood(entry: Entry) -> str:
    return LABEL_OF[entry.label.strip().casefold()]


def _finder(folder: Path) -> Any:
    """A function from (playlist file, song as written) to the name of an audio file below the folder, or nothing."""
    names = tables.listing(folder)
    here = {(folder / name).resolve(): name for name in names}
    places: dict[str, list[str]] = {}
    for name in names:
        for key in (Path(name).name.casefold(), Path(name).stem.casefold()):
            places.setdefault(key, []).append(name)

    def find(playlist: Path, song: str) -> str | None:
        try:
            path = playlist_files.local(song)
            exact = here.get((playlist.parent / path).resolve())
        except ValueError:  # a zero byte, half a surrogate pair, a URL of no host: no file is called so
            return None
        if exact:
            return exact
        same = places.get(path.rpartition("/")[2].casefold(), [])
        return same[0] if len(same) == 1 else None  # a name that several files have says nothing

    return find
