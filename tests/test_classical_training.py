"""What a run of classical systems believes: answers of this run alone, and of each song once."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from tonada.learning.classical import crossvalidation, training
from tonada.learning.classical.crossvalidation import resumed
from tonada.learning.classical.label_importance import importance_by_label, write_importance
from tonada.learning.classical.recipe import ClassicalRecipe, Search, Songs, System
from tonada.learning.classical.rows import Rows
from tonada.learning.classical.systems import fit_system, probabilities_of
from tonada.learning.recipes import RecipeError

BAYES, NEAREST = System(model="naive_bayes"), System(model="knn")


@pytest.fixture
def recipe():
    return ClassicalRecipe("moods", Songs(table="songs.csv"), {"system": BAYES}, "system", folds=3)


@pytest.fixture
def rows():
    """Sixty songs by twenty artists, of three moods that the first columns tell, not without mistakes."""
    generator = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 20)
    values = generator.normal(size=(60, 4))
    values[np.arange(60), labels] += 2
    ids, groups = np.array([f"s{n}" for n in range(60)]), np.array([f"a{n // 3}" for n in range(60)])
    return Rows(values, ("a", "b", "c", "d"), labels, ("calm", "happy", "sad"), ids, groups)


def test_a_table_of_another_run_is_not_taken_for_this_ones(recipe, rows, tmp_path, monkeypatch):
    first = resumed(tmp_path, "system", BAYES, recipe, rows)
    with monkeypatch.context() as patched:
        patched.setattr(crossvalidation, "write_costs", lambda *_: 1 / 0)  # killed between the two files
        with pytest.raises(ZeroDivisionError):
            resumed(tmp_path, "system", NEAREST, recipe, rows)
    assert resumed(tmp_path, "system", BAYES, recipe, rows)[0].probabilities == first[0].probabilities


def test_songs_of_other_names_are_other_songs(recipe, rows, tmp_path):
    resumed(tmp_path, "system", BAYES, recipe, rows)
    renamed = replace(rows, song_ids=np.array([f"t{n}" for n in range(60)]))
    assert resumed(tmp_path, "system", BAYES, recipe, renamed)[0].song_id == "t0"


def test_a_search_on_other_groups_is_made_anew(rows, monkeypatch):
    dealt, split = Counter(), StratifiedGroupKFold.split
    monkeypatch.setattr("tonada.learning.classical.systems._searched", {})
    searcher = System(model="knn", search=Search({"n_neighbors": [3, 5]}))

    def watched(self, X, y=None, groups=None):
        dealt[groups[0]] += 1
        return split(self, X, y, groups)

    monkeypatch.setattr(StratifiedGroupKFold, "split", watched)
    for groups in (rows.groups, rows.groups, np.array([f"b{n // 2}" for n in range(60)])):
        fit_system(searcher, {}, rows.columns, rows.values, rows.labels, groups, 0)
    assert dealt == {"a0": 1, "b0": 1}


def test_a_song_that_was_asked_in_two_deals_calibrates_once(recipe, rows, monkeypatch):
    counted = []
    monkeypatch.setattr(training, "conformal_quantile", lambda chances, truth: counted.append(len(truth)) or 0.9)
    twice = replace(recipe, repeats=2)
    training.kept_model(twice, rows, crossvalidation.cross_validate("system", BAYES, twice, rows)[0])
    assert counted == [60]


def test_a_unanimous_vote_that_is_wrong_is_no_impossibility(rows):
    voters = {"a": BAYES, "b": NEAREST, "c": System(model="lda")}
    system = System(vote="hard", of=tuple(voters))
    fitted = fit_system(system, voters, rows.columns, rows.values, rows.labels, rows.groups, 0)
    found = probabilities_of(fitted, rows.values, 3)
    assert np.allclose(found.sum(1), 1)
    assert set(np.round(found.ravel() * 6).astype(int)) <= {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("system", "kept"),
    [
        (System(model="linear_svm"), 4),
        (System(model="naive_bayes", balance="smote"), 1),
        (System(model="naive_bayes", select=2), 1),
    ],
)
def test_a_label_of_too_few_songs_is_one_line_that_counts_them(system, kept, rows):
    some = np.flatnonzero((rows.labels > 0) | (np.arange(60) < 3 * kept))
    with pytest.raises(RecipeError, match=rf"from {len(some)} songs, {kept} of them of the rarest label \("):
        fit_system(system, {}, rows.columns, rows.values[some], rows.labels[some], rows.groups[some], 0)


def test_of_a_label_that_no_song_of_the_fold_has_nothing_is_said(recipe, rows, tmp_path):
    folds = crossvalidation.assign_folds(rows.labels.tolist(), rows.groups.tolist(), 3, 0)
    with_calm = np.flatnonzero((rows.labels > 0) | (folds > 0))
    some = {name: getattr(rows, name)[with_calm] for name in ("values", "labels", "song_ids", "groups")}
    dealt = folds[with_calm]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tonada.learning.classical.label_importance.assign_folds", lambda *_: dealt)
        lost = importance_by_label(recipe, replace(rows, **some))
        write_importance(recipe, replace(rows, **some), tmp_path / "importance.csv")
    assert np.isnan(lost[:, 1]).all()
    assert not np.isnan(lost[:, [0, 2, 3]]).any()
    assert {line.split(",")[2] for line in (tmp_path / "importance.csv").read_text().splitlines()[1:]} == {""}
