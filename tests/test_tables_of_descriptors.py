"""Published tables of descriptors: what is delivered dirty is mended, and every repair is told."""

from collections import Counter

import numpy as np
import pytest
from conftest import ROOT
from tonada.datasets_scripts import emotify, pyaudioanalysis, splits, turkish

SAMPLES = ROOT / "tests" / "data"


def test_every_repair_of_the_spoiled_sample_is_told():
    songs, repairs = turkish.clean(SAMPLES / "turkish" / "modified.csv")
    told = {(repair.row, repair.column, repair.was.strip(), repair.why) for repair in repairs}
    median = "no number; the column's median"
    assert told == {
        (0, "mixed_type_col", "", "no descriptor of the published table"),
        (1, "Class", "RELAX", "stray case or blanks"),
        (2, "Class", "", "no class"),
        (3, turkish.COLUMNS[2], "error", median),
        (5, turkish.COLUMNS[4], "913.2", "out of all proportion; the column's median"),
        (6, turkish.COLUMNS[7], told_number(6, 7), "stray blanks"),
        (7, turkish.COLUMNS[8], "", median),
        (9, turkish.COLUMNS[1], "NaN", median),
        (13, turkish.COLUMNS[6], "unknown", median),
    }
    assert len(songs) == 12
    assert np.isfinite([song["descriptors"] for song in songs]).all()


def told_number(row: int, column: int) -> str:
    return turkish.tables.read(SAMPLES / "turkish" / "original.csv")[row - 1][turkish.COLUMNS[column]]


def test_a_clean_table_is_left_as_it_is():
    songs, repairs = turkish.clean(SAMPLES / "turkish" / "original.csv")
    assert repairs == []
    assert len(songs) == 12


def test_a_song_that_stands_twice_is_one_group_also_where_a_copy_was_spoiled(tmp_path):
    rows = turkish.load(SAMPLES / "turkish", cache_dir=tmp_path, table="modified")
    groups = dict(zip(rows["song_id"], rows["group"], strict=True))
    assert groups["row 8"] == "row 4"
    assert groups["row 13"] == "row 10"
    assert len(set(groups.values())) == 10


def test_an_unknown_class_or_table_lists_what_there_is(tmp_path):
    with pytest.raises(ValueError, match="expected one of original, modified"):
        turkish.load(SAMPLES / "turkish", table="clean")
    text = (SAMPLES / "turkish" / "original.csv").read_text().replace("happy", "merry")
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(ValueError, match="Class in row 2 is 'merry'; expected one of happy, sad, relax, angry"):
        turkish.clean(tmp_path / "table.csv")


def test_a_missing_descriptor_is_named(tmp_path):
    text = (SAMPLES / "turkish" / "original.csv").read_text().replace("_Tempo_Mean", "_Pace_Mean")
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(ValueError, match="has no column _Tempo_Mean; its columns are Class, _RMS"):
        turkish.clean(tmp_path / "table.csv")


def test_the_published_table_has_388_songs(data, tmp_path):
    rows = turkish.load(data / "tables" / "turkish", cache_dir=tmp_path)
    assert [list(rows["label"]).count(label) for label in range(4)] == [100] * 4
    assert len(set(rows["group"])) == 388
    assert turkish.clean(data / "tables" / "turkish" / "original.csv", fence=None)[1] == []


def test_the_spoiled_table_comes_back_close_to_the_published_one(data):
    published, _ = turkish.clean(data / "tables" / "turkish" / "original.csv", fence=None)
    songs, repairs = turkish.clean(data / "tables" / "turkish" / "modified.csv")
    assert len({song["group"] for song in songs}) == 383
    assert Counter(repair.why for repair in repairs) == {
        "stray blanks": 888,
        "no number; the column's median": 298,
        "out of all proportion; the column's median": 174,
        "stray case or blanks": 13,
        "no class": 5,
        "no descriptor of the published table": 1,
    }
    truth = np.array([song["descriptors"] for song in published])
    spread = np.subtract(*np.percentile(truth, [75, 25], axis=0))
    differences = []
    for song in songs:
        twin = np.isclose(truth, song["descriptors"]).sum(1).argmax()
        assert published[twin]["label"] == song["label"]
        differences.append(np.abs(truth[twin] - song["descriptors"]) / spread)
    assert np.mean(np.array(differences) > 1e-6) < 0.03
    assert np.mean(np.array(differences) > 3) < 0.001


def test_speech_and_music_are_the_other_table(tmp_path):
    rows = pyaudioanalysis.load(SAMPLES / "pyaudioanalysis", cache_dir=tmp_path, table="music")
    assert rows.features["label"].names == ["music", "non_music"]
    assert list(rows["label"]) == [1, 1, 0, 0]
    assert len(rows[0]["descriptors"]) == 136


def test_tempo_is_in_beats_a_minute_again(data, tmp_path):
    rows = pyaudioanalysis.load(data / "tables" / "pyaudioanalysis", cache_dir=tmp_path)
    tempo = np.array(rows["descriptors"])[:, 136]
    assert len(rows) == 581
    assert 60 < np.median(tempo) < 240


def test_emotify_has_75_songs_a_genre_and_no_artist_on_two_folds(data, tmp_path):
    rows = emotify.load(data / "emotify", cache_dir=tmp_path)
    assert [list(rows["label"]).count(label) for label in range(4)] == [75] * 4
    assert list(rows["level_1"]).count(0) == 75
    groups = splits.even(rows, 5).groups
    assert groups["163"] == groups["166"], "two recordings that are nearly the same"
