"""Playlists of tags: who is on them, in what order, and that players and Tonada itself can read them."""

import os
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from commands import tonada
from hypothesis import given
from hypothesis import strategies as st

from tonada.cataloguing.chosen import Filter, Tags
from tonada.cataloguing.playlists import KINDS, NAMESPACE, PlaylistError, Written, write_playlists
from tonada.cataloguing.tables import TableError
from tonada.cataloguing.tag_tables import tags_schema, tags_table
from tonada.cataloguing.tasks import Task, listeners_of

SONGS = [
    ("a.flac", "happy", 0.9, 1.0, 200.0),
    ("b.flac", "happy", 0.5, 0.6, 200.0),
    ("c.flac", "happy", 0.7, 1.0, 500.0),
    ("d.flac", "sad", 0.8, 0.8, 100.0),
    ("e.flac", "unknown", 0.3, 0.4, 100.0),
]


@pytest.fixture(scope="module")
def schema():
    return tags_schema(listeners_of([Task("emotion")]))


@pytest.fixture
def tags(schema, tmp_path) -> Tags:
    (tmp_path / "music").mkdir()
    for name, *_ in SONGS:
        (tmp_path / "music" / name).touch()
    rows = [
        {
            **{
                "path": str(tmp_path / "music" / name),
                "status": "ok",
                "duration": seconds,
                "tagged": datetime.now(UTC),
            },
            **{"emotion_label": label, "emotion_probability": probability, "emotion_agreement": agreement},
        }
        for name, label, probability, agreement, seconds in SONGS
    ]
    rows.append({"path": "bad.mp3", "status": "unreadable", "message": "bad.mp3: no"})
    pq.write_table(tags_table(rows, schema), tmp_path / "t.parquet")
    return Tags(tmp_path / "t.parquet")


def lines_of(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def test_each_label_has_a_playlist_with_the_surest_songs_first(tags, tmp_path):
    written = write_playlists(tags, "emotion", Filter(), tmp_path / "lists")
    lists = tmp_path / "lists"
    assert written == {lists / "emotion-happy.m3u8": Written(3, []), lists / "emotion-sad.m3u8": Written(1, [])}
    happy = lines_of(tmp_path / "lists" / "emotion-happy.m3u8")
    assert happy == ["../music/a.flac", "../music/c.flac", "../music/b.flac"]


@pytest.mark.parametrize(
    ("which", "names"),
    [
        (Filter(probability=0.7), "ac"),
        (Filter(agreement=0.7), "ac"),
        (Filter(longest=300), "ab"),
        (Filter(shortest=300), "c"),
        (Filter(labels={"emotion": "happy"}, probability=0.9), "a"),
    ],
)
def test_a_filter_leaves_out_what_does_not_fit(which, names, tags, tmp_path):
    write_playlists(tags, "emotion", which, tmp_path)
    assert [Path(line).stem for line in lines_of(tmp_path / "emotion-happy.m3u8")] == list(names)


def test_no_more_songs_are_taken_than_asked_for(tags, tmp_path):
    written = write_playlists(tags, "emotion", Filter(), tmp_path, most=2)
    assert [held.songs for held in written.values()] == [2, 1]
    assert [Path(line).stem for line in lines_of(tmp_path / "emotion-happy.m3u8")] == ["a", "c"]


def test_an_xspf_playlist_holds_the_same_songs(tags, tmp_path):
    write_playlists(tags, "emotion", Filter(), tmp_path, "xspf")
    tree = ElementTree.parse(tmp_path / "emotion-happy.xspf")
    tracks = tree.findall(f".//{{{NAMESPACE}}}track")
    assert [each.findtext(f"{{{NAMESPACE}}}location") for each in tracks] == [
        f"music/{name}.flac" for name in ("a", "c", "b")
    ]
    assert tracks[0].findtext(f"{{{NAMESPACE}}}duration") == "200000"


def test_a_playlist_of_ones_own_is_left_alone_and_tonadas_is_replaced(tags, tmp_path):
    write_playlists(tags, "emotion", Filter(), tmp_path)
    write_playlists(tags, "emotion", Filter(probability=0.8), tmp_path)
    assert len(lines_of(tmp_path / "emotion-happy.m3u8")) == 1
    (tmp_path / "emotion-sad.m3u8").write_text("mine.mp3\n")
    with pytest.raises(PlaylistError, match=r"emotion-sad\.m3u8 is there"):
        write_playlists(tags, "emotion", Filter(), tmp_path)
    assert (tmp_path / "emotion-sad.m3u8").read_text() == "mine.mp3\n"


def test_a_task_or_label_that_is_not_there_is_named_with_those_that_are(tags):
    with pytest.raises(TableError, match="no labels of 'genre'; it has those of emotion"):
        tags.check("genre")
    with pytest.raises(TableError, match="no label 'merry'; it has happy, "):
        tags.check("emotion", "merry")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text"])
def test_what_is_no_table_of_tags_is_refused(content, tmp_path):
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(TableError, match="is no table of tags"):
        Tags(tmp_path / "t.parquet")


@given(name=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0"), min_size=1, max_size=12))
def test_any_name_of_a_file_is_a_line_or_a_location_or_refused(name):
    if name in (".", ".."):
        return
    song = {"path": f"/music/{name}", "duration": 60.0}
    root = ElementTree.fromstring(KINDS["xspf"]("t", [song], Path("/lists")))
    assert len(root.findall(f".//{{{NAMESPACE}}}track")) == 1
    try:
        text = KINDS["m3u8"]("t", [song], Path("/lists"))
    except PlaylistError:
        assert len(name.splitlines()) > 1 or name.splitlines() != [name]
        return
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    assert [os.path.normpath(f"/lists/{line}") for line in lines] == [f"/music/{name}"]


def test_a_task_that_the_table_lacks_is_not_passed_over_in_silence(tags):
    done = tonada("write-tags", tags.path, "--genre", "gnere")
    assert done.returncode == 2
    assert "has no labels of 'gnere'" in done.stderr


def test_the_command_writes_a_playlist_a_label_that_names_the_songs_from_its_folder(tags, tmp_path):
    done = tonada("playlists", "t.parquet", "--output", "lists", "--min-probability", 0.6, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["2", "songs", "lists/emotion-happy.m3u8"],
        ["1", "songs", "lists/emotion-sad.m3u8"],
    ]
    assert lines_of(tmp_path / "lists" / "emotion-happy.m3u8") == ["../music/a.flac", "../music/c.flac"]
    assert lines_of(tmp_path / "lists" / "emotion-sad.m3u8") == ["../music/d.flac"]


def test_songs_that_are_not_where_the_table_says_are_counted_in_a_line(tags, tmp_path):
    for name in ("a.flac", "d.flac"):
        (tmp_path / "music" / name).unlink()
    done = tonada("playlists", "t.parquet", "--output", "lists", folder=tmp_path)
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert f"2 songs are not where the table says, such as {tmp_path}/music/a.flac; run it in the folder where" in line


def test_a_task_that_is_named_twice_is_refused_in_a_line(tags, tmp_path):
    twice = ("--only", "emotion=sad", "--only", "emotion=relaxed")
    done = tonada("playlists", "t.parquet", "--output", "lists", *twice, folder=tmp_path)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "--only names emotion twice, as sad and as relaxed" in line
    assert not (tmp_path / "lists").exists()
