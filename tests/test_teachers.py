"""Teachers: a song's embedding learns to tell what a published network hears, songs without labels too."""

import pytest
import torch
from conftest import noise
from test_learning import RECIPE, folder  # noqa: F401  (a fixture)

from tonada.embedding.embedders import Embedder, load_embedder, save_weights
from tonada.embedding.published import EMBEDDERS
from tonada.learning.objective import NO_LABEL, Classification, Distillation
from tonada.learning.recipe_parts import Teachers
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.teachers import lessons_from, unlabelled_songs
from tonada.learning.training import train
from tonada.listening.feature_cache import FeatureCache

TAUGHT = RECIPE.replace("epochs: 15", "epochs: 2") + (
    "teachers: {names: [fcn-mtat-layers], components: 6, also: [{script: emotion_4qaed, folder: others}]}\n"
)


@pytest.fixture
def others(folder):  # noqa: F811
    """The same songs by another name, which no recipe can know."""
    if not (folder / "others").exists():
        (folder / "others").symlink_to(folder / "songs")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    torch.manual_seed(0)
    name = "fcn-mtat-layers"
    save_weights(Embedder(name, EMBEDDERS[name].network()), tmp_path / "weights" / name)
    monkeypatch.setenv("TONADA_WEIGHTS", str(tmp_path / "weights" / name))


def test_both_layers_of_the_fcn_are_heard_beside_its_own_embedding(weights):
    sound = torch.from_numpy(noise(30, 0)[: 16000 * 30])
    heard = load_embedder("fcn-mtat-layers")(sound).embeddings
    network = load_embedder("fcn-mtat-layers").network
    assert heard.shape == (1, 320)
    torch.testing.assert_close(heard[:, :64], Embedder("fcn-mtat", network)(sound).embeddings)
    assert (heard[:, 192:] >= heard[:, 64:192]).all()  # no map's maximum is below its mean


def test_three_layers_of_the_fcn_are_heard_in_ten_seconds():
    torch.manual_seed(0)
    name = "fcn-jamendo-bands"
    heard = Embedder(name, EMBEDDERS[name].network())(torch.from_numpy(noise(20, 0))).embeddings
    assert heard.shape == (2, 2240)
    assert (heard[:, 64:192] >= heard[:, 192:704].unflatten(1, (128, 4)).amax(2)).all()  # none is below a band's mean
    assert heard[:, 704:].unflatten(1, (128, 12)).std() > 0


def test_lessons_are_uncorrelated_standard_and_count_one_on_average():
    torch.manual_seed(0)
    heard = torch.randn(200, 12) @ torch.randn(12, 30) + 5
    lessons, importance = lessons_from(heard, 8)
    torch.testing.assert_close(lessons.T.cov(), torch.eye(8), atol=1e-3, rtol=0)
    torch.testing.assert_close(lessons.mean(0), torch.zeros(8), atol=1e-4, rtol=0)
    assert importance.mean().item() == pytest.approx(1)
    assert (importance.diff() < 0).all()


def test_there_are_no_more_lessons_than_songs():
    lessons, importance = lessons_from(torch.randn(5, 30), 96)
    assert lessons.shape == (5, 5)
    assert lessons.isfinite().all()
    assert importance.isfinite().all()


def test_a_song_without_a_label_teaches_by_its_lesson_alone(model, extractor):
    sounds = [noise(4, 1), noise(4, 2)]
    heard = dict(extractor(sounds, sampling_rate=extractor.sampling_rate, return_tensors="pt"))
    batch = {**heard, "labels": torch.tensor([NO_LABEL, 2]), "teachers": torch.zeros(2, 3)}
    alone = {**{name: tensor[1:] for name, tensor in heard.items()}, "labels": torch.tensor([2])}
    torch.testing.assert_close(Classification(model)(batch), Classification(model)(alone) / 2)
    torch.manual_seed(0)
    objective = Distillation(model, torch.ones(3), weight=0.5)
    expected = 0.5 * objective.head(objective.heard(batch).embedding).square().mean()
    torch.testing.assert_close(objective(batch) - Classification(model)(batch), expected)


def test_labels_of_the_other_songs_are_not_read(folder, extractor):  # noqa: F811
    teachers = Teachers(("fcn-mtat-layers",), also=({"script": "emotion_4qaed", "folder": "songs"},))
    songs = unlabelled_songs(teachers, folder, extractor, FeatureCache())
    assert len(songs) == 24
    assert all(song.label is None for song in songs)


def test_a_taught_model_is_whole_and_its_card_says_who_taught_it(others, folder, weights, tmp_path):  # noqa: F811
    from tonada.sharing.folders import save_trained

    (tmp_path / "recipe.yaml").write_text(TAUGHT)
    recipe = load_recipe(tmp_path / "recipe.yaml")
    trained = train(recipe, folder)
    assert all(weight.isfinite().all() for weight in trained.model.state_dict().values())
    assert not any("head" in name for name in trained.model.state_dict())
    save_trained(trained, recipe, tmp_path / "recipe.yaml", tmp_path / "out")
    assert (
        "`fcn-mtat-layers` hears, a published network that learned from MagnaTagATune"
        in (tmp_path / "out" / "README.md").read_text()
    )


def test_a_teacher_without_weights_is_told_in_a_line(others, folder, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("TONADA_WEIGHTS", str(tmp_path))
    (tmp_path / "recipe.yaml").write_text(TAUGHT)
    with pytest.raises(RecipeError, match=r"teachers: .*fcn_mtat\.safetensors"):
        train(load_recipe(tmp_path / "recipe.yaml"), folder)


@pytest.mark.parametrize(
    ("teachers", "says"),
    [
        ("{names: []}", r"names: \[\]; list some of musicnn-msd"),
        ("{names: [nobody]}", "list some of"),
        ("{names: fcn-mtat}", "list some of"),
        ("{weight: 1}", "lacks names"),
        ("{names: [fcn-mtat], also: 3}", "also: 3; list data sets"),
        ("{names: [fcn-mtat], also: [{script: emotify}]}", "lacks folder"),
        ("{names: [fcn-mtat], components: 0}", "components: 0; it must be at least 1"),
        ("{names: [fcn-mtat], weight: -1}", "cannot be negative"),
        ("{names: [fcn-mtat], wieght: 1}", "did you mean 'weight'"),
    ],
)
def test_teachers_that_cannot_be_are_refused(tmp_path, teachers, says):
    (tmp_path / "recipe.yaml").write_text(RECIPE + f"teachers: {teachers}\n")
    with pytest.raises(RecipeError, match=says):
        load_recipe(tmp_path / "recipe.yaml")
