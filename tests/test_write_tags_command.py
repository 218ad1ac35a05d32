"""`tonada write-tags` as a person runs it: it says what it would do, does it when told to, and takes it back."""

import shutil
from pathlib import Path

import mutagen
import pyarrow.parquet as pq
import pytest
from commands import tonada
from conftest import ROOT

SONGS = ("forest-dance.ogg", "silvan-sanctuary.flac")


@pytest.fixture(scope="module")
def tagged(tmp_path_factory) -> Path:
    """A folder of two songs and their table of tags."""
    folder = tmp_path_factory.mktemp("tagged")
    (folder / "songs").mkdir()
    for name in SONGS:
        shutil.copy(ROOT / "examples" / name, folder / "songs")
    done = tonada("tag", "songs", "--task", "emotion", "--output", "t.parquet", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(tagged, tmp_path) -> Path:
    """A copy of it, to write to."""
    return shutil.copytree(tagged, tmp_path / "home")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "songs").iterdir()}


def labels(folder: Path) -> dict[str, str]:
    rows = pq.read_table(folder / "t.parquet").to_pylist()
    return {Path(row["path"]).name: row["emotion_label"] for row in rows}


def moods(folder: Path) -> dict[str, list[str] | None]:
    return {name: mutagen.File(folder / "songs" / name).get("mood") for name in SONGS}


def test_without_write_it_says_what_it_would_write_and_changes_no_byte(folder):
    before = contents(folder)
    done = tonada("write-tags", "t.parquet", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, total = done.stdout.splitlines()
    assert sorted(lines) == sorted(f"mood: - -> {label}  songs/{name}" for name, label in labels(folder).items())
    assert total == "2 files would be written; --write does it"
    assert contents(folder) == before
    assert sorted(path.name for path in folder.iterdir()) == ["songs", "t.parquet"]


def test_with_write_the_labels_are_in_the_files_and_undo_gives_the_bytes_back(folder):
    before = contents(folder)
    done = tonada("write-tags", "t.parquet", "--write", folder=folder)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 files written")
    assert moods(folder) == {name: [label] for name, label in labels(folder).items()}
    undone = tonada("write-tags", "t.parquet", "--undo", folder=folder)
    assert (undone.returncode, undone.stdout.splitlines()[-1]) == (0, "2 files given back")
    assert contents(folder) == before


def test_a_file_that_changed_since_it_was_tagged_is_one_line_and_the_others_are_written(folder):
    changed, other = SONGS
    file = mutagen.File(folder / "songs" / changed)
    file["title"] = "Another"
    file.save()
    before = contents(folder)
    done = tonada("write-tags", "t.parquet", "--write", folder=folder)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"songs/{changed}: has been changed since it was tagged" in line
    assert contents(folder)[changed] == before[changed]
    assert moods(folder)[other] == [labels(folder)[other]]


def test_a_file_that_no_library_can_read_is_one_line_and_the_others_are_written(folder, recordings):
    damaged, other = SONGS
    content = bytearray((recordings / "good.wma").read_bytes())
    name = "WM/EncodingSettings\0".encode("utf-16-le")
    content[content.index(name) + len(name)] = 116  # a kind of value that there is not: of mutagen a KeyError
    (folder / "songs" / damaged).write_bytes(content)
    done = tonada("write-tags", "t.parquet", "--write", folder=folder)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"songs/{damaged}: its metadata cannot be read" in line
    assert mutagen.File(folder / "songs" / other)["mood"] == [labels(folder)[other]]
    assert done.stdout.splitlines()[-1] == "1 files written"
