"""A recipe may start from what another model has learned: all of it but its labels, and nothing that does not fit."""

from dataclasses import replace

import pytest
import torch
from test_learning import RECIPE, folder, trained  # noqa: F401  (fixtures)

from tonada.learning.lessons import new_model
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.scales import scales_of
from tonada.learning.songs import load_songs
from tonada.learning.training import train
from tonada.listening.listener import Listener
from tonada.sharing.folders import save_trained


def started(tmp_path, start, recipe=RECIPE):
    text = recipe.replace("model: {", f"model: {{start: {start}, ")
    (tmp_path / "recipe.yaml").write_text(text.replace("epochs: 15, patience: 15", "epochs: 1, patience: 1"))
    return load_recipe(tmp_path / "recipe.yaml")


@pytest.fixture(scope="module")
def start(folder, trained, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("start")
    save_trained(trained, load_recipe(folder / "recipe.yaml"), folder / "recipe.yaml", out)
    return out


def test_all_but_the_labels_is_what_the_start_had_learned(folder, trained, start, tmp_path):  # noqa: F811
    recipe = started(tmp_path, start)
    songs, labels = load_songs(recipe.data, folder, trained.extractor)
    model = new_model(recipe, trained.extractor, labels, scales_of(songs["test"]))
    before, after = trained.model.state_dict(), model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before if name.startswith("tonada."))
    labelling = [name for name in before if name.endswith("weight") and not name.startswith("tonada.")]
    assert labelling
    assert not any(torch.equal(before[name], after[name]) for name in labelling)


def test_what_a_start_gave_may_stay_as_it_is(folder, trained, start, tmp_path):  # noqa: F811
    recipe = started(tmp_path, start)
    recipe = replace(recipe, training=replace(recipe.training, epochs=2, frozen_epochs=2))
    before, after = trained.model.state_dict(), train(recipe, folder).model.state_dict()
    learned = [name for name, _ in trained.model.named_parameters() if not torch.equal(before[name], after[name])]
    assert learned
    assert not any(name.startswith("tonada.") for name in learned)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("lstm_hidden_size: 8", "lstm_hidden_size: 16"), "its lstm_hidden_size is 8, here it is 16;"),
        (
            ("conv_channels: [4, 4, 4]", "conv_channels: [4, 8, 4]"),
            r"is \[4, 4, 4\], here it is \[4, 8, 4\]; say the same",
        ),
    ],
)
def test_a_start_of_another_shape_is_refused_by_the_settings_name(folder, start, tmp_path, change, told):  # noqa: F811
    assert change[0] in RECIPE
    with pytest.raises(RecipeError, match=told):
        train(started(tmp_path, start, RECIPE.replace(*change)), folder)


def test_a_start_that_heard_other_features_is_refused(folder, start, tmp_path):  # noqa: F811
    other = started(tmp_path, start, RECIPE.replace("num_mel_bins: 16", "num_mel_bins: 16, level: null"))
    with pytest.raises(RecipeError, match="it heard features of schema"):
        train(other, folder)


def test_a_start_that_is_not_there_is_named(folder, tmp_path):  # noqa: F811
    with pytest.raises(RecipeError, match=r"cannot start from \./nowhere"):
        train(started(tmp_path, "./nowhere"), folder)


def test_a_models_name_may_be_a_task_that_came_with_the_package():
    assert Listener.from_pretrained("emotion").name == "bundled:emotion"
