"""Folders and tables of one's own: what they say is what is read, and what is wrong in them is named."""

import shutil
import zipfile

import pytest
from conftest import ROOT
from tonada.datasets_scripts import folder, music_or_not, playlists, splits

SAMPLES = ROOT / "tests" / "data"


@pytest.fixture
def songs(tmp_path):
    shutil.copytree(SAMPLES / "folder", tmp_path / "songs")
    return tmp_path / "songs"


def load(songs, tmp_path):
    return folder.load(songs, cache_dir=tmp_path / "cache")


def test_a_folder_is_a_label(songs, tmp_path):
    rows = load(songs, tmp_path)
    assert rows.features["label"].names == ["calm", "wild"]
    assert [rows.features["label"].names[label] for label in rows["label"]] == ["calm", "calm", "wild", "wild"]
    assert len(set(rows["group"])) == 4


def test_a_new_file_is_found(songs, tmp_path):
    assert len(load(songs, tmp_path)) == 4
    shutil.copy(songs / "calm" / "1.flac", songs / "wild" / "3.flac")
    assert len(load(songs, tmp_path)) == 5


def test_audio_that_was_replaced_is_looked_at_anew(tmp_path):
    shutil.copytree(SAMPLES / "playlists", tmp_path / "songs")
    any_length = playlists.Wanted(seconds=(0, 360))
    assert len(playlists.load(tmp_path / "songs", cache_dir=tmp_path / "cache", wanted=any_length)) == 5
    (tmp_path / "songs" / "audio" / "0.flac").write_bytes(b"no sound")
    assert len(playlists.load(tmp_path / "songs", cache_dir=tmp_path / "cache", wanted=any_length)) == 4


def test_what_a_mac_puts_into_a_zip_is_no_song(songs, tmp_path):
    with zipfile.ZipFile(tmp_path / "songs.zip", "w") as archive:
        for path in sorted(songs.rglob("*.flac")):
            name = path.relative_to(songs).as_posix()
            archive.write(path, f"songs/{name}")
            archive.writestr(f"__MACOSX/songs/{name.replace(path.name, '._' + path.name)}", b"Mac OS X")
            archive.writestr(f"songs/{name.replace(path.name, '._' + path.name)}", b"Mac OS X")
    rows = load(tmp_path / "songs.zip", tmp_path)
    assert rows.features["label"].names == ["calm", "wild"]
    assert len(rows) == 4


def test_blanks_around_a_label_make_no_other_label(songs, tmp_path):
    (songs / "calm").rename(songs / "wild ")
    assert load(songs, tmp_path).features["label"].names == ["wild"]
    (songs / "metadata.csv").write_text("file_name,label\nwild/1.flac,loud\nwild/more/2.flac, loud \n")
    assert load(songs, tmp_path).features["label"].names == ["loud"]


def test_a_table_says_artists_songs_and_splits(songs, tmp_path):
    table = "file_name,label,artist,song_id,split\ncalm/1.flac,soft,A and B,s1,train\ncalm/2.flac,soft,B,s2,train\n"
    (songs / "metadata.csv").write_text(table + "wild/1.flac,loud,C,s3,test\nwild/more/2.flac,loud,C,s3,test\n")
    rows = load(songs, tmp_path)
    assert rows.features["label"].names == ["loud", "soft"]
    assert list(rows["song_id"]) == ["s1", "s2", "s3", "s3"]
    assert len(set(rows["group"])) == 2
    assert splits.official(rows).parts == {"s1": "train", "s2": "train", "s3": "test"}


def test_a_changed_table_is_read_anew(songs, tmp_path):
    for label in ("one", "two"):
        (songs / "metadata.csv").write_text(f"file_name,label\ncalm/1.flac,{label}\n")
        assert load(songs, tmp_path).features["label"].names == [label]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("file,label\na,b\n", "has no column file_name; its columns are file, label"),
        ("file_name,label\n", "holds no songs"),
        ("file_name,label\na\n", "its cells are not the header's 2"),
        ("file_name,label\na,\nb,c\n", "a has no label"),
        (f"file_name,label\na,{'x' * 200_000}\n", r"metadata\.csv, after line 1: no CSV in UTF-8 \(field larger"),
        ("file_name,label\n../x.flac,b\n", "points outside"),
        ("file_name,label,split\ncalm/1.flac,b,dev\n", "'dev'; expected one of train, validation, test"),
    ],
)
def test_a_wrong_table_is_named(songs, tmp_path, table, says):
    (songs / "metadata.csv").write_text(table)
    with pytest.raises(ValueError, match=says):
        load(songs, tmp_path)


def test_music_and_what_is_none_may_lie_anywhere_below(songs, tmp_path):
    rows = music_or_not.load(songs, cache_dir=tmp_path, music=("calm",), non_music=("wild",))
    assert list(rows["label"]) == [0, 0, 1, 1]
    assert list(rows["group"]) == ["song calm/1.flac", "song calm/2.flac", "song wild/1.flac", "folder wild/more"]


def test_artists_beside_the_music_are_its_groups(songs, tmp_path):
    table = "file_name,artist\ncalm/1.flac,A and B\ncalm/2.flac,B\n"
    (songs / "metadata.csv").write_text(table)
    rows = music_or_not.load(songs, cache_dir=tmp_path, music=("calm",), non_music=("wild",))
    assert len(set(rows["group"][:2])) == 1


def test_takes_of_one_recording_are_a_group(songs, tmp_path):
    """Clips of ESC-50 and ESC-10 are named after fold, recording, take and class."""
    (songs / "wild" / "1.flac").rename(songs / "wild" / "1-17-A.flac")
    for name in ("1-17-B.flac", "1-17-C-40.flac", "1-18-A.flac"):
        shutil.copy(songs / "wild" / "1-17-A.flac", songs / "wild" / name)
    rows = music_or_not.load(songs, cache_dir=tmp_path, music=("calm",), non_music=("wild",))
    assert list(rows["group"][2:5]) == ["recording wild/1-17"] * 3
    assert list(rows["group"][5:]) == ["recording wild/1-18", "folder wild/more"]


def test_a_folder_without_audio_is_named(songs):
    with pytest.raises(ValueError, match="holds no audio below quiet"):
        music_or_not.load(songs, music=("quiet",), non_music=("wild",))


def test_the_data_at_hand_is_music_or_not(data, tmp_path):
    music, noise = ("4qaed/audio", "emotify/audio"), ("esc10/audio",)
    rows = music_or_not.load(data, cache_dir=tmp_path, music=music, non_music=noise)
    assert [list(rows["label"]).count(label) for label in (0, 1)] == [1020, 320]
    assert len(set(rows["group"])) == 853


def test_an_archive_of_one_label_keeps_it(songs, tmp_path):
    shutil.rmtree(songs / "wild")
    archive = shutil.make_archive(str(tmp_path / "songs"), "zip", songs)
    assert load(archive, tmp_path).features["label"].names == ["calm"]


def test_an_archive_may_hold_the_folder_itself(songs, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path, "songs")
    assert load(archive, tmp_path).features["label"].names == ["calm", "wild"]
