"""4QAED loads from its folder in Tonada's one form."""

import datasets
import pytest
from tonada.datasets_scripts import emotion_4qaed
from tonada.datasets_scripts.performers import groups_of

HEADER = "file_name,label,quadrant,song_id,artist,title,genres,moods\n"


@pytest.fixture
def folder(tmp_path):
    rows = ["audio/1.ogg,x,Q1,M1,The  Band,,,", "audio/2.ogg,x,Q2,M2,,,,", "audio/3.ogg,x,Q4,M3,THE  BAND,,,"]
    (tmp_path / "metadata.csv").write_text(HEADER + "\n".join(rows))
    return tmp_path


def test_columns_labels_and_groups_are_of_one_form(folder, tmp_path_factory):
    rows = emotion_4qaed.load(folder, cache_dir=tmp_path_factory.mktemp("cache"))
    assert rows.features["label"].names == ["happy", "sad", "relaxed", "angry"]
    assert rows.features["audio"] == datasets.Audio(decode=False)
    assert [rows.features["label"].int2str(label) for label in rows["label"]] == ["happy", "angry", "relaxed"]
    assert list(rows["group"]) == ["the band", "song M2", "the band"]


def test_artists_who_share_a_performer_are_one_group():
    artists = ["Edward Martin", "Paul Berget", "edward martin and Paul Berget", "Xavier Cugat & His Orchestra"]
    artists += ["Eddie Heywood and his orchestra", "Dion", "Céline Dion", ""]
    groups = groups_of(artists, [str(number) for number in range(8)])
    assert len(set(groups[:3])) == 1
    assert len(set(groups)) == 6
    assert groups[7] == "7"


def test_another_place_is_never_served_from_the_first_ones_cache(folder, tmp_path_factory, monkeypatch):
    cache, other = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("other")
    (other / folder.name).mkdir()
    (other / folder.name / "metadata.csv").write_bytes((folder / "metadata.csv").read_bytes())
    for place in (folder.parent, other):
        monkeypatch.chdir(place)
        path = emotion_4qaed.load(folder.name, cache_dir=cache)[0]["audio"]["path"]
        assert path.startswith(str(place / folder.name))


def test_a_changed_table_is_read_anew(folder, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    assert len(emotion_4qaed.load(folder, cache_dir=cache)) == 3
    (folder / "metadata.csv").write_text(HEADER + "audio/1.ogg,x,Q1,M1,A,,,\n")
    assert len(emotion_4qaed.load(folder, cache_dir=cache)) == 1


def test_a_change_of_the_code_that_groups_is_never_served_stale(folder, tmp_path_factory, monkeypatch):
    cache = tmp_path_factory.mktemp("cache")
    emotion_4qaed.load(folder, cache_dir=cache)
    changed = tmp_path_factory.mktemp("code")
    (changed / "performers.py").write_text("# another way to group")
    monkeypatch.setattr(emotion_4qaed.form, "CODE", changed)
    monkeypatch.setattr(emotion_4qaed.performers, "groups_of", lambda artists, alone: ["one"] * len(artists))
    assert set(emotion_4qaed.load(folder, cache_dir=cache)["group"]) == {"one"}


def test_a_path_out_of_the_folder_is_refused(folder, tmp_path_factory):
    (folder / "metadata.csv").write_text(HEADER + "../../etc/passwd,x,Q1,M1,A,,,\n")
    with pytest.raises(ValueError, match="points outside"):
        emotion_4qaed.load(folder, cache_dir=tmp_path_factory.mktemp("cache"))


def test_a_folder_without_the_table_says_what_to_give(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"metadata\.csv"):
        emotion_4qaed.load(tmp_path)


def test_the_real_folder_holds_720_songs_of_four_even_labels(data, tmp_path):
    rows = emotion_4qaed.load(data / "4qaed", cache_dir=tmp_path)
    assert [list(rows["label"]).count(label) for label in range(4)] == [180] * 4
    assert sum(group.startswith("song ") for group in rows["group"]) == 3
