"""The pieces of the classical systems: each does what its source says, and looks at training rows alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.naive_bayes import GaussianNB

from tonada.learning.classical.balancing import SAMPLERS, Resampled
from tonada.learning.classical.capping import IQRCapping, Limiting
from tonada.learning.classical.importance import DecreaseInAccuracy
from tonada.learning.classical.models import MODELS, new_model
from tonada.learning.classical.recipe import Search, System
from tonada.learning.classical.systems import fit_system, new_pipeline, probabilities_of
from tonada.learning.recipes import RecipeError

COLUMNS = (*(f"mfcc_{number}" for number in range(6)), "zcr", "rmse")
QUICK = {
    "random_forest": {"n_estimators": 10},
    "extra_trees": {"n_estimators": 10},
    "xgboost": {"n_estimators": 5},
    "gradient_boosting": {"max_iter": 5},
    "mlp": {"hidden_layer_sizes": [8], "max_iter": 300},
}


@pytest.fixture(scope="module")
def songs():
    """Ninety songs of three labels, which the first three columns tell; two songs a group."""
    generator = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 30)
    values = generator.normal(size=(90, len(COLUMNS)))
    values[np.arange(90), labels] += 4
    return values, labels, np.array([f"artist {number // 6}" for number in range(90)])


def fitted(system, songs, systems=None):
    values, labels, groups = songs
    return fit_system(system, systems or {}, COLUMNS, values, labels, groups, seed=0)


@given(arrays(float, (12, 2), elements=st.floats(-1e6, 1e6)))
def test_capping_leaves_nothing_outside_the_fences_of_the_training_rows(rows):
    capped = IQRCapping(1.5).fit(rows).transform(rows)
    low, high = np.quantile(rows, [0.25, 0.75], axis=0)
    is_fenced = high > low
    assert (capped >= low - 1.5 * (high - low))[:, is_fenced].all()
    assert (capped <= high + 1.5 * (high - low))[:, is_fenced].all()
    assert (capped == rows)[:, ~is_fenced].all()


def test_capping_fences_new_rows_by_the_old_ones():
    capping = IQRCapping().fit(np.arange(9.0).reshape(-1, 1))
    assert capping.transform([[100.0], [4.0], [-100.0]]).ravel().tolist() == [12.0, 4.0, -4.0]


@given(arrays(float, (12, 2), elements=st.floats(-1e6, 1e6)), st.floats(0.1, 10))
def test_limiting_leaves_nothing_beyond_its_reach_and_all_else_as_it_is(rows, reach):
    limited = Limiting(reach).fit(rows).transform(rows)
    assert (abs(limited) <= reach).all()
    assert (limited == rows)[abs(rows) <= reach].all()


def test_what_is_far_from_all_training_songs_makes_a_limited_linear_model_no_surer_than_what_is_at_its_limit(songs):
    model = fitted(System(model="logistic_regression", limit=3), songs)
    end, far = songs[0][:1].copy(), songs[0][:1].copy()
    end[0, 0] = songs[0][:, 0].mean() + 3 * songs[0][:, 0].std()
    far[0, 0] = 1e6
    assert probabilities_of(model, far, 3) == pytest.approx(probabilities_of(model, end, 3))
    unlimited = fitted(System(model="logistic_regression"), songs)
    assert probabilities_of(unlimited, far, 3).max() == 1


def test_the_columns_that_tell_the_labels_are_those_that_are_kept(songs):
    values, labels, _ = songs
    chosen = DecreaseInAccuracy(3, trees=30).fit(values, labels)
    assert chosen.get_support(indices=True).tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_learns_and_gives_probabilities_that_add_up(name, songs):
    answers = probabilities_of(fitted(System(model=name, settings=QUICK.get(name, {})), songs), songs[0], 3)
    assert np.allclose(answers.sum(1), 1)
    assert (answers.argmax(1) == songs[1]).mean() > 0.9


@pytest.mark.parametrize("vote", ["soft", "hard"])
def test_a_vote_is_the_mean_of_its_voters_or_their_shares(vote, songs):
    systems = {"a": System(model="naive_bayes"), "b": System(model="lda"), "c": System(model="knn", cap=1.5)}
    answers = probabilities_of(fitted(System(vote=vote, of=tuple(systems)), songs, systems), songs[0], 3)
    each = np.array([probabilities_of(fitted(voter, songs), songs[0], 3) for voter in systems.values()])
    shares = (np.eye(3)[each.argmax(2)].sum(0) + 1) / (3 + 3)  # Laplace's: three voters are not certainty
    expected = each.mean(0) if vote == "soft" else shares
    assert np.allclose(answers, expected)


def test_a_stack_believes_the_voter_that_is_right_and_learns_from_no_group_it_asks_about(songs, shared_groups):
    systems = {"right": System(model="lda"), "deaf": System(model="lda", columns=("rmse",))}
    stack = fitted(System(vote="stacked", of=tuple(systems)), songs, systems)
    answers = probabilities_of(stack, songs[0], 3)
    assert (answers.argmax(1) == songs[1]).mean() > 0.95
    right, deaf = np.abs(stack.final_estimator_.coef_).reshape(3, 2, -1).sum((0, 2))
    assert right > 2 * deaf
    assert shared_groups == [set()] * 5


def test_a_label_without_training_songs_has_no_probability(songs):
    values, labels, groups = (part[songs[1] > 0] for part in songs)
    answers = probabilities_of(fitted(System(model="naive_bayes"), (values, labels, groups)), values, 3)
    assert (answers[:, 0] == 0).all()


class Counting(GaussianNB):
    """Naive Bayes that remembers of how many rows of each label it learned."""

    def fit(self, X, y):
        self.counts_ = np.bincount(y)
        return super().fit(X, y)


@pytest.fixture(scope="module")
def uneven(songs):
    """Thirty songs of the first and of the last label, four of the second; some of the first sound like the last."""
    few = np.concatenate([np.arange(0, 90, 3), [1, 4, 7, 10], np.arange(2, 90, 3)])
    rows, labels = songs[0][few], songs[1][few]
    rows[:5] = rows[-5:] + 0.01
    return rows, labels


@pytest.mark.parametrize(
    ("sampler", "is_as_it_should_be"),
    [
        ("smote", lambda first, rare, last: (first, rare, last) == (30, 30, 30)),
        ("enn", lambda first, rare, last: 0 < first < 30 and rare == 4 and 0 < last < 30),
        ("cnn", lambda first, rare, last: 0 < first < 30 and rare == 4 and 0 < last < 30),
        ("smoteenn", lambda first, rare, last: 0 < first < 30 and 4 < rare <= 30 and 0 < last < 30),
    ],
)
def test_a_sampler_adds_songs_of_the_rare_label_or_takes_some_of_the_others(sampler, is_as_it_should_be, uneven):
    model = Resampled(Counting(), sampler).fit(*uneven)
    assert is_as_it_should_be(*model.model_.counts_), model.model_.counts_


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_resampled_model_answers_of_any_song(sampler, uneven):
    model = Resampled(new_model("naive_bayes", {}, 0), sampler).fit(*uneven)
    assert model.predict_proba(uneven[0]).shape == (64, 3)


@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm", "rbf_svm", "random_forest", "gradient_boosting"])
def test_weights_reach_the_model(name):
    model = new_pipeline(System(model=name, balance="weights"), COLUMNS, 0)[-1]
    told = {key: value for key, value in model.get_params().items() if key.endswith("class_weight")}
    assert set(told.values()) == {"balanced"}


def test_weights_let_a_rare_label_be_answered_more_often(songs):
    kept = np.concatenate([np.flatnonzero(songs[1] != 1), np.flatnonzero(songs[1] == 1)[:6]])
    few = [part[kept] for part in songs]
    deaf = System(model="logistic_regression", columns=("zcr", "rmse"))  # that tell nothing: what is left is how many
    plain, weighted = (
        probabilities_of(fitted(replace(deaf, balance=balance), few), few[0], 3)[:, 1].mean()
        for balance in (None, "weights")
    )
    assert plain < 0.15
    assert weighted > 0.25


def test_missing_numbers_become_the_median_of_the_training_songs(songs):
    values = songs[0].copy()
    values[::7, 5] = np.nan
    pipeline = new_pipeline(System(model="naive_bayes"), COLUMNS, 0).fit(values, songs[1])
    assert pipeline.named_steps["impute"].statistics_[5] == np.nanmedian(values[:, 5])


@pytest.fixture
def shared_groups(monkeypatch):
    """Of every fold that is dealt while a test runs, the groups on both sides."""
    from sklearn.model_selection import StratifiedGroupKFold

    seen = []
    split = StratifiedGroupKFold.split

    def watched(self, X, y=None, groups=None):
        for train, test in split(self, X, y, groups):
            seen.append(set(groups[train]) & set(groups[test]))
            yield train, test

    monkeypatch.setattr(StratifiedGroupKFold, "split", watched)
    return seen


def test_a_search_finds_the_setting_that_separates_and_shares_no_group(songs, shared_groups):
    system = System(model="knn", search=Search({"n_neighbors": [60, 3]}))
    model = fitted(system, songs)
    assert model[-1].n_neighbors == 3
    assert shared_groups == [set(), set(), set()]


def test_optuna_finds_it_too_in_lists_and_ranges(songs, shared_groups):
    over = {"n_neighbors": {"low": 1, "high": 60}, "weights": ["uniform", "distance"]}
    model = fitted(System(model="knn", search=Search(over, candidates=6, by="optuna")), songs)[-1]
    assert 1 <= model.n_neighbors < 55
    assert model.weights in over["weights"]
    assert shared_groups == [set()] * 3 * 6


@pytest.mark.parametrize(
    ("system", "says"),
    [
        (System(model="knn", settings={"k": 3}), "unexpected keyword argument 'k'"),
        (System(model="knn", balance="weights"), "takes no weights"),
        (System(model="knn", columns=("chroma",)), "no column begins with 'chroma'"),
        (System(model="knn", search=Search({"C": [1]})), "search over 'C'"),
    ],
)
def test_what_cannot_be_built_is_refused_by_name(system, says, songs):
    with pytest.raises(RecipeError, match=says):
        fitted(system, songs)


def test_only_the_columns_that_are_named_are_heard(songs):
    pipeline = new_pipeline(System(model="lda", columns=("zcr", "mfcc_0")), COLUMNS, 0).fit(*songs[:2])
    assert pipeline[-1].coef_.shape == (3, 2)
