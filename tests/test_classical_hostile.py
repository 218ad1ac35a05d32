"""A folder that was made to do harm, or badly, is refused in one line before a song is heard."""

import json

import numpy as np
import pytest

from tonada.learning.classical import saving
from tonada.learning.classical.recipe import System
from tonada.learning.classical.saving import ClassicalModel, ClassicalModelError, load_classical_model, save_classical
from tonada.learning.classical.systems import fit_system
from tonada.learning.classical.trees import check_trees
from tonada.proving.spread import Spread

COLUMNS = ("tempo", "level")
VALUES, LABELS = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2


def fitted(name, settings):
    return fit_system(System(model=name, settings=settings), {}, COLUMNS, VALUES, LABELS, LABELS, 0)


SPREAD = {"edges": [1.0, 2.0], "is_tied": [True, False], "counts": [1, 2, 3, 0, 4], "missing": 0, "mean": 1.5}
BENT = (
    {"edges": [2.0, 1.0]},
    {"edges": [1.0]},
    {"is_tied": [True, 1]},
    {"counts": [1, 2, 3, 0]},
    {"counts": [1, 2, 3, 0, -4]},
    {"missing": -1},
    {"missing": None},
    {"mean": "high"},
)


@pytest.fixture
def folder(tmp_path):
    scaling = {"mean": [0.0, 0.0], "scale": [1.0, 1.0]}
    model = ClassicalModel(fitted("naive_bayes", {}), "x", COLUMNS, ("happy", "sad"), scaling=scaling)
    save_classical(model, tmp_path, "")
    return tmp_path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"temperature": "warm"}, "its temperature is warm; expected a positive number"),
        ({"temperature": True}, "its temperature is True"),
        ({"temperature": 10**400}, "its temperature is 1000"),
        ({"threshold": "x"}, "its threshold is x"),
        ({"threshold": 0.5, "labels": ["a", "b", "c"]}, "chooses between two labels, and 3 labels"),
        ({"conformal_quantile": "x"}, "its conformal_quantile is x"),
        ({"conformal_quantile": [1]}, "its conformal_quantile is"),
        ({"parents": ["happy"]}, "its parents is"),
        ({"parents": {"happy": 3}}, "its parents is"),
        ({"parents": {"happy": "up", "up": "happy"}}, "round in a circle"),
        ({"scaling": "big"}, "its scaling is big"),
        ({"scaling": {"mean": ["x", 1]}}, "its scaling is"),
        ({"labels": "happy"}, "its labels is happy"),
        ({"labels": ["happy", "happy"]}, "a list of different labels"),
        ({"columns": [1, 2]}, "its columns is"),
        ({"recipe": 3}, "its recipe is 3"),
        ({"spreads": {}}, "its spreads is"),
        ({"spreads": [{"edges": [1]}]}, "its spreads is"),
        *(({"spreads": [{**SPREAD, **bent}]}, "its spreads is") for bent in BENT),
    ],
)
def test_a_part_that_is_not_what_it_is_called_is_refused_by_its_name(change, says, folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(ClassicalModelError, match=says):
        load_classical_model(folder)


def test_how_columns_lie_is_read_as_it_was_written(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "spreads": [SPREAD, {**SPREAD, "mean": None}]}))
    found = load_classical_model(folder).spreads
    assert found == [Spread(**SPREAD), Spread(**{**SPREAD, "mean": None})]


def test_labels_in_words_are_no_places_of_labels(folder):
    from sklearn.naive_bayes import GaussianNB
    from skops.io import dump

    dump(GaussianNB().fit(VALUES, np.where(LABELS == 0, "happy", "sad")), folder / "model.skops")
    with pytest.raises(ClassicalModelError, match="labels are not the 2 of its config"):
        load_classical_model(folder)


def bent_tree(field, number):
    """A forest whose first tree has a first node that says something else."""
    model = fitted("random_forest", {"n_estimators": 2})
    tree = model[-1].estimators_[0].tree_
    state = tree.__getstate__()
    state["nodes"][field][0] = number
    tree.__setstate__(state)
    return model


def bent_boost(field, number):
    model = fitted("gradient_boosting", {"max_iter": 2})
    model[-1]._predictors[0][0].nodes[field][0] = number
    return model


@pytest.mark.parametrize(
    ("make", "field", "number"),
    [
        (bent_tree, "left_child", 10**9),
        (bent_tree, "right_child", 0),
        (bent_tree, "feature", 2),
        (bent_tree, "feature", -5),
        (bent_boost, "left", 0),
        (bent_boost, "right", 10**9),
        (bent_boost, "feature_idx", 2),
        (bent_boost, "is_categorical", 1),
    ],
)
def test_a_tree_that_leads_astray_is_refused_before_it_is_walked(make, field, number, folder):
    honest, bent = make("threshold" if make is bent_tree else "num_threshold", 0.0), make(field, number)
    check_trees(honest, 2)
    model = load_classical_model(folder)
    save_classical(ClassicalModel(bent, "x", model.columns, model.labels), folder, "")
    with pytest.raises(ClassicalModelError, match="one of its trees"):
        load_classical_model(folder)


def test_a_model_that_could_not_be_read_back_is_not_said_to_be_saved(folder, monkeypatch):
    model = load_classical_model(folder)
    monkeypatch.setattr(saving, "MOST_BYTES", 1000)
    with pytest.raises(ClassicalModelError, match=r"up to 1000 are read. Train it with fewer or smaller trees"):
        save_classical(model, folder, "")
    with pytest.raises(ClassicalModelError, match="unpacks to"):
        load_classical_model(folder)
