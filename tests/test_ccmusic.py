"""The Hub's ccmusic genre: three levels with their names, from Parquet and Arrow, at a pinned commit only."""

import shutil

import huggingface_hub
import pyarrow
import pyarrow.parquet
import pytest
from conftest import ROOT
from tonada.datasets_scripts import ccmusic_genre, form

SAMPLE = ROOT / "tests" / "data" / "ccmusic_genre"
COMMIT = "0123456789abcdef" * 2 + "01234567"


def test_the_levels_have_2_9_and_16_names():
    first, second = form.levels(ccmusic_genre.LABELS, ccmusic_genre.PARENTS)
    assert first == ["classic", "non_classic"]
    assert second == ["Symphony", "Opera", "Solo", "Chamber", "Pop", "Dance_and_house", "Indie", "Soul_or_RnB", "Rock"]
    assert len(ccmusic_genre.LABELS) == 16


def test_labels_are_read_by_name_at_every_level(tmp_path):
    rows = ccmusic_genre.load(SAMPLE, cache_dir=tmp_path)
    names = {column: rows.features[column].names for column in ("level_1", "level_2", "label")}
    seen = [tuple(names[column][row[column]] for column in names) for row in rows]
    assert seen[0] == ("classic", "Opera", "Opera")
    assert seen[2] == ("non_classic", "Soul_or_RnB", "Soul_or_RnB")
    assert seen[5] == ("non_classic", "Indie", "Classic_indie_pop")
    assert rows[0]["mel"]["bytes"].startswith(b"\x89PNG")


def rewritten(tmp_path, change) -> None:
    shutil.copytree(SAMPLE, tmp_path / "copy")
    path = tmp_path / "copy" / "eval" / "train" / "0000.parquet"
    pyarrow.parquet.write_table(change(pyarrow.parquet.read_table(path)), path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda table: table.drop_columns("cqt"), "has no column cqt; its columns are mel, chroma"),
        (lambda table: table.replace_schema_metadata(None), "does not say which names"),
        (
            lambda table: table.replace_schema_metadata(
                {key: value.replace(b"Teen_pop", b"Kids_pop") for key, value in table.schema.metadata.items()}
            ),
            "'Kids_pop'; expected one of Symphony",
        ),
    ],
)
def test_another_schema_is_named(tmp_path, change, says):
    rewritten(tmp_path, change)
    with pytest.raises(ValueError, match=says):
        ccmusic_genre.load(tmp_path / "copy", cache_dir=tmp_path)


def numbered(column, number):
    """A change that gives the first row another number in a column."""

    def change(table):
        at = table.schema.get_field_index(column)
        numbers = pyarrow.array([number, *table[column].to_pylist()[1:]], table.schema.field(at).type)
        return table.set_column(at, table.schema.field(at), numbers)

    return change


@pytest.mark.parametrize(
    ("column", "number", "says"),
    [
        ("thr_level_label", -1, r"0000\.parquet has thr_level_label -1; expected 0 to 15"),
        ("fst_level_label", -1, "has fst_level_label -1; expected 0 to 1"),
        ("sec_level_label", 9, "has sec_level_label 9; expected 0 to 8"),
        ("thr_level_label", None, "has thr_level_label None"),
        ("fst_level_label", 1, "Opera belongs below {'level_1': 'classic', 'level_2': 'Opera'}"),
    ],
)
def test_a_number_without_a_name_or_off_the_tree_is_refused(tmp_path, column, number, says):
    rewritten(tmp_path, numbered(column, number))
    with pytest.raises(ValueError, match=says):
        ccmusic_genre.load(tmp_path / "copy", cache_dir=tmp_path)


def test_the_older_spelling_of_soul_is_the_same_genre(tmp_path):
    def older(table):
        metadata = table.schema.metadata
        return table.replace_schema_metadata(
            {key: value.replace(b"Soul_or_RnB", b"Soul_or_r_and_b") for key, value in metadata.items()}
        )

    rewritten(tmp_path, older)
    again = ccmusic_genre.load(tmp_path / "copy", cache_dir=tmp_path)
    assert list(again["label"]) == list(ccmusic_genre.load(SAMPLE, cache_dir=tmp_path)["label"])


@pytest.mark.parametrize("revision", [None, "main", "abc123"])
def test_the_hub_is_asked_for_a_commit_only(revision):
    with pytest.raises(ValueError, match="forty hexadecimal digits"):
        ccmusic_genre.load(revision=revision)


def test_the_hub_is_asked_for_the_repository_at_that_commit(tmp_path, monkeypatch):
    def download(repository, **asked):
        assert (repository, asked["revision"], asked["repo_type"]) == (
            "ccmusic-database/music_genre",
            COMMIT,
            "dataset",
        )
        return str(SAMPLE)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert len(ccmusic_genre.load(revision=COMMIT, cache_dir=tmp_path)) == 6


def test_without_a_network_it_says_what_to_give(monkeypatch):
    def download(repository, **asked):
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(FileNotFoundError, match="offline, give the folder of a copy"):
        ccmusic_genre.load(revision=COMMIT)
