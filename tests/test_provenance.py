"""A result names its data exactly: the hash follows the songs wherever they lie, and notices whatever changes."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT
from test_data_sets import load as load_sample
from tonada.datasets_scripts import folder, provenance, splits
from tonada.feature_extraction import TonadaFeatureExtractor

SONGS = ROOT / "tests" / "data" / "emotify" / "audio"


@pytest.fixture
def mine(tmp_path) -> Path:
    """Four songs of one's own with labels, artists and a split."""
    place = tmp_path / "mine"
    place.mkdir()
    names = sorted(path.name for path in SONGS.iterdir())[:4]
    for name in names:
        shutil.copy(SONGS / name, place)
    write(place, [[name, "calm" if name < "2" else "wild", f"artist {name}", "train"] for name in names])
    return place


def write(place: Path, songs: list[list[str]]) -> None:
    with (place / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file_name", "label", "artist", "split"], *songs])


def listed(place: Path) -> list[list[str]]:
    with (place / "metadata.csv").open(newline="") as file:
        return list(csv.reader(file))[1:]


def hash_of(place: Path) -> str:
    return provenance.data_hash(folder.load(place, streaming=True), "folder", "1.0.0")


def test_the_hash_is_that_of_the_songs_and_not_of_their_place_or_order(mine, tmp_path):
    expected = hash_of(mine)
    elsewhere = shutil.copytree(mine, tmp_path / "elsewhere" / "deep")
    write(elsewhere, listed(mine)[::-1])
    assert hash_of(elsewhere) == expected


def test_one_byte_of_a_song_changes_the_hash(mine):
    before = hash_of(mine)
    song = next(mine.glob("*.flac"))
    content = bytearray(song.read_bytes())
    content[-1] ^= 1
    song.write_bytes(content)
    assert hash_of(mine) != before


@pytest.mark.parametrize(("column", "value"), [(1, "wild"), (2, "someone else"), (3, "test")])
def test_a_label_a_group_or_a_split_changes_the_hash(mine, column, value):
    before, songs = hash_of(mine), listed(mine)
    songs[0][column] = value
    write(mine, songs)
    assert hash_of(mine) != before


@pytest.mark.parametrize("column", ["artist", "song_id"])
def test_a_name_of_a_file_counts_only_where_it_is_the_songs_id(mine, column):
    name, label, _, _ = listed(mine)[0]

    def hash_under(file_name: str) -> str:
        with (mine / "metadata.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["file_name", "label", column], [file_name, label, "one"]])
        return hash_of(mine)

    before = hash_under(name)
    (mine / name).rename(mine / "renamed.flac")
    assert (hash_under("renamed.flac") == before) == (column == "song_id")


def test_a_song_more_or_less_changes_the_hash(mine):
    before, songs = hash_of(mine), listed(mine)
    write(mine, songs[1:])
    assert hash_of(mine) != before
    write(mine, [*songs, songs[0]])
    assert hash_of(mine) != before


def test_the_same_rows_under_another_name_or_version_are_other_data(mine):
    rows = folder.load(mine)
    states = {provenance.data_hash(rows, *key) for key in [("a", "1.0.0"), ("b", "1.0.0"), ("a", "1.0.1")]}
    assert len(states) == 3


@pytest.mark.parametrize("name", ["turkish", "ccmusic_genre"])
def test_tables_and_images_have_a_hash_that_reading_twice_repeats(name, tmp_path):
    rows = load_sample(name, cache_dir=tmp_path)
    found = provenance.of(rows, name)
    assert found == provenance.of(load_sample(name, cache_dir=tmp_path / "again"), name)
    assert found.rows == len(rows)
    assert provenance.of(rows.select(range(len(rows) - 1)), name).data != found.data


def test_one_number_of_a_table_changes_the_hash(tmp_path):
    rows = load_sample("turkish", cache_dir=tmp_path)
    before = provenance.data_hash(rows, "turkish", "1.0.0")
    first, *others = rows.to_list()
    first["descriptors"][7] += 1e-12
    changed = type(rows).from_list([first, *others], features=rows.features)
    assert provenance.data_hash(changed, "turkish", "1.0.0") != before


def test_a_song_that_is_gone_is_named(mine):
    song = next(mine.glob("*.flac"))
    song.unlink()
    with pytest.raises(OSError, match=song.name):
        hash_of(mine)


def test_what_the_extractor_hears_has_a_hash_that_saving_keeps_and_a_setting_changes(tmp_path):
    extractor = TonadaFeatureExtractor(branches=["descriptors"])
    extractor.save_pretrained(tmp_path)
    again = TonadaFeatureExtractor.from_pretrained(tmp_path)
    expected = provenance.settings_hash(extractor.to_dict())
    assert provenance.settings_hash(again.to_dict()) == expected
    other = TonadaFeatureExtractor(branches=["descriptors"], segment_overlap=0.5)
    assert provenance.settings_hash(other.to_dict()) != expected


def test_it_is_saved_read_back_and_printed_in_one_line(mine, tmp_path):
    rows = folder.load(mine)
    found = provenance.of(rows, "folder", splits.official(rows).hash, TonadaFeatureExtractor().to_dict(), also=["fma"])
    found.save(tmp_path)
    assert provenance.load(tmp_path / provenance.FILE) == found
    line = str(replace(found, also=()))
    assert str(found).startswith("folder 1.0.0 with fma, 4 rows;")
    assert line.startswith(f"folder 1.0.0, 4 rows; data sha256:{found.data[:12]}, split sha256:")
    assert "features sha256:" in line
    assert "\n" not in line


def test_a_data_set_that_is_read_twice_is_named_once(mine):
    found = provenance.of(folder.load(mine), "folder", also=["folder", "fma", "fma"])
    assert found.also == ("fma",)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"data_set": "x", "version": "1", "rows": 1, "data": 7}', "null"])
def test_a_file_of_another_form_is_refused(content, tmp_path):
    (tmp_path / provenance.FILE).write_text(content)
    with pytest.raises(ValueError, match="does not say"):
        provenance.load(tmp_path / provenance.FILE)
