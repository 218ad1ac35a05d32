"""Networks learn from pictures of spectrograms: ccmusic's genres in three levels, from a replica or the Hub."""

import shutil
from dataclasses import replace

import huggingface_hub
import pytest
import torch
from conftest import ROOT
from tonada.datasets_scripts import ccmusic_genre
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.learning.recipe_parts import Recipe
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.songs import load_songs, rows_of
from tonada.learning.training import train

FEATURES = {"branches": ["spectrogram"], "image_size": 32, "image_mode": "RGB"}
COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.fixture
def recipe() -> Recipe:
    whole = load_recipe(ROOT / "recipes" / "ccmusic.yaml")
    data = replace(whole.data, folder="ccmusic_genre", options={})
    return replace(
        whole,
        data=data,
        features=FEATURES,
        training=replace(whole.training, epochs=2, tracker="none", mixed_precision="none"),
    )


def test_the_recipe_has_the_data_sets_own_tree():
    assert load_recipe(ROOT / "recipes" / "ccmusic.yaml").model["parents"] == ccmusic_genre.PARENTS


def test_a_network_learns_three_levels_from_pictures_beside_its_baselines(recipe):
    trained = train(recipe, ROOT / "tests" / "data")
    assert trained.model.config.tree.level(1) == ("classic", "non_classic")
    assert set(trained.predictions) == {"ccmusic", "majority", "logistic-regression"}
    assert set(trained.predictions["ccmusic"][0].probabilities) == set(ccmusic_genre.LABELS)


def test_a_song_is_the_picture_that_the_extractor_reads(recipe):
    root = ROOT / "tests" / "data"
    extractor = TonadaFeatureExtractor(**FEATURES)
    songs = [song for side in load_songs(recipe.data, root, extractor)[0].values() for song in side]
    rows = {row["song_id"]: row["mel"] for row in rows_of(recipe.data, root)}
    assert len(songs) == len(rows)
    for song in songs:
        expected = extractor(rows[song.song_id], return_tensors="pt")["spectrogram"][0]
        torch.testing.assert_close(song.features["spectrogram"], expected, atol=0, rtol=0)
        torch.testing.assert_close(song.features.of_segments([0])["spectrogram"], expected, atol=0, rtol=0)


def test_without_a_folder_the_rows_are_the_hubs_at_the_commit_named(recipe, monkeypatch, tmp_path):
    asked = []

    def snapshot(repository, **options):
        asked.append((repository, options["revision"]))
        return str(shutil.copytree(ROOT / "tests" / "data" / "ccmusic_genre", tmp_path / "copy"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    by_id = replace(recipe.data, folder="", options={"revision": COMMIT})
    assert len(rows_of(by_id, tmp_path)) == len(rows_of(recipe.data, ROOT / "tests" / "data"))
    assert asked == [("ccmusic-database/music_genre", COMMIT)]


def test_the_recipe_as_it_is_asks_for_the_commit(tmp_path):
    with pytest.raises(ValueError, match="forty hexadecimal digits"):
        rows_of(load_recipe(ROOT / "recipes" / "ccmusic.yaml").data, tmp_path)


def test_a_data_set_without_folder_and_commit_lacks_one(tmp_path):
    (tmp_path / "recipe.yaml").write_text("name: x\ndata: {script: ccmusic_genre}\n")
    with pytest.raises(RecipeError, match="lacks folder"):
        load_recipe(tmp_path / "recipe.yaml")


def test_an_ear_without_pictures_is_told_what_to_say(recipe):
    with pytest.raises(RecipeError, match="image_size: 128"):
        train(replace(recipe, features={"branches": ["spectrogram"]}), ROOT / "tests" / "data")


def test_a_picture_that_cannot_be_read_is_left_out_and_named(recipe, monkeypatch, caplog):
    rows = rows_of(recipe.data, ROOT / "tests" / "data")
    broken = rows.map(
        lambda row, place: {"mel": {"bytes": b"no picture", "path": None}} if place == 2 else row, with_indices=True
    )
    monkeypatch.setattr("tonada.learning.songs.rows_of", lambda *_: broken)
    songs, _ = load_songs(recipe.data, ROOT, TonadaFeatureExtractor(**FEATURES))
    assert sum(map(len, songs.values())) == len(rows) - 1
    assert "picture 2 of ccmusic_genre" in caplog.text
