"""4QAED loads from its folder in Tonada's one form."""

import datasets
import pytest
from tonada.datasets_scripts import emotion_4qaed

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
    assert list(rows["group"]) == ["the  band", "song M2", "the  band"]


def test_a_changed_table_is_read_anew(folder, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    assert len(emotion_4qaed.load(folder, cache_dir=cache)) == 3
    (folder / "metadata.csv").write_text(HEADER + "audio/1.ogg,x,Q1,M1,A,,,\n")
    assert len(emotion_4qaed.load(folder, cache_dir=cache)) == 1


def test_a_path_out_of_the_folder_is_refused(folder, tmp_path_factory):
    (folder / "metadata.csv").write_text(HEADER + "../../etc/passwd,x,Q1,M1,A,,,\n")
    with pytest.raises(datasets.exceptions.DatasetGenerationError) as caught:
        emotion_4qaed.load(folder, cache_dir=tmp_path_factory.mktemp("cache"))
    assert "points outside" in str(caught.value.__cause__)


def test_a_folder_without_the_table_says_what_to_give(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"metadata\.csv"):
        emotion_4qaed.load(tmp_path)


def test_the_real_folder_holds_720_songs_of_four_even_labels(data, tmp_path):
    rows = emotion_4qaed.load(data / "4qaed", cache_dir=tmp_path)
    assert [list(rows["label"]).count(label) for label in range(4)] == [180] * 4
    assert sum(group.startswith("song ") for group in rows["group"]) == 3
