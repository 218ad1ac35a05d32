"""Training: no artist on two sides, the seed decides, and the folder it leaves is whole and says what was measured."""

import csv
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
import yaml
from commands import tonada
from conftest import RATE, ROOT, noise, tone
from huggingface_hub.repocard_data import model_index_to_eval_results
from tonada.datasets_scripts import emotion_4qaed, provenance

from tonada.learning.batches import whole_songs
from tonada.learning.calibration import fit_temperature
from tonada.learning.recipes import Data, RecipeError, load_recipe
from tonada.learning.scales import scales_of
from tonada.learning.songs import load_songs, rows_of, split_of
from tonada.learning.training import train
from tonada.listening.listener import Listener
from tonada.proving.conformal import conformal_quantile
from tonada.proving.intervals import value
from tonada.proving.judged import Judged
from tonada.proving.predictions import read_predictions
from tonada.proving.weighted_scores import macro_f1
from tonada.sharing.chapters import in_words
from tonada.sharing.folders import save_trained

RECIPE = """
name: tiny
data: {script: emotion_4qaed, folder: songs, folds: 3}
features: {segment_seconds: 3.0, num_mel_bins: 16}
model: {conv_channels: [4, 4, 4], lstm_hidden_size: 8, attention_heads: 2, dnn_sizes: [16, 8]}
training: {epochs: 15, patience: 15, learning_rate: 0.01, batch_size: 4, masked_mels: 2, masked_frames: 10}
"""


def replica(folder: Path) -> None:
    """A replica of 4QAED with its columns: 24 songs of 8 artists, two quadrants a child could tell apart."""
    (folder / "songs" / "audio").mkdir(parents=True)
    with (folder / "songs" / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "label", "quadrant", "song_id", "artist", "title", "genres", "moods"])
        for index in range(24):
            is_loud = index % 2 == 0
            sound = noise(6, index, 0.3) if is_loud else tone(200 + 20 * index, 6, amplitude=0.05)
            soundfile.write(folder / "songs" / "audio" / f"{index}.ogg", sound, RATE)
            quadrant = "Q2" if is_loud else "Q4"
            table.writerow([f"audio/{index}.ogg", "", quadrant, f"S{index}", f"Artist {index // 3}", "", "", ""])
    (folder / "recipe.yaml").write_text(RECIPE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    replica(folder)
    return folder


@pytest.fixture(scope="module")
def trained(folder):
    return train(load_recipe(folder / "recipe.yaml"), folder)


def test_no_artist_stands_on_two_sides(folder, extractor):
    songs, _ = load_songs(load_recipe(folder / "recipe.yaml").data, folder, extractor)
    groups = {split: {song.group for song in members} for split, members in songs.items()}
    assert sum(map(len, groups.values())) == len(set().union(*groups.values())) == 8
    assert sum(map(len, songs.values())) == 24


def test_what_a_child_could_tell_apart_is_learned(trained):
    own = [each for each in trained.predictions["tiny"] if each.split == "test"]
    assert np.mean([each.answer == each.truth for each in own]) >= 0.9


def test_the_same_seed_gives_the_same_predictions(folder, trained):
    again = train(load_recipe(folder / "recipe.yaml"), folder)
    assert again.predictions == trained.predictions


def test_a_recipe_may_let_segments_be_weighed_and_songs_be_unknown(folder, tmp_path):
    wanted = "vote: attention, abstain_below: 0.9, parents: {angry: loud, happy: loud}, conv"
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("conv", wanted, 1).replace("epochs: 15", "epochs: 2"))
    model = train(load_recipe(tmp_path / "recipe.yaml"), folder).model
    assert model.scorer.weight.abs().max() > 0
    assert model.config.abstain_below == 0.9
    assert model.config.tree.level(1) == ("loud", "sad", "relaxed")


def test_the_baselines_stand_in_the_same_report(trained):
    assert set(trained.predictions) == {"tiny", "majority", "logistic-regression"}
    truths = [[each.truth for each in predictions] for predictions in trained.predictions.values()]
    assert truths[0] == truths[1] == truths[2]


def test_the_folder_it_leaves_classifies_as_the_trained_model_does(folder, trained, tmp_path):
    recipe = load_recipe(folder / "recipe.yaml")
    save_trained(trained, recipe, folder / "recipe.yaml", tmp_path)
    listener = Listener.from_pretrained(str(tmp_path))
    for expected in read_predictions(tmp_path / "predictions" / "tiny.csv")[:3]:
        answer = listener.listen(folder / "songs" / "audio" / f"{expected.song_id[1:]}.ogg")
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=1e-4)


def test_the_folder_names_its_data_and_inspect_prints_it(folder, trained, tmp_path):
    recipe = load_recipe(folder / "recipe.yaml")
    save_trained(trained, recipe, folder / "recipe.yaml", tmp_path)
    saved = provenance.load(tmp_path / provenance.FILE)
    rows = emotion_4qaed.load(folder / "songs")
    assert saved == provenance.of(rows, "emotion_4qaed", split_of(rows, recipe.data).hash, trained.extractor.to_dict())
    assert str(saved) in (tmp_path / "README.md").read_text()
    assert f"data       {saved}\n" in tonada("inspect", tmp_path).stdout


def test_the_card_tells_what_was_measured_beside_the_majority(folder, trained, tmp_path):
    save_trained(trained, load_recipe(folder / "recipe.yaml"), folder / "recipe.yaml", tmp_path)
    card = (tmp_path / "README.md").read_text()
    assert "| tiny |" in card
    assert "| majority |" in card
    assert "pipeline_tag: audio-classification" in card


def test_the_hub_is_told_the_scores_of_the_test_songs(folder, trained, tmp_path):
    save_trained(trained, load_recipe(folder / "recipe.yaml"), folder / "recipe.yaml", tmp_path)
    _, told = model_index_to_eval_results(yaml.safe_load((tmp_path / "model-index.yaml").read_text())["model-index"])
    test = Judged.of([each for each in trained.predictions["tiny"] if each.split == "test"])
    assert {each.dataset_split for each in told} == {"test"}
    assert {each.metric_type: each.metric_value for each in told}["f1"] == round(value(macro_f1, test), 4)
    [entry] = yaml.safe_load((tmp_path / ".eval_results" / "emotion_4qaed.yaml").read_text())
    assert entry["value"] == round(value(macro_f1, test), 4)


def test_the_cards_licence_follows_from_the_data(folder, trained, tmp_path):
    save_trained(trained, load_recipe(folder / "recipe.yaml"), folder / "recipe.yaml", tmp_path)
    card = (tmp_path / "README.md").read_text()
    assert "license: other" in card
    assert f"`emotion_4qaed`: {emotion_4qaed.LICENSE}" in card
    assert "apache" not in card.split("---")[1]


def test_the_card_has_every_chapter_and_says_how_long_learning_took_on_what(folder, trained, tmp_path):
    save_trained(trained, load_recipe(folder / "recipe.yaml"), folder / "recipe.yaml", tmp_path, 3725)
    card = (tmp_path / "README.md").read_text()
    assert re.search(r"`tonada train` took 1 h 02 min on .+ cores", card)
    told = ["What was measured", "How sure", "Licence", "What it took", "Labels", "Data", "Intended use", "Limits"]
    assert re.findall(r"^## (.+)$", card, flags=re.MULTILINE) == [*told, "Citation", "En español"]


@pytest.mark.parametrize(("seconds", "says"), [(59.4, "59 s"), (60, "1 min 00 s"), (3725, "1 h 02 min")])
def test_a_time_is_said_as_people_say_it(seconds, says):
    assert in_words(seconds) == says


def test_scales_make_the_training_features_standard(folder, extractor):
    songs, _ = load_songs(load_recipe(folder / "recipe.yaml").data, folder, extractor)
    scales = scales_of(songs["train"])
    batches = list(whole_songs(songs["train"]))
    descriptors = torch.cat([batch["descriptors"][batch["segment_mask"].bool()] for batch in batches])
    scaled = (descriptors - scales["descriptors_mean"]) / scales["descriptors_scale"]
    torch.testing.assert_close(scaled.mean(0), torch.zeros(90), atol=1e-3, rtol=0)
    torch.testing.assert_close(scaled.std(0), torch.ones(90), atol=1e-3, rtol=0)


def test_what_never_changed_in_training_is_not_divided_by_next_to_nothing():
    """As the bands above 4 kHz of songs that were all heard at 8 kHz, or a unit of an embedder that stayed silent."""
    generator = torch.Generator().manual_seed(0)
    frames, steps = torch.randn(1, 2, 3, 50, generator=generator), torch.randn(1, 9, 2, generator=generator)
    frames[:, :, 1], steps[..., 0] = -100.1, 0.0
    heard = {"spectrogram": frames[0, None], "frame_mask": torch.ones(1, 50, dtype=torch.int64)}
    heard |= {"embeddings": steps, "step_mask": torch.ones(1, 9, dtype=torch.int64), "descriptors": torch.ones(1, 4)}
    scales = scales_of([SimpleNamespace(features=heard)] * 2)
    assert scales["spectrogram_scale"][:, 1].tolist() == [[1.0], [1.0]]
    assert scales["embeddings_scale"][0] == 1
    assert scales["descriptors_scale"].tolist() == [1.0] * 4
    assert 0.5 < scales["spectrogram_scale"][0, 0] < 1.5


def exchangeable(seed: int, songs: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities twice as sharp as the truth, and labels drawn from the truth."""
    generator = torch.Generator().manual_seed(seed)
    honest = torch.randn(songs, 4, generator=generator).mul(2).log_softmax(-1)
    labels = torch.multinomial(honest.exp(), 1, generator=generator).squeeze(1)
    return (2 * honest).log_softmax(-1), labels


def test_the_temperature_undoes_overconfidence():
    assert fit_temperature(*exchangeable(0, 5000)) == pytest.approx(2, rel=0.1)


def test_conformal_sets_hold_nine_truths_in_ten():
    scores, labels = exchangeable(1, 4000)
    probabilities = scores.exp()
    threshold = 1 - conformal_quantile(probabilities[:2000], labels[:2000])
    held = probabilities[2000:].gather(1, labels[2000:, None]) >= threshold
    assert held.float().mean().item() == pytest.approx(0.9, abs=0.03)


def test_a_handful_of_songs_promises_nothing_and_so_holds_every_label():
    scores, labels = exchangeable(2, 5)
    assert conformal_quantile(scores.exp(), labels) == 1.0


@pytest.mark.parametrize("script", ["emotion_4qead", "performers", "../x"])
def test_a_data_set_that_is_not_there_is_named(folder, extractor, script):
    with pytest.raises(RecipeError, match="no data set of that name"):
        load_songs(Data(script, "songs"), folder, extractor)


def test_a_table_without_audio_is_refused(extractor):
    with pytest.raises(RecipeError, match="'turkish', which has no audio or embeddings"):
        load_songs(Data("turkish", "turkish"), ROOT / "tests" / "data", extractor)


def test_an_official_split_is_kept(folder, extractor):
    table = ["file_name,label,split", "audio/0.ogg,loud,train", "audio/2.ogg,loud,validation", "audio/1.ogg,soft,test"]
    shutil.copytree(folder / "songs" / "audio", folder / "own" / "audio")
    (folder / "own" / "metadata.csv").write_text("\n".join(table))
    songs, labels = load_songs(Data("folder", "own", deal="official"), folder, extractor)
    assert {part: [song.song_id for song in members] for part, members in songs.items()} == {
        "train": ["audio/0.ogg"],
        "validation": ["audio/2.ogg"],
        "test": ["audio/1.ogg"],
    }
    assert labels == ["loud", "soft"]
    with pytest.raises(ValueError, match="no official split"):
        load_songs(Data("emotion_4qaed", "songs", deal="official"), folder, extractor)


def test_several_data_sets_of_the_same_labels_are_one(folder):
    music = {"script": "music_or_not", "folder": "songs", "options": {"music": ["audio"], "non_music": []}}
    data = Data(**music, folds=3, also=({**music, "options": {"music": [], "non_music": ["audio"]}},))
    both = rows_of(data, folder)
    assert [both["label"].count(label) for label in (0, 1)] == [24, 24]


def test_data_sets_of_other_labels_are_no_more_of_the_same(folder, extractor):
    other = {"script": "music_or_not", "folder": "songs", "options": {"music": ["audio"], "non_music": []}}
    with pytest.raises(RecipeError, match="labels of music_or_not are"):
        load_songs(Data("emotion_4qaed", "songs", also=(other,)), folder, extractor)


def test_an_option_that_a_data_set_does_not_know_is_named(folder, extractor):
    with pytest.raises(RecipeError, match=r"options of emotion_4qaed.*'mood'"):
        load_songs(Data("emotion_4qaed", "songs", options={"mood": "sad"}), folder, extractor)


def test_a_silent_song_is_left_out_and_told(folder, extractor, tmp_path, caplog):
    shutil.copytree(folder / "songs", tmp_path / "songs")
    soundfile.write(tmp_path / "songs" / "audio" / "3.ogg", np.zeros(6 * RATE), RATE)
    songs, _ = load_songs(load_recipe(folder / "recipe.yaml").data, tmp_path, extractor)
    assert sum(map(len, songs.values())) == 23
    assert "Left out" in caplog.text
    assert "3.ogg" in caplog.text
