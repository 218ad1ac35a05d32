"""Mood and genre in the files' own metadata: written, the audio untouched, and undone to the same bytes."""

import hashlib
import multiprocessing
import os
import shutil
import signal
import struct
from pathlib import Path
from random import Random

import mutagen
import pytest
import soundfile
from conftest import RATE, noise
from hypothesis import given
from hypothesis import strategies as st

from tonada.cataloguing import file_tags
from tonada.cataloguing.file_tags import FileTagError, planned, same_audio, undo, write
from tonada.cataloguing.metadata import MetadataError, read_artists, read_fields, write_fields
from tonada.cataloguing.undo import Journal, read_entry, restored

KEPT = ("wav", "flac", "ogg", "opus", "mp3", "m4a", "aiff", "wma")
VALUES = {"mood": "happy", "genre": "rock"}
NAMES = {
    **dict.fromkeys(("wav", "mp3", "aiff"), ("TMOO", "TCON", "TPE1")),
    **dict.fromkeys(("flac", "ogg", "opus"), ("mood", "genre", "artist")),
    "m4a": ("----:com.apple.iTunes:MOOD", "\xa9gen", "\xa9ART"),
    "wma": ("WM/Mood", "WM/Genre", "Author"),
}
"""Of mood, genre and artist, as players read them."""


ID3V1 = struct.pack("3s30s30s30s4s30sB", b"TAG", b"Title", b"Artist", b"Album", b"1999", b"", 17)
ODD_FRAMES = {
    3: (
        ("TYER", b"\1\xfe\xff\x001\x009\x009\x009"),
        ("TDAT", b"\x003112\0"),
        ("TIME", b"\x002359"),
        ("TORY", b"\x001969"),
        ("IPLS", b"\0mix\0Eva\0"),
        ("RVAD", bytes(10)),
        ("TSIZ", b"\x00123"),
    ),
    4: (
        ("TDRC", b"\x031999-12-31\0"),
        ("TDOR", b"\x031969"),
        ("TIPL", b"\3mix\0Eva\0"),
        ("TMCL", b"\3oud\0Ana\0"),
    ),
    "both": (
        ("TIT2", b"\0Title\0"),
        ("TPE1", b"\0Ana\0Eva"),
        ("TXXX", b"\0replaygain\0-6 dB\0"),
        ("XYZW", b"unknown"),
        ("APIC", b"\0PNG\0\3\0" + bytes(300)),
        ("PRIV", b"me\0\xff\xfb\0\xe0"),
        ("COMM", b"\0eng\0one"),
        ("COMM", b"\0eng\0two"),
    ),
}
"""Frames that writing mood and genre may not touch, in encodings and an order that no library would choose."""


def frame(name: str, body: bytes, version: int, flags: bytes = bytes(2)) -> bytes:
    """Of ID3v2; sizes of version 4 have seven bits a byte."""
    bits = 8 if version == 3 else 7
    size = bytes(len(body) >> bits * place & (1 << bits) - 1 for place in (3, 2, 1, 0))
    return name.encode() + size + flags + body


def others(version: int) -> list[bytes]:
    return [frame(*each, version) for each in (*ODD_FRAMES[version], *ODD_FRAMES["both"])]


def id3(frames: list[bytes], version: int, flags: int = 0) -> bytes:
    body = b"".join(frames) + bytes(50)
    return b"ID3" + bytes([version, 0, flags]) + frame("", body, 4)[:4] + body


def frames_of(content: bytes) -> list[bytes]:
    """The raw frames of a file that begins with ID3v2, in their order."""
    bits = 8 if content[3] == 3 else 7
    at, frames = 10, []
    while content[at] != 0:
        size = sum(byte << bits * place for place, byte in enumerate(content[at + 4 : at + 8][::-1]))
        frames.append(content[at : at + 10 + size])
        at += 10 + size
    return frames


def mp3_of(recordings: Path, tag: bytes, end: bytes = b"") -> bytes:
    """The recording with another tag than its own, and maybe something at the end."""
    audio = (recordings / "good.mp3").read_bytes()
    return tag + audio[audio.index(b"\xff\xfb") :] + end


def content_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def change_of(path: Path, values=VALUES, **settings) -> file_tags.Change | None:
    return planned(str(path), content_of(path), values, **settings)


@pytest.fixture
def song(tmp_path) -> Path:
    path = tmp_path / "song.flac"
    soundfile.write(path, noise(4), RATE)
    return path


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "t.parquet.undo")


@pytest.mark.parametrize("suffix", KEPT)
def test_mood_and_genre_are_written_the_audio_is_the_same_and_undoing_gives_the_same_bytes(
    suffix, recordings, tmp_path, journal
):
    if not (recordings / f"good.{suffix}").exists():
        pytest.skip(f"no recording as {suffix} could be made here")
    path = tmp_path / f"song.{suffix}"
    shutil.copy(recordings / f"good.{suffix}", path)
    before = path.read_bytes()
    write(change_of(path), journal)
    assert read_fields(str(path)) == {"mood": ["happy"], "genre": ["rock"]}
    assert same_audio(path, recordings / f"good.{suffix}")
    assert change_of(path) is None
    [entry] = journal.entries()
    assert undo(entry) == str(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_a_file_has_already_stays_unless_it_is_to_be_replaced(song):
    write_fields(str(song), {"genre": "zarzuela"})
    assert change_of(song).values == {"mood": "happy"}
    change = change_of(song, replace=True)
    assert change.values == VALUES
    assert change.before == {"mood": [], "genre": ["zarzuela"]}


@pytest.mark.parametrize("suffix", KEPT)
def test_mood_and_genre_are_where_players_look(suffix, recordings, tmp_path):
    path = tmp_path / f"song.{suffix}"
    shutil.copy(recordings / f"good.{suffix}", path)
    write_fields(str(path), VALUES)
    file = mutagen.File(path)
    values = [file[name][0] for name in NAMES[suffix][:2]]
    assert [each.decode() if isinstance(each, bytes) else str(each) for each in values] == ["happy", "rock"]


@pytest.mark.parametrize("suffix", KEPT)
def test_who_plays_is_read_from_every_format(suffix, recordings, tmp_path):
    from mutagen.id3 import TPE1

    path = tmp_path / f"song.{suffix}"
    shutil.copy(recordings / f"good.{suffix}", path)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    name = NAMES[suffix][-1]
    file[name] = TPE1(text=["Ana"]) if name == "TPE1" else ["Ana"]
    file.save()
    assert read_artists(str(path)) == ["Ana"]


def test_id3_of_version_2_3_stays_so(recordings, tmp_path, journal):
    from mutagen.id3 import ID3, TIT2

    path = tmp_path / "song.mp3"
    shutil.copy(recordings / "good.mp3", path)
    tags = ID3()
    tags.add(TIT2(encoding=1, text=["Añoranza"]))
    tags.save(path, v2_version=3)
    write(change_of(path), journal)
    assert ID3(path).version == (2, 3, 0)
    assert str(ID3(path)["TIT2"]) == "Añoranza"
    assert read_fields(str(path)) == {"mood": ["happy"], "genre": ["rock"]}


@pytest.mark.parametrize("end", [b"", ID3V1])
@pytest.mark.parametrize("version", [3, 4])
def test_all_other_id3_frames_stay_byte_for_byte_and_undoing_gives_the_same_bytes(
    version, end, recordings, tmp_path, journal
):
    path = tmp_path / "song.mp3"
    path.write_bytes(mp3_of(recordings, id3(others(version), version), end))
    before = path.read_bytes()
    write(change_of(path, replace=True), journal)
    assert path.read_bytes()[:4] == b"ID3" + bytes([version])
    fields = ("TCON", "TMOO") if version == 4 else ("TCON", "TXXX")
    written, rest = frames_of(path.read_bytes())[:2], frames_of(path.read_bytes())[2:]
    assert sorted(each[:4].decode() for each in written) == sorted(fields)
    assert rest == others(version)
    assert path.read_bytes().endswith(end)
    assert read_fields(str(path)) == {"mood": ["happy"], "genre": ["rock"]}
    undo(journal.entries()[0])
    assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", ["wav", "aiff"])
def test_frames_within_other_containers_stay_byte_for_byte_too(suffix, recordings, tmp_path):
    path = tmp_path / f"song.{suffix}"
    shutil.copy(recordings / f"good.{suffix}", path)
    file = mutagen.File(path)
    file.add_tags()
    file.save(padding=lambda info: 1000)
    tag = id3(others(3), 3)
    bare = path.read_bytes()
    at = bare.index(b"ID3\4")
    room = 10 + 1000 - len(tag)
    tag = tag[:6] + frame("", bytes(1000), 4)[:4] + tag[10:] + bytes(room)
    path.write_bytes(bare[:at] + tag + bare[at + len(tag) :])
    write_fields(str(path), VALUES)
    content = path.read_bytes()
    assert frames_of(content[content.index(b"ID3\3") :])[2:] == others(3)


@pytest.mark.parametrize("version", [3, 4])
def test_a_mood_and_a_genre_that_are_replaced_leave_no_second_one(version, recordings, tmp_path):
    utf16 = b"\1" + "MOOD\0".encode("utf-16") + "calm".encode("utf-16")
    old = [("TCON", b"\0(17)"), ("TXXX", b"\0MOOD\0sad"), ("TXXX", utf16), ("TMOO", b"\0low")]
    path = tmp_path / "song.mp3"
    path.write_bytes(mp3_of(recordings, id3([frame(*each, version) for each in old] + others(version), version)))
    write_fields(str(path), VALUES)
    assert frames_of(path.read_bytes())[2:] == others(version)
    assert read_fields(str(path)) == {"mood": ["happy"], "genre": ["rock"]}


def test_frames_of_version_2_4_with_sizes_of_2_3_are_still_read(recordings, tmp_path):
    from mutagen.id3 import ID3

    path = tmp_path / "song.mp3"
    long = "a" * 300
    frames = [frame("TIT2", b"\0" + long.encode(), 3), frame("TPE1", b"\0Ana", 3)]
    path.write_bytes(mp3_of(recordings, id3(frames, 4)))
    write_fields(str(path), VALUES)
    assert [str(ID3(path)[name]) for name in ("TIT2", "TPE1", "TCON")] == [long, "Ana", "rock"]


def test_frames_that_only_the_tag_says_are_unsynchronised_are_still_read(recordings, tmp_path):
    from mutagen.id3 import ID3

    path = tmp_path / "song.mp3"
    path.write_bytes(mp3_of(recordings, id3([frame("PRIV", b"me\0\xff\0\xfb", 4)], 4, flags=0x80)))
    write_fields(str(path), VALUES)
    assert ID3(path).getall("PRIV")[0].data == b"\xff\xfb"


@pytest.mark.parametrize("unsynchronised", [0, 0x80])
def test_an_old_mood_of_anybodys_own_goes_however_its_text_is_kept(unsynchronised, recordings, tmp_path):
    text = b"\x01" + "MOOD".encode("utf-16") + b"\0\0" + "sad".encode("utf-16")
    kept = text.replace(b"\xff", b"\xff\0") if unsynchronised else text
    path = tmp_path / "song.mp3"
    path.write_bytes(mp3_of(recordings, id3([frame("TXXX", kept, 4)], 4, flags=unsynchronised)))
    assert read_fields(str(path))["mood"] == ["sad"]
    write_fields(str(path), {"mood": "happy"})
    assert read_fields(str(path))["mood"] == ["happy"]


def test_an_id3v1_tag_alone_is_read_and_keeps_its_title(recordings, tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(mp3_of(recordings, b"", ID3V1))
    write_fields(str(path), VALUES)
    assert str(mutagen.File(path)["TIT2"]) == "Title"
    assert path.read_bytes()[-128:].startswith(b"TAGTitle")


@pytest.mark.parametrize("suffix", KEPT)
def test_a_damaged_file_is_read_and_written_or_refused_in_a_line(suffix, recordings, tmp_path):
    path = tmp_path / f"song.{suffix}"
    shutil.copy(recordings / f"good.{suffix}", path)
    write_fields(str(path), VALUES)
    good = path.read_bytes()
    random = Random(suffix)
    complaints = []
    for _ in range(100):
        content = bytearray(good)
        for _ in range(random.choice((1, 1, 4))):
            content[random.randrange(-800, 800)] = random.randrange(256)  # metadata are at one end or the other
        path.write_bytes(content)
        for deed in (read_fields, lambda name: write_fields(name, VALUES)):
            try:
                deed(str(path))
            except MetadataError as error:
                complaints.append(str(error))
    assert [each for each in complaints if not each.startswith(str(path)) or "\n" in each] == []


def test_a_file_that_mutagen_trips_over_is_refused_in_a_line(recordings, tmp_path):
    content = bytearray((recordings / "good.wma").read_bytes())
    name = "WM/EncodingSettings\0".encode("utf-16-le")
    content[content.index(name) + len(name)] = 116  # a kind of value that there is not: of mutagen a KeyError
    (tmp_path / "song.wma").write_bytes(content)
    with pytest.raises(MetadataError, match=r"song\.wma: its metadata cannot be read"):
        read_fields(str(tmp_path / "song.wma"))


def test_a_file_that_is_not_there_says_where_to_run_it(tmp_path):
    with pytest.raises(FileTagError, match=r"gone\.mp3: is not there; run it in the folder where the table was made"):
        planned(str(tmp_path / "gone.mp3"), "", VALUES)


def test_a_file_that_changed_since_it_was_tagged_is_left_alone(song, journal):
    change = change_of(song)
    write_fields(str(song), {"genre": "zarzuela"})
    before = song.read_bytes()
    with pytest.raises(FileTagError, match="has been changed since it was tagged"):
        write(change, journal)
    assert song.read_bytes() == before
    assert journal.entries() == []


def test_a_file_whose_audio_would_change_is_left_alone(song, journal, monkeypatch):
    monkeypatch.setattr(file_tags, "write_fields", lambda path, values: soundfile.write(path, noise(4, 1), RATE))
    before = song.read_bytes()
    with pytest.raises(FileTagError, match="audio would not be the same"):
        write(change_of(song), journal)
    assert song.read_bytes() == before
    assert [file.name for file in song.parent.iterdir()] == [song.name]


def test_a_file_that_changed_since_it_was_written_is_not_undone(song, journal):
    write(change_of(song), journal)
    write_fields(str(song), {"genre": "zarzuela"})
    before = song.read_bytes()
    with pytest.raises(FileTagError, match="changed since"):
        undo(journal.entries()[0])
    assert song.read_bytes() == before
    assert len(journal.entries()) == 1


def test_changes_are_undone_one_after_another_backwards(song, journal):
    before = song.read_bytes()
    write(change_of(song, {"mood": "happy"}), journal)
    write(change_of(song, {"mood": "sad"}, replace=True), journal)
    for entry in journal.entries():
        undo(entry)
    assert song.read_bytes() == before


def test_a_kill_between_the_note_and_the_deed_changes_nothing_and_can_be_undone(song, journal, monkeypatch):
    before = song.read_bytes()
    monkeypatch.setattr(file_tags, "_take_the_place", lambda *given: os.kill(os.getpid(), signal.SIGKILL))
    process = multiprocessing.get_context("fork").Process(target=write, args=(change_of(song), journal))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert song.read_bytes() == before
    assert undo(journal.entries()[0]) == str(song)
    assert song.read_bytes() == before
    assert journal.entries() == []


def test_a_damaged_entry_changes_nothing(song, journal):
    write(change_of(song), journal)
    [entry] = journal.entries()
    entry.write_bytes(entry.read_bytes()[:-1])
    before = song.read_bytes()
    with pytest.raises(FileTagError, match="damaged"):
        undo(entry)
    assert song.read_bytes() == before


def test_a_format_without_such_fields_is_named(tmp_path):
    (tmp_path / "song.aac").write_bytes(b"\xff\xf1" + bytes(500))
    with pytest.raises(FileTagError, match=r"song\.aac"):
        change_of(tmp_path / "song.aac")


@pytest.fixture
def pair(tmp_path) -> list[Path]:
    """A file before and after."""
    paths = [tmp_path / "before", tmp_path / "after"]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_two_journals_of_a_folder_keep_all_entries_of_each_other(journal, pair):
    journals = [journal, Journal(journal.folder)]
    noted = [each.note(f"{turn} {number}", *pair) for turn in range(3) for number, each in enumerate(journals)]
    assert sorted(noted, reverse=True) == journal.entries()
    assert [read_entry(entry).path for entry in noted] == [f"{turn} {number}" for turn in range(3) for number in (0, 1)]


def test_processes_that_write_a_journal_at_once_keep_all_entries(journal, pair):
    def note(name: str) -> None:
        mine = Journal(journal.folder)
        for number in range(20):
            mine.note(f"{name} {number}", *pair)

    processes = [multiprocessing.get_context("fork").Process(target=note, args=(name,)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    kept = [read_entry(entry).path for entry in journal.entries()]
    assert sorted(kept) == sorted(f"{name} {number}" for name in "abc" for number in range(20))
    assert len(kept) == len(list(journal.folder.iterdir()))


def test_a_journal_goes_on_after_the_entries_that_are_there(journal, pair):
    first = journal.note("first", *pair)
    second = Journal(journal.folder).note("second", *pair)
    assert journal.entries() == [second, first]


def test_the_cost_of_a_note_does_not_grow_with_the_journal(journal, pair, monkeypatch):
    looks = []
    for name in ("scandir", "listdir"):
        look = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, look=look: looks.append(given) or look(*given))
    for number in range(5):
        journal.note(str(number), *pair)
    assert len(looks) <= 1


def test_a_note_that_fails_leaves_nothing(journal, pair, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError("full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        journal.note("song", *pair)
    assert list(journal.folder.iterdir()) == []


@given(before=st.binary(max_size=40), after=st.binary(max_size=40), same=st.binary(max_size=20))
def test_any_change_of_bytes_can_be_undone(before, after, same, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")
    earlier, later, back = folder / "earlier", folder / "later", folder / "back"
    earlier.write_bytes(same + before + same)
    later.write_bytes(same + after + same)
    file = Journal(folder / "undo").note(str(later), earlier, later)
    restored(file, read_entry(file), later, back)
    assert back.read_bytes() == earlier.read_bytes()
