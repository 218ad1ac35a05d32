"""Songs as rows to learn from: what of a table is learned, what is left out and told, and who is whose sibling."""

import csv

import numpy as np
import pytest
from conftest import ROOT
from tonada.modeling.tree_tonada import LabelTree

from tonada.learning.classical.recipe import ClassicalRecipe, Songs, System, load_classical
from tonada.learning.classical.rows import load_rows
from tonada.learning.classical.training import check_rows

SAMPLES = ROOT / "tests" / "data"


@pytest.fixture
def rows_of(tmp_path):
    """The rows of a table that is given by its columns, a list of cells each."""

    def load(columns, **facts):
        with (tmp_path / "own.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
        return load_rows(recipe_of(Songs(table="own.csv", **facts)), tmp_path)

    return load


def recipe_of(songs):
    return ClassicalRecipe("own", songs, {"it": System(model="naive_bayes")}, "it", folds=2)


def test_one_word_among_the_numbers_of_a_column_is_told_with_its_row(rows_of, caplog):
    rows = rows_of({"label": ["a", "b", "a"], "tempo": [1, 2, 3], "level": [0.5, "?", 0.7], "title": ["x", "y", "z"]})
    assert rows.columns == ("tempo",)
    (told,) = caplog.messages
    assert "'level' ('?' in row 2)" in told
    assert "'title' ('x' in row 1)" in told
    assert "label" not in told


def test_of_a_clean_table_nothing_is_told(rows_of, caplog):
    table = {"mood": ["a", "b"], "artist": ["x", "y"], "id": ["s", "t"], "path": ["s.mp3", "t.mp3"], "tempo": [1, ""]}
    rows = rows_of(table, label="mood", group="artist", song_id="id")
    assert rows.columns == ("tempo",)
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["song_id", "path"])
def test_a_number_that_names_a_song_is_never_learned_from(name, rows_of):
    assert rows_of({name: [1, 2, 3], "label": ["a", "b", "a"], "tempo": [1, 2, 3]}).columns == ("tempo",)


@pytest.mark.parametrize("facts", [{}, {"song_id": "id"}])
def test_songs_of_which_no_group_is_known_are_nobodys_siblings(facts, rows_of):
    groups = ["x", "", "x", " ", "", "s4"]
    table = {"id": [f"s{n}" for n in range(6)], "label": list("ababab"), "artist": groups, "tempo": [1, 2, 3, 4, 5, 6]}
    found = rows_of(table, group="artist", **facts).groups
    assert found[0] == found[2]
    assert len(set(found)) == 5


def test_numbers_for_groups_may_be_missing_too(rows_of):
    found = rows_of({"label": list("abab"), "artist": [7, "", "", 7], "tempo": [1, 2, 3, 4]}, group="artist").groups
    assert found[0] == found[3]
    assert len(set(found)) == 3


def test_songs_without_an_id_are_not_one_song(rows_of):
    rows = rows_of({"id": ["s", "", ""], "label": list("aba"), "tempo": [1, 2, 3]}, song_id="id")
    assert rows.song_ids.tolist() == ["s", "row 2", "row 3"]
    assert len(set(rows.groups)) == 3


def test_equal_rows_are_one_where_numbers_are_missing_too(rows_of):
    table = {"label": list("abaab"), "tempo": [1, 1, "", "", 0], "level": ["", "", 1, 1, ""]}
    rows = rows_of(table, unique=True)
    assert rows.song_ids.tolist() == ["row 1", "row 3", "row 5"]
    assert np.array_equal(rows.values, [[1, np.nan], [np.nan, 1], [0, np.nan]], equal_nan=True)


def test_a_label_that_only_copies_had_is_no_label_any_more(rows_of):
    rows = rows_of({"label": list("cbac"), "tempo": [1, 1, 2, 3]}, unique=True)
    assert rows.names == ("a", "c")
    assert [rows.names[label] for label in rows.labels] == ["c", "a", "c"]


def test_a_part_of_a_data_set_that_lacks_labels_is_learned_without_them(caplog):
    recipe = recipe_of(Songs("fma", "fma", options={"subset": "small"}))
    rows = load_rows(recipe, SAMPLES)
    assert set(rows.labels) == set(range(len(rows.names)))
    assert "hip_hop" in rows.names
    assert "jazz" not in rows.names
    assert "jazz" in caplog.text


def test_the_labels_that_are_left_keep_what_stands_above_them():
    rows = load_rows(recipe_of(Songs("gtzan", "gtzan")), SAMPLES)
    assert rows.names == ("blues", "classical", "rock")
    assert rows.parents == {"blues": "non_classic", "classical": "classic", "rock": "non_classic"}
    assert LabelTree(rows.names, rows.parents).level(1) == ("non_classic", "classic")
    check_rows(recipe_of(Songs("gtzan", "gtzan")), rows)


def test_most_of_the_voters_that_are_kept_for_fma_weigh_genres_by_their_rarity():
    recipe = load_classical(ROOT / "recipes" / "genre-fma.yaml")
    voters = [recipe.systems[name] for name in recipe.systems[recipe.keep].of]
    assert sum(voter.balance == "weights" for voter in voters) > len(voters) / 2
