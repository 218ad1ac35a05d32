"""Mood and genre as each container keeps them, read and written by mutagen; and the artist, read."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

FIELDS = ("mood", "genre")
MP4_NAMES = {"mood": "----:com.apple.iTunes:MOOD", "genre": "\xa9gen", "artist": "\xa9ART"}
ASF_NAMES = {"mood": "WM/Mood", "genre": "WM/Genre", "artist": "Author"}
OLD_MOOD = "TXXX:MOOD"  # ID3v2.3 has no frame of its own for mood
ID3_FRAMES = {"mood": (b"TMOO", b"TXXX"), "genre": (b"TCON",)}
ID3_HEADER = 10  # bytes: name, size and flags of a frame, or name, version, flags and size of a tag
UNSYNCHRONISED, WITH_LENGTH = 0x02, 0x01  # in the second byte of flags of a frame of ID3v2.4
TEXTS = ("latin-1", "utf-16", "utf-16-be", "utf-8")  # by the first byte of a frame of text
ID3V1_AT_MOST = 131  # bytes from the end of a file within which an ID3v1 tag begins


class MetadataError(Exception):
    """A file whose metadata cannot be read or written, in one line."""


@dataclass(frozen=True)
class Keeper:
    """How a family of containers keeps fields: get a field's values, and write those of some fields to the disk."""

    get: Callable[[Any, str], list[str]]
    write: Callable[[Any, dict[str, str]], None]


def read_fields(path: str) -> dict[str, list[str]]:
    """
    The values of each of `FIELDS`, none where there is none.

    Raises:
        MetadataError: mutagen cannot read the file, or its container has no such fields.
    """
    with _or_metadata_error(path, "read"):
        file, keeper = _opened(path)
        return {name: [] if file.tags is None else keeper.get(file, name) for name in FIELDS}


def read_artists(path: str) -> list[str]:
    """
    Who plays, by the file's metadata; nobody if it does not say.

    Raises:
        MetadataError: mutagen cannot read the file, or its container has no such field.
    """
    with _or_metadata_error(path, "read"):
        file, keeper = _opened(path)
        return [] if file.tags is None else keeper.get(file, "artist")


def write_fields(path: str, values: dict[str, str]) -> None:
    """
    Set some of `FIELDS`; all else stays.

    Of ID3v2.3 and ID3v2.4 all other frames that mutagen can tell apart stay byte for byte, which frames without content
    or a proper name are not; and so does an ID3v1 tag; ID3v2.2, which mutagen cannot
    write, and ID3v1 alone become ID3v2.4.

    Raises:
        MetadataError: mutagen cannot read or write the file, or its container has no such fields.
    """
    with _or_metadata_error(path, "read"):
        file, keeper = _opened(path)
    with _or_metadata_error(path, "written"):
        if file.tags is None:
            file.add_tags()
        keeper.write(file, values)


@contextmanager
def _or_metadata_error(path: str, done: str) -> Iterator[None]:
    """Whatever mutagen raises of a damaged file: KeyError, ValueError, struct.error and more besides its own."""
    try:
        yield
    except MetadataError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())
        raise MetadataError(f"{path}: its metadata cannot be {done} ({type(error).__name__}: {why})") from error


def _opened(path: str) -> tuple[Any, Keeper]:
    import mutagen

    file = mutagen.File(path)
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
        return Keeper(_id3_get, _mp3_write if isinstance(file, MP3) else _id3_write)
    if isinstance(file, (FLAC, OggFileType)):
        return Keeper(lambda file, name: list(file.get(name, [])), _plain_write(str.upper))
    if isinstance(file, MP4):
        return Keeper(_mp4_get, _mp4_write)
    if isinstance(file, ASF):
        names = ASF_NAMES.__getitem__
        return Keeper(lambda file, name: [str(each) for each in file.get(names(name), [])], _plain_write(names))
    return None


def _plain_write(named: Callable[[str], str]) -> Callable[[Any, dict[str, str]], None]:
    def write(file: Any, values: dict[str, str]) -> None:
        for name, value in values.items():
            file[named(name)] = [value]
        file.save()

    return write


def _id3_get(file: Any, name: str) -> list[str]:
    keys = {"mood": ("TMOO", OLD_MOOD), "genre": ("TCON",), "artist": ("TPE1",)}[name]
    frames = (file.tags.get(key) for key in keys)
    return [str(text) for frame in frames if frame is not None for text in frame.text]


def _mp3_write(file: Any, values: dict[str, str]) -> None:
    """Beside the tag that `_id3_write` knows, an mp3 may end with an ID3v1 tag, which mutagen would make anew."""
    if not _has_raw_frames(file.tags):
        _id3_write(file, values)
        return
    end = _end(file.filename)
    _id3_write(file, values, v1=0)  # removes it
    if _end(file.filename) != end:
        with open(file.filename, "ab") as changed:
            changed.write(end[end.index(b"TAG") :])


def _end(path: str) -> bytes:
    with open(path, "rb") as file:
        file.seek(-ID3V1_AT_MOST, os.SEEK_END)
        return file.read()


def _id3_write(file: Any, values: dict[str, str], **saving: int) -> None:
    tags, version = file.tags, 4
    if _has_raw_frames(tags):
        version = tags.version[1]  # players that read the one may not read the other
        _keep_raw(file, values)
    for name, value in values.items():
        frame = _id3_frame(name, value, version)
        for key in ("TMOO", OLD_MOOD) if name == "mood" else ("TCON",):
            tags.delall(key)
        tags.add(frame)
    file.save(v2_version=version, **saving)


def _has_raw_frames(tags: Any) -> bool:
    """Whether mutagen writes the frames of this tag's version, and they can stay as they are."""
    return tags.size > 0 and tags.version >= (2, 3)


def _keep_raw(file: Any, values: dict[str, str]) -> None:
    """
    Have the bytes of all frames in the tag, without those of the fields to be written.

    Frames that mutagen reads it writes in another way, in other encodings and, in ID3v2.3, under other names: a year
    would be lost to players of that version. So it reads none.
    """
    from mutagen.id3 import Frames

    tags = file.tags
    tags.clear()
    tags.load(file.filename, known_frames=_NoneReadable(Frames), translate=False, load_v1=False)
    gone, is_new = [(name, each) for name in values for each in ID3_FRAMES[name]], tags.version >= (2, 4)
    raw = [_of_new_tag(frame, tags.f_unsynch) if is_new else frame for frame in tags.unknown_frames]
    tags.unknown_frames = [frame for frame in raw if not any(_is_of(frame, is_new, *each) for each in gone)]


class _NoneReadable(dict[str, Any]):
    """Frames that mutagen knows by name, by which it guesses what sizes mean, and of which it can read none."""

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)


def _is_of(frame: bytes, is_new: bool, field: str, name: bytes) -> bool:
    """Whether a raw frame, `is_new` of ID3v2.4, is of this name, and if anybody's own (TXXX) then of this field."""
    if frame[:4] != name:
        return False
    if name != b"TXXX":
        return True
    text = frame[ID3_HEADER:]
    if is_new and frame[9] & WITH_LENGTH:
        text = text[4:]
    if is_new and frame[9] & UNSYNCHRONISED:
        text = text.replace(b"\xff\x00", b"\xff")
    encoding = TEXTS[text[0]] if text[:1] and text[0] < len(TEXTS) else "latin-1"
    return text[1:].decode(encoding, "replace").partition("\0")[0] == field.upper()


def _of_new_tag(frame: bytes, unsynchronised: bool) -> bytes:
    """
    A raw frame of ID3v2.4 for a tag that says nothing of its frames: the same bytes, if the frame is as it should be.

    Some programs write sizes as those of ID3v2.3, which may not be mixed with others, and say in the tag's header alone
    that frames are unsynchronised.
    """
    from mutagen.id3 import BitPaddedInt

    size = BitPaddedInt.to_str(len(frame) - ID3_HEADER, width=4)
    flags = frame[9] | (UNSYNCHRONISED if unsynchronised else 0)
    return frame[:4] + size + frame[8:9] + bytes([flags]) + frame[ID3_HEADER:]


def _id3_frame(name: str, value: str, version: int) -> Any:
    """A field's frame in ID3v2 of this version."""
    from mutagen.id3 import TCON, TMOO, TXXX, Encoding

    encoding = Encoding.UTF16 if version == 3 else Encoding.UTF8
    if name == "genre":
        return TCON(encoding=encoding, text=[value])
    if version == 3:
        return TXXX(encoding=encoding, desc="MOOD", text=[value])
    return TMOO(encoding=encoding, text=[value])


def _mp4_get(file: Any, name: str) -> list[str]:
    values = file.tags.get(MP4_NAMES[name], [])
    return [bytes(each).decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in values]


def _mp4_write(file: Any, values: dict[str, str]) -> None:
    from mutagen.mp4 import MP4FreeForm

    for name, value in values.items():
        file.tags[MP4_NAMES[name]] = [MP4FreeForm(value.encode()) if name == "mood" else value]
    file.save()
