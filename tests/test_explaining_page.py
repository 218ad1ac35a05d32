"""The page on explaining says what was measured, and the method that Tonada uses has earned it."""

import csv

import descriptor_importance
import faithfulness
import pytest
import torch
from conftest import ROOT

from tonada.explaining.attributions import METHODS
from tonada.explaining.explanation import METHOD
from tonada.explaining.faithfulness import SHARES, area

PAGE = (ROOT / "docs" / "explaining.md").read_text()
FAITHFUL = 0.8  # of the songs must fall faster than at random, or the page must say that explanations are unfaithful


def share_of_songs_beaten(method: str, place: str = "spectrogram") -> float:
    with faithfulness.CURVES.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["deleted from"] == place]
    heights: dict[str, dict[str, float]] = {}
    for row in rows:
        curve = torch.tensor([float(row[f"{share:g}"]) for share in SHARES])
        heights.setdefault(row["song_id"], {})[row["order"]] = area(curve)
    assert len(heights) == 100
    return sum(each[method] < each["random"] for each in heights.values()) / len(heights)


@pytest.mark.parametrize("table", [faithfulness.table, descriptor_importance.table])
def test_the_tables_are_the_computed_ones(table):
    assert table() in PAGE


def test_the_method_in_use_beats_random_deletion_in_four_songs_of_five():
    assert share_of_songs_beaten(METHOD) >= FAITHFUL


def test_the_method_in_use_is_the_most_faithful_where_all_is_heard_anew():
    won = {method: share_of_songs_beaten(method, "sound") for method in METHODS}
    assert max(won, key=won.__getitem__) == METHOD


def test_the_picture_is_there_and_small():
    assert "pictures/explained.png" in PAGE
    assert (ROOT / "docs" / "pictures" / "explained.png").stat().st_size < 300_000
