"""FMA's tables become songs: official labels or imputed roots, official split, known-bad files left out."""

import re
import shutil

import pytest
from conftest import ROOT
from tonada.datasets_scripts import fma, splits
from tonada.feature_extraction import TonadaFeatureExtractor

SAMPLE = ROOT / "tests" / "data" / "fma"


def ids(tmp_path, **options) -> list[str]:
    return list(fma.load(SAMPLE, cache_dir=tmp_path, **options)["song_id"])


def test_subsets_hold_one_another(tmp_path):
    assert ids(tmp_path, subset="small") == ["2", "5", "40"]
    assert ids(tmp_path, subset="medium") == ["2", "3", "5", "10", "1486", "40"]
    assert ids(tmp_path, subset="full") == ids(tmp_path, subset="medium"), "the others have no one root"


def test_imputed_roots_are_those_of_most_genres(tmp_path):
    rows = fma.load(SAMPLE, cache_dir=tmp_path, subset="full", imputed=True)
    label = dict(zip(rows["song_id"], (rows.features["label"].names[each] for each in rows["label"]), strict=True))
    assert label["20"] == "rock"
    assert label["26"] in ("rock", "electronic")
    assert label["2"] == "hip_hop"
    assert "30" not in label


def test_what_was_imputed_and_where_a_seed_chose_is_reported():
    tracks = fma.tables_of_tracks(SAMPLE)
    found = fma.roots(tracks, SAMPLE)
    assert (found.imputed, found.tied, found.without) == ([20, 26], {26: ["Electronic", "Rock"]}, [30])
    assert {fma.roots(tracks, SAMPLE, seed).of[26] for seed in range(9)} == {"Rock", "Electronic"}
    assert {fma.roots(tracks, SAMPLE, seed).of[20] for seed in range(9)} == {"Rock"}


def replaced(old: str, new: str):
    return lambda text: text.replace(old, new)


def test_known_bad_audio_is_left_out(tmp_path):
    rows = fma.load(SAMPLE, cache_dir=tmp_path, content="audio")
    assert "1486" not in rows["song_id"]
    assert rows[0]["audio"]["path"].endswith("fma_medium/000/000002.mp3")


def test_the_split_is_the_official_one_and_artists_stay_together(tmp_path):
    rows = fma.load(SAMPLE, cache_dir=tmp_path)
    split = splits.official(rows)
    assert split.of(["2", "5", "10"]) == ["train", "validation", "test"]
    assert split.groups["2"] == split.groups["3"]


def test_descriptors_are_those_of_the_track(tmp_path):
    rows = fma.load(SAMPLE, cache_dir=tmp_path, subset="small")
    line = (SAMPLE / "fma_metadata" / "features.csv").read_text().splitlines()[6].split(",")
    assert line[0] == rows["song_id"][1]
    assert rows["descriptors"][1] == [float(cell) for cell in line[1:]]


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        (
            "tracks.csv",
            replaced("genres_all", "genres_some"),
            "no column track.genres_all; its",
        ),
        (
            "tracks.csv",
            replaced("training", "learning"),
            "'learning'; expected one of training, val",
        ),
        ("tracks.csv", replaced("Hip-Hop", "Rap"), "'Rap'; expected one of Experimental"),
        ("tracks.csv", lambda text: text + "x,1\n", r"tracks\.csv, line \d+: invalid literal for int"),
        ("tracks.csv", lambda text: text + f"{'x' * 200_000}\n", r"tracks\.csv, line \d+: field larger"),
        (
            "features.csv",
            lambda text: re.sub("[0-9.]+$", "much", text, flags=re.MULTILINE),
            "features.csv, track 2: could",
        ),
        ("features.csv", lambda text: re.sub(",[^,]*$", "", text, flags=re.MULTILINE), "descriptors; FMA's has 518"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, file, change, says):
    shutil.copytree(SAMPLE, tmp_path / "fma")
    path = tmp_path / "fma" / "fma_metadata" / file
    path.write_text(change(path.read_text()))
    with pytest.raises(ValueError, match=says):
        fma.load(tmp_path / "fma", cache_dir=tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("genres.csv", "25,2,12,Punk,12", "25,2,12,Punk,77", "genres.csv: the top_level of Punk is '77'; expected one"),
        ("genres.csv", "25,2,12,Punk,12", "26,2,12,Punk,12", "tracks.csv: a genre of track 5 is '25'; expected one"),
        ("tracks.csv", "[12, 15]", "[12, 15", r"tracks.csv: genres_all of track 26 is '\[12, 15'; expected a list"),
    ],
)
def test_a_broken_tree_of_genres_is_named(tmp_path, file, old, new, says):
    shutil.copytree(SAMPLE, tmp_path / "fma")
    path = tmp_path / "fma" / "fma_metadata" / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=says):
        fma.load(tmp_path / "fma", cache_dir=tmp_path, subset="full", imputed=True)


def test_wrong_words_list_what_there_is(tmp_path):
    with pytest.raises(ValueError, match="expected one of small, medium, large, full"):
        fma.load(SAMPLE, subset="tiny")
    shutil.copytree(SAMPLE, tmp_path / "fma", ignore=shutil.ignore_patterns("features.csv"))
    with pytest.raises(FileNotFoundError, match=r"no fma_metadata/features\.csv"):
        fma.load(tmp_path / "fma")


def test_the_columns_are_called_as_the_extractor_calls_them():
    assert list(TonadaFeatureExtractor.for_set("fma518_published").columns) == fma.COLUMNS
