"""A listener, and so the command, answers at the level asked for, with several labels, with values or with unknown."""

import csv
import io
import json
import math

import pytest
import soundfile
import torch
from conftest import LABELS, RATE, new_model, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from typer.testing import CliRunner

from tonada.listening.listener import Listener, ModelError
from tonada_cli import app

DOWN = {"sad": "low", "relaxed": "low", "low": "down", "angry": "down", "happy": "up"}


@pytest.fixture(scope="module")
def extractor():
    return TonadaFeatureExtractor(branches=("descriptors",))


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "song.wav"
    soundfile.write(path, (noise(24) + tone(440, 24)) / 2, RATE)
    return path


def model_that_says(chances, **settings):
    """A model that gives every segment the same probabilities, of happy, sad, relaxed and angry."""
    model = new_model(branches=("descriptors",), **settings)
    model.classifier.weight.data.zero_()
    model.classifier.bias.data.copy_(torch.tensor(chances).log())
    return model


@pytest.fixture(scope="module")
def of_tree(extractor):
    # One leaf is the most probable, but of the labels above it is another's parent that is.
    return Listener(model_that_says([0.4, 0.2, 0.25, 0.15], parents=DOWN), extractor, "tree")


def test_asked_at_no_level_the_leaf_wins_and_its_ancestors_are_its_parents(of_tree, song):
    answer = of_tree.listen(song)
    assert (answer.label, answer.parents) == ("happy", ["up"])
    assert answer.level is answer.leaf is None


@pytest.mark.parametrize(
    ("level", "label", "leaf", "probabilities"),
    [
        (1, "down", "relaxed", {"up": 0.4, "down": 0.6}),
        (2, "low", "relaxed", {"happy": 0.4, "low": 0.45, "angry": 0.15}),
        (3, "happy", "happy", {"happy": 0.4, "sad": 0.2, "relaxed": 0.25, "angry": 0.15}),
    ],
)
def test_asked_at_a_level_its_own_winner_wins_with_the_best_leaf_below(
    of_tree, song, level, label, leaf, probabilities
):
    answer = of_tree.listen(song, level=level)
    assert (answer.label, answer.leaf, answer.level) == (label, leaf, level)
    assert answer.parents == of_tree.model.config.ancestors(leaf)
    assert answer.probabilities == pytest.approx(probabilities)
    assert answer.probability == pytest.approx(probabilities[label])
    assert answer.agreement == 1
    assert {part.label for part in answer.segments} == {label}


def test_a_set_at_a_level_holds_what_is_above_the_set_of_leaves(extractor, song):
    model = model_that_says([0.4, 0.2, 0.25, 0.15], parents=DOWN, conformal_quantile=0.78)
    listener = Listener(model, extractor, "tree")
    assert listener.listen(song).set == ["happy", "relaxed"]
    assert listener.listen(song, level=2).set == ["low", "happy"]
    assert listener.listen(song, level=1).set == ["down", "up"]


def test_a_song_of_which_no_label_is_probable_enough_is_unknown(extractor, song):
    listener = Listener(model_that_says([0.4, 0.2, 0.25, 0.15], parents=DOWN, abstain_below=0.5), extractor, "tree")
    answer = listener.listen(song)
    assert (answer.status, answer.label, answer.parents) == ("ok", "unknown", [])
    assert answer.probability == pytest.approx(0.4)
    assert max(answer.probabilities, key=answer.probabilities.get) == "happy"


def test_where_the_leaves_are_unknown_a_level_above_may_be_known(extractor, song):
    listener = Listener(model_that_says([0.4, 0.2, 0.25, 0.15], parents=DOWN, abstain_below=0.5), extractor, "tree")
    answer = listener.listen(song, level=1)
    assert (answer.label, answer.leaf) == ("down", "relaxed")
    assert listener.listen(song, level=2).leaf == "unknown"


def test_a_song_that_is_probable_enough_is_answered(extractor, song):
    listener = Listener(model_that_says([0.7, 0.1, 0.1, 0.1], abstain_below=0.5), extractor, "test")
    assert listener.listen(song).label == "happy"


def several(**settings):
    model = model_that_says([0.5] * 4, problem_type="multi_label_classification", **settings)
    model.classifier.bias.data.copy_(torch.tensor([0.9, 0.3, 0.6, 0.1]).logit())
    return model


def test_several_labels_are_named_the_most_probable_first(extractor, song):
    answer = Listener(several(), extractor, "test").listen(song)
    assert answer.labels == ["happy", "relaxed"]
    assert answer.label == "happy"
    assert answer.probabilities == pytest.approx(dict(zip(LABELS, [0.9, 0.3, 0.6, 0.1], strict=True)), abs=1e-5)
    assert answer.segments[0].probability == pytest.approx(0.9)


def test_of_several_labels_none_may_be_probable_enough(extractor, song):
    answer = Listener(several(abstain_below=0.95), extractor, "test").listen(song)
    assert (answer.label, answer.labels) == ("unknown", [])


def values():
    model = model_that_says([0.5] * 4, problem_type="regression")
    model.classifier.bias.data.copy_(torch.tensor([0.9, -0.3, 1.6, 0.0]))
    return model


def test_values_are_answered_by_name(extractor, song):
    answer = Listener(values(), extractor, "test").listen(song)
    assert answer.values == pytest.approx(dict(zip(LABELS, [0.9, -0.3, 1.6, 0.0], strict=True)), abs=1e-6)
    assert (answer.status, answer.label, answer.probability, answer.segments) == ("ok", None, None, [])


def test_a_level_that_is_not_there_is_refused(of_tree, extractor):
    with pytest.raises(ModelError, match="level is 4; the labels have levels 1 to 3"):
        of_tree.labels(4)
    with pytest.raises(ModelError, match="has no tree of labels, only happy, sad"):
        Listener(several(), extractor, "test").labels(1)


@pytest.fixture(scope="module")
def folders(extractor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    models = {
        "tree": model_that_says([0.4, 0.2, 0.25, 0.15], parents=DOWN),
        "unsure": model_that_says([0.4, 0.2, 0.25, 0.15], abstain_below=0.5),
        "several": several(),
        "values": values(),
    }
    for name, model in models.items():
        model.save_pretrained(folder / name)
        extractor.save_pretrained(folder / name)
    return folder


def classify(song, *arguments):
    return CliRunner().invoke(app, ["classify", str(song), *map(str, arguments)])


@pytest.mark.parametrize(
    ("model", "arguments", "line"),
    [
        ("tree", ["--level", "1"], "down            0.60       100%  song.wav  (relaxed < low < down)"),
        ("unsure", [], "unknown         0.40       100%  song.wav"),
        ("several", [], "happy           0.90       100%  song.wav  (also relaxed)"),
        ("values", [], "   0.90    -0.30     1.60     0.00  song.wav"),
    ],
)
def test_the_table_shows_each_kind(folders, song, model, arguments, line):
    done = classify(song, "--model", folders / model, *arguments)
    assert done.stdout.replace(str(song), "song.wav").splitlines()[1:] == [line]
    assert done.exit_code == 0


def test_json_has_level_and_leaf_only_of_an_answer_at_a_level(folders, song):
    done = classify(song, "--model", folders / "tree", "--level", "2", "--format", "json")
    [answer] = json.loads(done.stdout)
    assert (answer["level"], answer["label"], answer["leaf"]) == (2, "low", "relaxed")
    assert answer["parents"] == ["low", "down"]
    assert math.isclose(sum(answer["probabilities"].values()), 1, abs_tol=1e-5)
    assert not {"labels", "values"} & set(answer)


@pytest.mark.parametrize(
    ("model", "arguments", "cells"),
    [
        ("tree", ["--level", "1"], {"label": "down", "leaf": "relaxed", "level": "1", "probability of up": "0.4"}),
        ("several", [], {"labels": "happy;relaxed", "label": "happy"}),
        ("values", [], {"label": "", "happy": "0.9", "sad": "-0.3"}),
    ],
)
def test_csv_has_the_columns_of_its_kind(folders, song, model, arguments, cells):
    done = classify(song, "--model", folders / model, *arguments, "--format", "csv")
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert {name: row[name] for name in cells} == cells


@pytest.mark.parametrize(
    ("model", "option", "says"),
    [
        ("tree", ["--level", "4"], "levels 1 to 3"),
        ("several", ["--level", "1"], "no tree of labels"),
        ("values", ["--timeline"], "leave out --timeline"),
    ],
)
def test_what_a_model_cannot_answer_is_one_line_and_exit_code_two(folders, song, model, option, says):
    done = classify(song, "--model", folders / model, *option)
    assert done.exit_code == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
