"""Labels that cannot contradict: levels sum to one, parents are ancestors, and a level's own winner wins it."""

import pytest
import torch
from conftest import LABELS, RATE, new_model, songs_of_different_lengths
from hypothesis import given
from hypothesis import strategies as st
from label_trees import CCMUSIC, random_logits, random_trees, tree_of
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification
from tonada.modeling.tree_tonada import LabelTree
from transformers import pipeline

DESCRIPTORS = {"branches": ("descriptors",), "dropout": 0.0}


@pytest.fixture(scope="module")
def heard():
    extractor = TonadaFeatureExtractor(branches=("descriptors",))
    return extractor(songs_of_different_lengths(), sampling_rate=RATE, return_tensors="pt")


def genres(**settings):
    return new_model(parents={"happy": "up", "sad": "down", "relaxed": "down"}, **DESCRIPTORS, **settings)


@given(tree=random_trees(), seed=st.integers(0, 10_000))
def test_probabilities_sum_to_one_at_every_level(tree, seed):
    logits = random_logits(tree, seed)
    for level in range(1, tree.depth + 1):
        assert tree.log_probabilities(logits, level).exp().sum().item() == pytest.approx(1, abs=1e-5)


@given(tree=random_trees(), seed=st.integers(0, 10_000))
def test_a_labels_probability_is_the_sum_of_its_childrens(tree, seed):
    logits = random_logits(tree, seed)
    of_node = dict(zip(tree.nodes, (tree.members(tree.nodes) * logits.exp()).sum(-1).tolist(), strict=True))
    for above in set(tree.parents.values()):
        children = [label for label, parent in tree.parents.items() if parent == above]
        assert of_node[above] == pytest.approx(sum(of_node[child] for child in children), abs=1e-5)


@given(tree=random_trees(), seed=st.integers(0, 10_000))
def test_at_every_level_the_leaf_answered_is_the_best_below_that_levels_winner(tree, seed):
    logits = random_logits(tree, seed)
    for level in range(1, tree.depth + 1):
        winner = tree.level(level)[int(tree.log_probabilities(logits, level).argmax())]
        leaf = tree.best_leaf(winner, logits)
        assert winner in [leaf, *tree.ancestors(leaf)]
        below = [other for other in tree.leaves if winner in [other, *tree.ancestors(other)]]
        assert logits[tree.leaves.index(leaf)] == max(logits[tree.leaves.index(other)] for other in below)


@given(tree=random_trees(), seed=st.integers(0, 10_000))
def test_at_the_last_level_the_winner_is_the_argmax_of_the_logits(tree, seed):
    logits = random_logits(tree, seed)
    assert torch.equal(tree.log_probabilities(logits), logits)
    assert tree.level() == tree.level(tree.depth) == tree.leaves


@given(tree=random_trees())
def test_each_leaf_is_below_one_label_of_every_level_and_levels_refine_one_another(tree):
    for level in range(1, tree.depth + 1):
        members = tree.members(tree.level(level))
        assert (members.sum(0) == 1).all()
        if level > 1:
            coarser = tree.members(tree.level(level - 1))
            assert all(any((row <= above).all() for above in coarser) for row in members)


def test_ccmusic_has_2_9_and_16_genres_and_skipped_levels():
    tree = tree_of(CCMUSIC)
    assert [len(tree.level(number)) for number in (1, 2, 3)] == [2, 9, 16]
    assert tree.level(1) == ("Classic", "Non_classic")
    assert {"Symphony", "Soul_or_RnB"} <= set(tree.level(2)) & set(tree.level(3))
    assert {"Pop", "Dance_and_house", "Indie", "Rock"} <= set(tree.level(2)) - set(tree.level(3))
    assert tree.ancestors("Soft_rock") == ["Rock", "Non_classic"]


def test_a_root_may_be_a_leaf_as_in_fma():
    tree = LabelTree(("Garage", "Punk", "Easy Listening"), {"Garage": "Rock", "Punk": "Rock"})
    assert tree.level(1) == ("Rock", "Easy Listening")
    assert tree.level(2) == tree.leaves


def test_ids_are_leaves_first_then_what_they_climb_to_in_whatever_order_the_file_has_it():
    tree = LabelTree(("b", "a", "c"), {"a": "x", "b": "y", "c": "x", "y": "z"})
    again = LabelTree(tree.leaves, dict(sorted(tree.parents.items(), reverse=True)))
    assert tree.nodes == again.nodes == ("b", "a", "c", "y", "z", "x")


@pytest.mark.parametrize(
    ("parents", "says"),
    [
        ({"happy": "up", "up": "well", "well": "up"}, "circle: up < well < up"),
        ({"happy": "happy"}, "circle: happy < happy"),
        ({"happy": "sad"}, "only leaves have: take 'sad' out of id2label"),
        ({"hapy": "up"}, "'hapy' is neither in id2label"),
    ],
)
def test_parents_that_are_no_tree_are_refused_and_say_why(parents, says):
    with pytest.raises(ValueError, match=says):
        TonadaConfig(id2label=dict(enumerate(LABELS)), parents=parents)


def test_a_recipe_may_have_parents_before_anybody_has_named_the_labels():
    assert TonadaConfig(parents={"soft_rock": "rock"}).ancestors("soft_rock") == ["rock"]
    with pytest.raises(ValueError, match="circle"):
        TonadaConfig(parents={"soft_rock": "rock", "rock": "soft_rock"})


def test_a_level_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="level is 4; the labels have levels 1 to 3"):
        tree_of(CCMUSIC).level(4)


def test_sixteen_labels_keep_their_order_through_a_file(tmp_path):
    leaves, parents = CCMUSIC
    TonadaConfig(id2label=dict(enumerate(leaves)), parents=parents).save_pretrained(tmp_path)
    assert TonadaConfig.from_pretrained(tmp_path).tree.leaves == leaves


def test_labels_of_leaves_cost_their_cross_entropy(heard):
    labels = torch.tensor([0, 1, 2, 3, 0])
    with_tree, without = genres(), new_model(**DESCRIPTORS)
    torch.testing.assert_close(with_tree(**heard, labels=labels).loss, without(**heard, labels=labels).loss)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_of_leaves_is_that_of_torch(heard, smoothing):
    model = new_model(label_smoothing=smoothing, **DESCRIPTORS).train()
    labels = torch.tensor([0, 1, 2, 3, 0])
    output = model(**heard, labels=labels)
    real = heard["segment_mask"].bool()
    each = labels.unsqueeze(1).expand(real.shape)[real]
    expected = torch.nn.functional.cross_entropy(output.segment_logits[real], each, label_smoothing=smoothing)
    torch.testing.assert_close(output.loss, expected)


def test_a_label_known_at_an_upper_level_costs_minus_the_log_of_the_sum_of_its_leaves(heard):
    model = genres()
    down = model.tree.nodes.index("down")
    output = model(**heard, labels=torch.full((5,), down))
    chances = output.segment_logits[heard["segment_mask"].bool()].softmax(-1)
    torch.testing.assert_close(output.loss, -(chances[:, 1] + chances[:, 2]).log().mean())


def test_a_label_known_at_an_upper_level_does_not_choose_between_its_leaves(heard):
    model = genres()
    model.classifier.weight.data.zero_()
    model(**heard, labels=torch.full((5,), model.tree.nodes.index("down"))).loss.backward()
    happy, sad, relaxed, angry = model.classifier.bias.grad.tolist()
    assert sad == pytest.approx(relaxed)
    assert sad < 0 < min(happy, angry)


def learn(model, heard, labels, steps=30):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        model(**heard, labels=labels).loss.backward()
        optimizer.step()
    return model.eval()


def test_songs_labelled_at_both_levels_teach_both_levels(heard):
    model = genres()
    leaves, level = torch.tensor([0, 1, 2, 3]), [model.tree.nodes.index("down")]
    learn(model, heard, torch.cat([leaves, torch.tensor(level)]))
    with torch.no_grad():
        logits = model(**heard).logits
    assert torch.equal(logits.argmax(-1)[:4], leaves)
    assert model.tree.level(1)[int(model.tree.log_probabilities(logits[4], 1).argmax())] == "down"


@pytest.mark.parametrize("problem", ["multi_label_classification", "regression"])
def test_several_labels_and_values_are_learned(heard, problem):
    targets = torch.tensor([[1.0, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1]])
    model = learn(new_model(problem_type=problem, **DESCRIPTORS), heard, targets, steps=80)
    with torch.no_grad():
        logits = model(**heard).logits
    chances = logits.sigmoid() if problem.startswith("multi") else logits
    assert (chances - targets).abs().max() < 0.5


def test_the_losses_are_those_of_torch(heard):
    targets = torch.rand(5, 4)
    real = heard["segment_mask"].bool()
    losses = {
        "multi_label_classification": torch.nn.functional.binary_cross_entropy_with_logits,
        "regression": torch.nn.functional.mse_loss,
    }
    for problem, loss in losses.items():
        output = new_model(problem_type=problem, **DESCRIPTORS)(**heard, labels=targets)
        each = targets.unsqueeze(1).expand(*real.shape, 4)[real]
        torch.testing.assert_close(output.loss, loss(output.segment_logits[real], each))


def test_smoothing_draws_several_labels_towards_one_half(heard):
    targets = torch.rand(5, 4).round()
    model = new_model(problem_type="multi_label_classification", label_smoothing=0.2, **DESCRIPTORS)
    smoothed = model(**heard, labels=0.8 * targets + 0.1).loss
    torch.testing.assert_close(model.train()(**heard, labels=targets).loss, smoothed)


@pytest.mark.parametrize(
    ("problem", "labels", "says"),
    [
        ("single_label_classification", torch.zeros(5, 4), r"\(5, 4\).*expects \(5,\)"),
        ("single_label_classification", torch.zeros(5), "float32; expected integers"),
        ("single_label_classification", torch.full((5,), 4), "4 to 4; ids go from 0 to 3"),
        ("multi_label_classification", torch.zeros(5).long(), r"\(5,\).*expects \(5, 4\).*happy, sad"),
        ("multi_label_classification", torch.full((5, 4), 2), "expected 1 where a song has a label"),
        ("regression", torch.zeros(5, 2), r"\(5, 2\).*expects \(5, 4\)"),
    ],
)
def test_labels_of_another_kind_are_refused_with_what_was_expected(heard, problem, labels, says):
    with pytest.raises(ValueError, match=says):
        new_model(problem_type=problem, **DESCRIPTORS)(**heard, labels=labels)


@pytest.mark.parametrize(
    ("problem", "as_probability"),
    [("single_label_classification", "softmax"), ("multi_label_classification", "sigmoid"), ("regression", "none")],
)
def test_the_stock_pipeline_returns_what_the_model_says(problem, as_probability):
    extractor = TonadaFeatureExtractor(branches=("descriptors",))
    model = new_model(problem_type=problem, **DESCRIPTORS)
    song = songs_of_different_lengths()[0]
    with torch.no_grad():
        logits = model(**extractor(song, sampling_rate=RATE, return_tensors="pt")).logits[0]
    expected = {"softmax": logits.exp(), "sigmoid": logits.sigmoid(), "none": logits}[as_probability]
    pipe = pipeline("audio-classification", model=model, feature_extractor=extractor)
    said = {each["label"]: each["score"] for each in pipe(song)}
    assert said == pytest.approx(dict(zip(LABELS, expected.tolist(), strict=True)), abs=1e-5)


@pytest.fixture(scope="module")
def one_neuron():
    names = {"id2label": {0: "non_music", 1: "music"}, "label2id": {"non_music": 0, "music": 1}}
    torch.manual_seed(0)
    return TonadaForAudioClassification(TonadaConfig(single_output=True, **names, **DESCRIPTORS)).eval()


def test_one_neuron_is_two_labels_whose_logits_are_zero_and_its_own(one_neuron, heard):
    with torch.no_grad():
        output = one_neuron(**heard)
    assert one_neuron.classifier.out_features == 1
    assert output.logits.shape == (5, 2)
    assert not output.segment_logits[..., 0].any()
    torch.testing.assert_close(
        output.segment_logits.softmax(-1)[..., 1], output.segment_logits[..., 1].sigmoid(), atol=1e-6, rtol=0
    )


def test_one_neuron_learns_by_binary_cross_entropy(one_neuron, heard):
    labels = torch.tensor([0, 1, 1, 0, 1])
    real = heard["segment_mask"].bool()
    output = one_neuron(**heard, labels=labels)
    targets = labels.unsqueeze(1).expand(real.shape)[real].float()
    expected = torch.nn.functional.binary_cross_entropy_with_logits(output.segment_logits[real][:, 1], targets)
    torch.testing.assert_close(output.loss, expected)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"single_output": True}, "two labels, and there are 4"),
        ({"problem_type": "regression", "vote": "majority"}, "choose among mean_probability, attention"),
        ({"problem_type": "regression", "vote": "log_odds"}, "choose among mean_probability, attention"),
        ({"problem_type": "regression", "temperature": 2.0}, "temperature is 2.0, .* have no probabilities"),
        ({"problem_type": "regression", "abstain_below": 0.5}, "abstain_below is 0.5"),
        ({"problem_type": "regression", "label_smoothing": 0.1}, "label_smoothing is 0.1"),
        ({"problem_type": "multi_label_classification", "parents": {"sad": "down"}}, "do not add up"),
        ({"problem_type": "multi_label_classification", "conformal_quantile": 0.9}, "of which one is true"),
        ({"problem_type": "multi_label_classification", "single_output": True}, "an output of its own"),
        ({"abstain_below": 1.5}, "from 0 to 1"),
        ({"conformal_quantile": -0.1}, "from 0 to 1"),
        ({"vote": "loudest"}, "mean_probability, majority, log_odds, attention"),
        ({"id2label": {0: "a", 2: "b"}}, "0, 1, 2 and so on"),
        ({"id2label": {0: "a", 1: "a"}}, "each with a name of its own"),
        ({"id2label": {0: "unknown", 1: "a"}, "abstain_below": 0.5}, "rename the label"),
    ],
)
def test_settings_that_contradict_each_other_or_do_nothing_are_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        TonadaConfig(**{"id2label": dict(enumerate(LABELS)), **settings})
