"""An ear: what teachers hear in mixes is learned without a label, kept whole, and begun with."""

import json
from contextlib import nullcontext

import pytest
import torch
from commands import tonada
from conftest import noise
from safetensors.torch import load_file
from test_learning import RECIPE, folder  # noqa: F401  (a fixture)
from transformers import AutoFeatureExtractor, AutoModel

from tonada.embedding.embedders import Embedder, save_weights
from tonada.embedding.published import EMBEDDERS
from tonada.learning import ear
from tonada.learning.batches import collate
from tonada.learning.lessons import new_model
from tonada.learning.objective import Distillation
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.scales import scales_of
from tonada.learning.songs import load_songs

EAR = """
name: ear
data: {script: emotion_4qaed, folder: songs, folds: 3}
features: {branches: [spectrogram], segment_seconds: 3.0, num_mel_bins: 16}
model: {conv_channels: [4, 4, 4], lstm_hidden_size: 8, attention_heads: 2}
teachers: {names: [fcn-mtat-bands], components: 4, mixes: 8}
training: {epochs: 2, batch_size: 4, learning_rate: 0.01}
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    name = "fcn-mtat-bands"
    place = tmp_path_factory.mktemp("weights") / name
    save_weights(Embedder(name, EMBEDDERS[name].network()), place)
    return place


@pytest.fixture(scope="module")
def learned(folder, weights, tmp_path_factory):  # noqa: F811
    """The folder that the command leaves."""
    out = tmp_path_factory.mktemp("ear")
    (out / "ear.yaml").write_text(EAR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ear, "FITTED", 12)
        told = tonada(
            "train", out / "ear.yaml", "--data", folder, "--output", out / "trained", TONADA_WEIGHTS=str(weights)
        )
    assert told.returncode == 0, told.stderr
    assert "of the variance of what its teacher hears" in told.stdout
    return out / "trained"


def test_an_ear_is_a_model_of_the_auto_classes_that_answers_nothing(learned):
    model = AutoModel.from_pretrained(learned).eval()
    extractor = AutoFeatureExtractor.from_pretrained(learned)
    rate = extractor.sampling_rate
    heard = extractor([noise(5, 1, rate=rate)], sampling_rate=rate, return_tensors="pt")
    with torch.inference_mode():
        assert model(**heard).embedding.shape == (1, 16)
    assert json.loads((learned / "config.json").read_text())["architectures"] == ["TonadaModel"]
    assert not any("classifier" in name for name in load_file(learned / "model.safetensors"))


def test_the_card_says_what_taught_it_and_whose_songs_they_are(learned):
    card = (learned / "README.md").read_text()
    assert "what `fcn-mtat-bands` hears in 16 mixes" in card
    assert "`fcn-mtat-bands`: a teacher, which learned from MagnaTagATune" in card
    assert {"recipe.yaml", "split.json", "provenance.json"} <= {path.name for path in learned.iterdir()}
    assert not list(learned.glob("unfinished*"))


def test_a_model_of_more_branches_may_begin_with_an_ear(folder, learned, tmp_path):  # noqa: F811
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("model: {", f"model: {{start: {learned}, "))
    recipe = load_recipe(tmp_path / "recipe.yaml")
    extractor = ear.TonadaFeatureExtractor(**recipe.features)
    songs, labels = load_songs(recipe.data, folder, extractor)
    given = load_file(learned / "model.safetensors")
    model = new_model(recipe, extractor, labels, scales_of(songs["train"])).tonada.state_dict()
    assert all(torch.equal(model[name], tensor) for name, tensor in given.items())
    assert any(name.startswith("descriptor_encoder") for name in model)


@pytest.mark.parametrize(("sizes", "is_refused"), [("[]", False), ("[16, 8]", True)])
def test_layers_that_begin_anew_beside_an_ear_are_not_frozen_for_good(folder, learned, tmp_path, sizes, is_refused):  # noqa: F811
    text = RECIPE.replace("model: {", f"model: {{start: {learned}, ").replace(
        "dnn_sizes: [16, 8]", f"dnn_sizes: {sizes}"
    )
    (tmp_path / "recipe.yaml").write_text(text.replace("training: {", "training: {frozen_epochs: 1, "))
    recipe = load_recipe(tmp_path / "recipe.yaml")
    extractor = ear.TonadaFeatureExtractor(**recipe.features)
    songs, labels = load_songs(recipe.data, folder, extractor)
    refused = pytest.raises(RecipeError, match=r"dnn_sizes: \[\] under model") if is_refused else nullcontext()
    with refused:
        new_model(recipe, extractor, labels, scales_of(songs["train"]))


def test_a_model_that_hears_other_bands_cannot_begin_with_it(folder, learned, tmp_path):  # noqa: F811
    text = RECIPE.replace("model: {", f"model: {{start: {learned}, ").replace("num_mel_bins: 16", "num_mel_bins: 24")
    (tmp_path / "recipe.yaml").write_text(text)
    recipe = load_recipe(tmp_path / "recipe.yaml")
    extractor = ear.TonadaFeatureExtractor(**recipe.features)
    songs, labels = load_songs(recipe.data, folder, extractor)
    with pytest.raises(RecipeError, match="it heard features of schema"):
        new_model(recipe, extractor, labels, scales_of(songs["train"]))


def test_who_tells_all_explains_all_and_who_tells_the_mean_nothing(model, extractor):
    torch.manual_seed(0)
    sounds = [torch.from_numpy(noise(4, seed)) for seed in range(6)]
    mixes = Told(extractor, sounds)
    objective = Distillation(model, torch.tensor([1.5, 0.5]), 1.0)
    with torch.inference_mode():
        said = {
            id(sound): objective.head(objective.heard(collate([mixes.heard(sound)])).embedding)[0] for sound in sounds
        }
    mixes.lesson = lambda sound: said[id(sound)]
    assert ear.explained(objective, mixes, mixes) == pytest.approx(1, abs=1e-4)
    lessons = torch.randn(6, 2)
    of = {id(sound): lesson for sound, lesson in zip(sounds, lessons, strict=True)}
    mixes.lesson = lambda sound: of[id(sound)]
    torch.nn.init.zeros_(objective.head.weight)
    objective.head.bias.data = lessons.mean(0)
    assert ear.explained(objective, mixes, mixes) == pytest.approx(0, abs=1e-5)


class Told:
    """Stretches and what there is to learn in them, as `Mixes` and `Pieces` have them."""

    def __init__(self, extractor, sounds):
        self.extractor, self.places, self.plain = extractor, sounds, sounds.__getitem__

    def heard(self, sound):
        features = self.extractor(sound, sampling_rate=self.extractor.sampling_rate, return_tensors="pt")
        return {name: tensor[0] for name, tensor in features.items()}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("batch_size: 4", "batch_size: 4, mixup: 0.2"), "mixes, which training's mixup does nothing for"),
        (("batch_size: 4", "batch_size: 4, masked_mels: 3"), "mixes, which training's masked_mels does nothing for"),
        (("mixes: 8", "mixes: 8, weight: 2.0"), "leave out weight"),
        (("training:", "report: {crossvalidate: true}\ntraining:"), "nothing to report; leave out report"),
        (("mixes: 8", "mixes: -8"), "cannot be negative"),
    ],
)
def test_what_would_do_nothing_is_refused(tmp_path, change, told):
    (tmp_path / "ear.yaml").write_text(EAR.replace(*change))
    with pytest.raises(RecipeError, match=told):
        load_recipe(tmp_path / "ear.yaml")
