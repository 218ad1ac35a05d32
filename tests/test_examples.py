"""The example songs are few, short, small, readable and free, with their origin beside them."""

import csv

import pytest
import soundfile
from conftest import ROOT

FREE = {"GPL-2.0-or-later", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0"}


@pytest.fixture(scope="module")
def table() -> list[dict[str, str]]:
    with (ROOT / "examples" / "examples.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_four_to_six_clips_of_at_most_three_megabytes(examples):
    assert 4 <= len(examples) <= 6
    assert sum(path.stat().st_size for path in examples) <= 3_000_000


def test_each_lasts_20_to_40_seconds(examples):
    assert all(20 <= soundfile.info(path).duration <= 40 for path in examples)


def test_each_is_free_and_says_whose_it_is(examples, table):
    assert {row["file"] for row in table} == {path.name for path in examples}
    for row in table:
        assert row["licence"] in FREE
        assert all(row[column] for column in ("title", "author", "package", "version", "path"))
        assert row["author"].split(" (")[0] in (ROOT / "examples" / "README.md").read_text()


def test_their_moods_differ(table):
    assert len({row["mood_by_makers"].split()[0] for row in table}) >= 3
