"""Mood and genre in the files' own metadata: written, the audio untouched, and undone to the same bytes."""

import hashlib
import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import mutagen
import pytest
import soundfile
from conftest import RATE, noise
from hypothesis import given
from hypothesis import strategies as st

from tonada.cataloguing import file_tags
from tonada.cataloguing.file_tags import FileTagError, planned, same_audio, undo, write
from tonada.cataloguing.metadata import read_artists, read_fields, write_fields
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


@given(before=st.binary(max_size=40), after=st.binary(max_size=40), same=st.binary(max_size=20))
def test_any_change_of_bytes_can_be_undone(before, after, same, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")
    earlier, later, back = folder / "earlier", folder / "later", folder / "back"
    earlier.write_bytes(same + before + same)
    later.write_bytes(same + after + same)
    file = Journal(folder / "undo").note(str(later), earlier, later)
    restored(file, read_entry(file), later, back)
    assert back.read_bytes() == earlier.read_bytes()
