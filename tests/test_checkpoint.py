"""The bundled checkpoints are small and safe, those with labels sparse; cards tell what recorded predictions say."""

import json

import pytest
import torch
import yaml
from conftest import ROOT
from safetensors import safe_open
from tonada.datasets_scripts import provenance, splits
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaForAudioClassification

import tonada
from tonada.checkpoints import names
from tonada.learning.recipes import load_recipe
from tonada.learning.songs import deal, rows_of
from tonada.listening.decoding import decode
from tonada.listening.listener import Listener, ModelError
from tonada.proving.crossvalidated import BASELINE, crossvalidated_table
from tonada.proving.intervals import value
from tonada.proving.judged import Judged
from tonada.proving.tables import load_systems, results_page
from tonada.proving.weighted_scores import macro_f1
from tonada.sharing.results import write_results

RESULTS = ROOT / "docs" / "results"
LABELS = {
    "emotion": ["angry", "happy", "relaxed", "sad"],
    "genre": ["classical", "electronic", "pop", "rock"],
    "music": ["music", "non_music"],
}


@pytest.fixture(params=sorted(LABELS))
def name(request) -> str:
    return request.param


@pytest.fixture
def folder(name):
    return tonada.checkpoint(name)


@pytest.mark.parametrize("name", names())
def test_it_is_at_most_five_megabytes_of_safetensors_and_runs_no_code(folder):
    assert (folder / "model.safetensors").stat().st_size <= 5_000_000
    assert {path.suffix for path in folder.rglob("*.*") if path.is_file()} == {".json", ".safetensors", ".md", ".yaml"}


@pytest.mark.parametrize("name", names())
def test_every_tensor_is_finite(folder):
    with safe_open(folder / "model.safetensors", "pt") as file:
        assert all(file.get_tensor(name).isfinite().all() for name in file.keys())  # noqa: SIM118


def test_both_branches_and_sparse_attention_are_active(folder, examples):
    model = TonadaForAudioClassification.from_pretrained(folder).eval()
    extractor = TonadaFeatureExtractor.from_pretrained(folder)
    assert model.config.branches == ("spectrogram", "descriptors")
    assert model.config.attention_mode == "topk"
    songs = [decode(path, extractor.sampling_rate) for path in examples]
    heard = extractor(songs, sampling_rate=extractor.sampling_rate, return_tensors="pt")
    with torch.no_grad():
        expected = model(**heard).logits
        for branch in model.config.branches:
            average = {**heard, branch: heard[branch].mean(dim=(0, 1), keepdim=True).expand_as(heard[branch])}
            assert (model(**average).logits - expected).abs().max() > 0.02, branch
        model.tonada.spectrogram_encoder.attention.mode = "softmax"
        assert (model(**heard).logits - expected).abs().max() > 1e-3


def test_the_examples_do_not_all_get_one_mood(examples):
    listener = Listener.bundled("emotion")
    assert len({listener.listen(path).label for path in examples}) >= 2


def test_the_examples_are_music(examples):
    listener = Listener.bundled("music")
    assert {listener.listen(path).label for path in examples} == {"music"}


def test_its_figures_are_those_of_the_recorded_predictions(name, folder):
    systems = load_systems(RESULTS / name)
    kept = {system: systems[system] for system in (name, BASELINE, "majority")}
    for row in crossvalidated_table(kept).splitlines():
        assert row in (folder / "README.md").read_text()


def test_the_hub_is_told_the_same_figures(name, folder, tmp_path):
    kept = yaml.safe_load((folder / "model-index.yaml").read_text())
    recipe = load_recipe(folder / "recipe.yaml")
    write_results(recipe, load_systems(RESULTS / name)[name], tmp_path)
    assert yaml.safe_load((tmp_path / "model-index.yaml").read_text()) == kept
    ours, anew = (
        [yaml.safe_load(path.read_text()) for path in each.glob(".eval_results/*")] for each in (folder, tmp_path)
    )
    assert len(ours) == (0 if recipe.data.also else 1), "the Hub's form has results of one data set"
    assert ours == [[{**block, "date": ours[0][0]["date"]} for block in file] for file in anew]


def test_it_is_better_than_the_baselines(name):
    systems = load_systems(RESULTS / name)
    scores = {system: value(macro_f1, Judged.of(systems[system])) for system in (name, BASELINE, "majority")}
    assert scores[name] == max(scores.values())


@pytest.mark.slow
def test_the_results_page_is_computed_from_the_recorded_predictions():
    assert (ROOT / "docs" / "results.md").read_text() == results_page(RESULTS)


def test_every_song_was_answered_by_its_own_fold_and_no_group_by_two(name, folder):
    split = splits.load(folder / "split.json")  # which refuses a group on two parts
    for system, predictions in load_systems(RESULTS / name).items():
        answered = {each.song_id: each.split for each in predictions}
        dealt = {song: f"fold {fold}" for song, fold in split.parts.items() if song in answered}
        assert (answered == dealt) == (system != f"{name}-random"), system


@pytest.mark.parametrize("name", names())
def test_its_recipe_is_the_repositorys(name, folder):
    assert (folder / "recipe.yaml").read_bytes() == (ROOT / "recipes" / f"{name}.yaml").read_bytes()


@pytest.mark.parametrize("of_data", ["emotion", "genre"])
def test_the_recorded_splits_are_those_that_the_recipe_deals(data, of_data):
    recipe = load_recipe(ROOT / "recipes" / f"{of_data}.yaml")
    dealt = deal(rows_of(recipe.data, data), recipe.data, data)
    assert dealt.hash == splits.load(tonada.checkpoint(of_data) / "split.json").hash


def test_its_config_names_labels_and_calibration(name, folder):
    config = json.loads((folder / "config.json").read_text())
    assert sorted(config["label2id"]) == LABELS[name]
    assert config["temperature"] > 0
    assert 0 < config["conformal_quantile"] < 1


@pytest.mark.parametrize("name", names())
def test_the_split_that_it_names_is_the_one_beside_it(folder):
    named = provenance.load(folder / provenance.FILE)
    assert named.split == splits.load(folder / "split.json").hash
    assert str(named).rpartition("; ")[2] in (folder / "README.md").read_text()


def test_the_ear_answers_nothing_and_says_so():
    with pytest.raises(ModelError, match=r"^ear hears and answers nothing.* emotion, genre, music$"):
        Listener.from_pretrained("ear")
    with pytest.raises(ModelError, match="was saved without a head"):
        Listener.from_pretrained(str(tonada.checkpoint("ear")))


def test_the_ear_heard_no_song_by_which_moods_or_genres_are_judged():
    heard = set(splits.load(tonada.checkpoint("ear") / "split.json").parts)
    for name in ("emotion", "genre", "emopia"):
        assert heard.isdisjoint(each.song_id for each in load_systems(RESULTS / name)[name])
    recipe = load_recipe(tonada.checkpoint("ear") / "recipe.yaml")
    assert {source["script"] for source in recipe.data.sources} == {"free_audio"}


def test_genres_stand_under_classic_or_not():
    tree = Listener.bundled("genre").model.config.tree
    assert tree.level(1) == ("classic", "non_classic")


def test_ablations_answered_the_same_songs_in_the_same_folds():
    systems = load_systems(RESULTS / "emotion-alone")
    systems.pop("emotion-random", None)  # whose folds are others on purpose
    answered = [[(each.song_id, each.split) for each in predictions] for predictions in systems.values()]
    assert {"emotion-alone", "emotion-softmax", "emotion-descriptors"} <= set(systems)
    assert all(each == answered[0] for each in answered)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("genre", "`ear`: the model that this one began from"),
        ("ear", "`fcn-jamendo-bands`: a teacher, which learned from MTG-Jamendo"),
        ("emotion", "`fcn-jamendo-layers`: a teacher, which learned from MTG-Jamendo"),
        ("music", "`music_or_not`: as the recordings have it (of 4qaed/audio, emotify/audio, esc10/audio)"),
    ],
)
def test_the_card_names_on_whose_terms_else_it_stands(name, source):
    licences = (tonada.checkpoint(name) / "README.md").read_text().partition("## Licence")[2].partition("## ")[0]
    assert f"- {source}" in licences
