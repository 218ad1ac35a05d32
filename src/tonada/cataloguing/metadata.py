"""Mood and genre as each container keeps them, read and written by mutagen; and the artist, read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FIELDS = ("mood", "genre")
MP4_NAMES = {"mood": "----:com.apple.iTunes:MOOD", "genre": "\xa9gen", "artist": "\xa9ART"}
ASF_NAMES = {"mood": "WM/Mood", "genre": "WM/Genre", "artist": "Author"}
OLD_MOOD = "TXXX:MOOD"  # ID3v2.3 has no frame of its own for mood


class MetadataError(Exception):
    """A file whose metadata cannot be read or written, in one line."""


@dataclass(frozen=True)
class Keeper:
    """How a family of containers keeps fields: get a field's values, set its value, and save."""

    get: Callable[[Any, str], list[str]]
    set: Callable[[Any, str, str], None]
    save: Callable[[Any], None]


def read_fields(path: str) -> dict[str, list[str]]:
    """
    The values of each of `FIELDS`, none where there is none.

    Raises:
        MetadataError: mutagen does not know the file, or its container has no such fields.
    """
    file, keeper = _opened(path)
    return {name: [] if file.tags is None else keeper.get(file, name) for name in FIELDS}


def read_artists(path: str) -> list[str]:
    """
    Who plays, by the file's metadata; nobody if it does not say.

    Raises:
        MetadataError: mutagen does not know the file, or its container has no such field.
    """
    file, keeper = _opened(path)
    return [] if file.tags is None else keeper.get(file, "artist")


def write_fields(path: str, values: dict[str, str]) -> None:
    """
    Set some of `FIELDS`; all else stays.

    Raises:
        MetadataError: mutagen does not know the file, or its container has no such fields.
    """
    import mutagen

    file, keeper = _opened(path)
    try:
        if file.tags is None:
            file.add_tags()
        for name, value in values.items():
            keeper.set(file, name, value)
        keeper.save(file)
    except mutagen.MutagenError as error:
        raise MetadataError(f"{path}: its metadata cannot be written ({error})") from error


def _opened(path: str) -> tuple[Any, Keeper]:
    import mutagen

    try:
        file = mutagen.File(path)
    except mutagen.MutagenError as error:
        raise MetadataError(f"{path}: its metadata cannot be read ({error})") from error
    keeper = None if file is None else _keeper(file)
    if keeper is None:
        known = "flac, ogg, opus, mp3, wav, aiff, m4a and wma"
        raise MetadataError(f"{path}: its format keeps no mood and no genre; {known} do")
    return file, keeper


def _keeper(file: Any) -> Keeper | None:
    from mutagen.aiff import AIFF
    from mutagen.asf import ASF
    from mutagen.flac import FLAC
    from mutagen.mp3 import MP3
    from mutagen.mp4 import MP4
    from mutagen.ogg import OggFileType
    from mutagen.wave import WAVE

    if isinstance(file, (MP3, WAVE, AIFF)):
        return Keeper(_id3_get, _id3_set, _id3_save)
    if isinstance(file, (FLAC, OggFileType)):
        return Keeper(lambda file, name: list(file.get(name, [])), _plain_set(str.upper), lambda file: file.save())
    if isinstance(file, MP4):
        return Keeper(_mp4_get, _mp4_set, lambda file: file.save())
    if isinstance(file, ASF):
        names = ASF_NAMES.__getitem__
        return Keeper(
            lambda file, name: [str(each) for each in file.get(names(name), [])],
            _plain_set(names),
            lambda file: file.save(),
        )
    return None


def _plain_set(named: Callable[[str], str]) -> Callable[[Any, str, str], None]:
    def put(file: Any, name: str, value: str) -> None:
        file[named(name)] = [value]

    return put


def _is_old(file: Any) -> bool:
    return file.tags.version[:2] == (2, 3)


def _id3_get(file: Any, name: str) -> list[str]:
    keys = {"mood": ("TMOO", OLD_MOOD), "genre": ("TCON",), "artist": ("TPE1",)}[name]
    frames = (file.tags.get(key) for key in keys)
    return [str(text) for frame in frames if frame is not None for text in frame.text]


def _id3_set(file: Any, name: str, value: str) -> None:
    from mutagen.id3 import TCON, TMOO, TXXX, Encoding

    frame: TCON | TMOO | TXXX
    if name == "genre":
        frame = TCON(encoding=Encoding.UTF16 if _is_old(file) else Encoding.UTF8, text=[value])
    elif _is_old(file):
        frame = TXXX(encoding=Encoding.UTF16, desc="MOOD", text=[value])
    else:
        file.tags.delall(OLD_MOOD)
        frame = TMOO(encoding=Encoding.UTF8, text=[value])
    file.tags.setall(frame.HashKey, [frame])


def _id3_save(file: Any) -> None:
    file.save(v2_version=3 if _is_old(file) else 4)  # players that read the one may not read the other


def _mp4_get(file: Any, name: str) -> list[str]:
    values = file.tags.get(MP4_NAMES[name], [])
    return [bytes(each).decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in values]


def _mp4_set(file: Any, name: str, value: str) -> None:
    from mutagen.mp4 import MP4FreeForm

    file.tags[MP4_NAMES[name]] = [MP4FreeForm(value.encode()) if name == "mood" else value]
