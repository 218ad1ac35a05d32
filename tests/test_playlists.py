"""Mood playlists in every format give the same songs; what is left out is told with the reason."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, tone
from soundfile import write
from tonada.datasets_scripts import playlist_files, playlists
from tonada.datasets_scripts.playlists import Wanted

SAMPLE = ROOT / "tests" / "data" / "playlists"
ANY = Wanted(seconds=(0, 360))


@pytest.fixture
def folder(tmp_path) -> Path:
    shutil.copytree(SAMPLE / "audio", tmp_path / "music" / "audio")
    return tmp_path / "music"


def table(folder, *rows) -> None:
    (folder / "moods.jsonl").write_text("\n".join(json.dumps(row) for row in rows))


def row(song: str, label: str, playlist: str = "p", **more) -> dict:
    return {"song": song, "playlist": playlist, "label": label, **more}


def test_every_format_names_its_song_mood_and_artist():
    songs, left = playlists.gather(SAMPLE, ANY)
    assert left == []
    assert [(song["song_id"], song["label"]) for song in songs] == [
        ("audio/0.flac", "happy"),
        ("audio/1.flac", "sad"),
        ("audio/2.flac", "relaxed"),
        ("audio/3.flac", "angry"),
        ("audio/4.flac", "happy"),
    ]
    groups = [song["group"] for song in songs]
    assert groups[0] == groups[1], "Béla plays on both"
    assert groups[2] == groups[4] == "cleo"


def test_a_song_whose_playlists_disagree_is_dropped_or_weighed(folder):
    moods = [row("0", "happy", "a"), row("0", "joyful", "b"), row("0", "sad", "c"), row("1", "sad", "a")]
    table(folder, *moods, row("2", "sad", "a"), row("2", "calm", "b"))
    songs, left = playlists.gather(folder, ANY)
    assert [song["song_id"] for song in songs] == ["audio/1.flac"]
    assert [(each.what, each.why) for each in left] == [
        (f"audio/{number}.flac", "its playlists disagree") for number in (0, 2)
    ]
    songs, left = playlists.gather(folder, Wanted(seconds=(0, 360), disagree="weigh"))
    assert [(song["label"], song["weight"]) for song in songs] == [("happy", pytest.approx(2 / 3)), ("sad", 1)]
    assert len(left) == 1, "half against half is no mood"


def test_playlists_of_one_name_in_two_folders_are_two_playlists(folder):
    for label in ("happy", "sad"):
        (folder / label).mkdir()
        (folder / label / "playlist.m3u").write_text(f"#PLAYLIST:{label}\n../audio/0.flac\n")
    songs, left = playlists.gather(folder, ANY)
    assert songs == []
    assert left[0].why == "its playlists disagree"


def test_a_playlist_that_gives_a_song_two_moods_disagrees_with_itself(folder):
    table(folder, row("0", "happy", "a"), row("0", "sad", "a"), row("1", "sad", "a"), row("1", "q3", "a"))
    songs, left = playlists.gather(folder, ANY)
    assert [song["song_id"] for song in songs] == ["audio/1.flac"]
    assert [(each.what, each.why) for each in left] == [("audio/0.flac", "its playlists disagree")]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("happy.m3u", "file://[bad\naudio/0.flac\n", "no such audio"),
        ("happy.m3u", "a\0b\naudio/0.flac\n", "no such audio"),
        ("happy.jspf", '{"playlist": {"track": [{"location": "\\ud800"}, {"location": "audio/0.flac"}]}}', "no text"),
        ("a.jsonl", [row("0", "happy"), row("1", "sad", plays="many")], "its plays are 'many'; expected a number"),
        ("a.jsonl", [row("0", "happy"), row("1", "sad", plays=float("inf"))], "its plays are inf"),
        ("a.jsonl", [row("0", "happy"), row("1", "sad", artist="\ud800")], "no text"),
    ],
)
def test_a_bad_line_is_left_out_and_the_others_are_read(folder, name, text, why):
    lines = text if isinstance(text, str) else "\n".join(map(json.dumps, text))
    (folder / name).write_text(lines)
    songs, left = playlists.gather(folder, ANY)
    assert [song["song_id"] for song in songs] == ["audio/0.flac"]
    assert len(left) == 1
    assert why in left[0].why
    assert f"{left[0].what} {left[0].why}".encode(), "it can be printed"


@pytest.mark.parametrize("sign", ["\u0085", "\u2028", "\x1c"])
def test_only_an_end_of_line_ends_a_line(folder, sign):
    name = f"audio/a{sign}b.flac"
    shutil.copy(folder / "audio" / "0.flac", folder / name)
    (folder / "happy.m3u8").write_text(f"{name}\r\naudio/1.flac\raudio/2.flac\n")
    songs, left = playlists.gather(folder, ANY)
    assert left == []
    assert len(songs) == 3


def test_files_of_a_pls_may_be_numbered_with_zeros(folder):
    (folder / "happy.pls").write_text("[playlist]\nFile02=audio/1.flac\nFile01=audio/0.flac\nTitle01=Ann - One\n")
    songs, _ = playlists.gather(folder, ANY)
    assert [song["group"] for song in songs] == ["ann", "song audio/1.flac"]


def test_plays_and_languages_are_understood_however_they_are_written(folder):
    table(folder, row("0", "happy", plays="12.0", language="EN"), row("1", "sad", plays=9.0, language="en"))
    songs, _ = playlists.gather(folder, Wanted(plays=9, languages=("En",), seconds=(0, 9)))
    assert [song["song_id"] for song in songs] == ["audio/0.flac", "audio/1.flac"]


def test_weights_are_a_column(folder, tmp_path):
    table(folder, row("0", "happy", "a"), row("1", "sad", "a"))
    rows = playlists.load(folder, cache_dir=tmp_path, wanted=Wanted(seconds=(0, 360), disagree="weigh"))
    assert list(rows["weight"]) == [1.0, 1.0]
    assert "weight" not in playlists.load(folder, cache_dir=tmp_path, wanted=ANY).features


@pytest.mark.parametrize(
    ("entry", "wanted", "why"),
    [
        (row("0", "happy", plays=5), Wanted(plays=10, seconds=(0, 9)), "5 plays; at least 10 are wanted"),
        (
            row("0", "happy", language="zh"),
            Wanted(languages=("en",), seconds=(0, 9)),
            "language is zh; wanted are en",
        ),
        (row("0", "happy"), Wanted(), "0 s long; 60 to 360 are wanted"),
        (row("0", "happy"), Wanted(seconds=(0, 9), bit_rate=900), "kbit/s; at least 900 are wanted"),
        (row("0", "groovy"), ANY, "the mood 'groovy' is in no quadrant; known are happy"),
        (row("7", "happy"), ANY, "no such audio below the folder"),
        (row("../../x.flac", "happy"), ANY, "no such audio below the folder"),
    ],
)
def test_what_is_not_wanted_is_told(folder, entry, wanted, why):
    table(folder, entry)
    songs, left = playlists.gather(folder, wanted)
    assert songs == []
    assert why in left[0].why


def test_a_minute_to_six_is_kept(folder):
    write(folder / "audio" / "long.flac", tone(220, 61, 8000), 8000)
    (folder / "audio" / "broken.flac").write_bytes(b"no audio")
    table(folder, row("long", "happy"), row("broken", "happy"))
    songs, left = playlists.gather(folder, Wanted())
    assert [song["song_id"] for song in songs] == ["audio/long.flac"]
    assert "cannot be opened" in left[0].why


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "opus", "mp3", "m4a", "aac"])
def test_a_song_of_any_format_is_measured(recordings, folder, suffix):
    shutil.copy(recordings / f"good.{suffix}", folder / "audio" / f"song.{suffix}")
    table(folder, row(f"song.{suffix}", "happy"))
    songs, left = playlists.gather(folder, Wanted(seconds=(3.5, 4.5)))
    assert [song["song_id"] for song in songs] == [f"audio/song.{suffix}"], left


def test_a_name_that_several_files_have_names_none(folder):
    shutil.copytree(folder / "audio", folder / "copy")
    table(folder, row("0.flac", "happy"), row("copy/1.flac", "sad"))
    songs, left = playlists.gather(folder, ANY)
    assert [song["song_id"] for song in songs] == ["copy/1.flac"]
    assert left[0].why == "no such audio below the folder"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.pls", "File1=x", "as PLS: it does not begin with"),
        ("a.xspf", "<!DOCTYPE a [<!ENTITY b 'c'>]><playlist/>", "declares a document type"),
        ("a.xspf", "<playlist", "cannot be read as XSPF"),
        ("a.jspf", "[]", "cannot be read as JSPF"),
        ("a.jspf", "[" * 100_000, "a.jspf cannot be read as JSPF: it is nested too deeply"),
        ("a.csv", "song,playlist,label\n" + "x" * 200_000, "a.csv cannot be read as CSV: .*field larger"),
        ("a.jsonl", "\n{", "a.jsonl cannot be read as JSONL: line 2: Expecting"),
        ("a.csv", "song,mood\nx,y\n", "has no column playlist, label; its columns are song, mood"),
        ("a.jsonl", '{"song": "x"}', "line 1 has no column playlist, label; its columns are song"),
    ],
)
def test_a_broken_playlist_is_named(tmp_path, name, text, says):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=says):
        playlist_files.read(tmp_path / name, name)


def test_a_folder_without_playlists_lists_the_formats(folder):
    with pytest.raises(ValueError, match=r"holds no playlists; their names end in \.m3u, \.m3u8, \.pls"):
        playlists.load(folder)


def test_a_wrong_word_for_disagreement_lists_the_right_ones():
    with pytest.raises(ValueError, match="expected one of drop, weigh"):
        playlists.load(SAMPLE, wanted=Wanted(disagree="keep"))
