"""The loop: what is drawn follows from seed, epoch and song; killed, split or accumulated, the weights are the same."""

import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch
from conftest import RATE, noise, tone
from safetensors.torch import load_file, save
from tonada.datasets_scripts.splits import Split
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.learning.accelerating import accelerator_of
from tonada.learning.batches import DrawnSegments, SongOrder, label_weights
from tonada.learning.lessons import Lesson
from tonada.learning.loop import Diverged, _together
from tonada.learning.objective import Classification
from tonada.learning.optimisation import schedule
from tonada.learning.recipe_parts import Recipe
from tonada.learning.recipes import RecipeError, load_recipe
from tonada.learning.saved_state import StateError
from tonada.learning.scales import scales_of
from tonada.learning.songs import deal, load_songs, rows_of
from tonada.learning.training import train
from tonada.listening.feature_cache import FeatureCache

RECIPE = """
name: tiny
data: {script: emotion_4qaed, folder: songs, folds: 3}
features: {segment_seconds: 3.0, num_mel_bins: 16}
model: {conv_channels: [4, 4, 4], lstm_hidden_size: 8, attention_heads: 2, dnn_sizes: [16, 8], dropout: 0.0}
training: {epochs: 4, learning_rate: 0.001, batch_size: 4, masked_mels: 2, masked_frames: 10, mixup: 0.2,
  gain: 3, shifted_frames: 20, tracker: none}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Songs of twelve artists, a third to learn from, one or two segments long, noise or tones."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "songs" / "audio").mkdir(parents=True)
    with (folder / "songs" / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "quadrant", "song_id", "artist"])
        for index in range(36):
            seconds = 4 + index % 3
            sound = noise(seconds, index, 0.3) if index % 2 else tone(200 + 20 * index, seconds)
            soundfile.write(folder / "songs" / "audio" / f"{index}.wav", sound, RATE)
            quadrant = "Q2" if index % 2 else "Q4"
            table.writerow([f"audio/{index}.wav", quadrant, f"S{index}", f"Artist {index // 3}"])
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def recipe(folder) -> Recipe:
    return load_recipe(folder / "recipe.yaml")


@pytest.fixture(scope="module")
def songs(folder, recipe):
    return load_songs(recipe.data, folder, TonadaFeatureExtractor(**recipe.features))[0]["train"]


def with_training(recipe: Recipe, **changes) -> Recipe:
    return replace(recipe, training=replace(recipe.training, **changes))


def equal(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def weights_of(recipe: Recipe, folder: Path) -> dict[str, torch.Tensor]:
    return train(recipe, folder).model.state_dict()


def taught_by_all(recipe: Recipe, folder: Path):
    """A model after its last epoch, for no song chooses an earlier one."""
    lesson = Lesson(recipe, folder, TonadaFeatureExtractor(**recipe.features), FeatureCache(), 1, None, False)
    return lesson.teach(deal(rows_of(recipe.data, folder), recipe.data, folder).leaving_out("none")).model


def test_what_is_drawn_follows_from_seed_epoch_and_song_alone(songs, recipe):
    scales = scales_of(songs)
    one, other = (DrawnSegments(songs, scales, recipe.training) for _ in range(2))
    one.epoch = other.epoch = 3
    forwards = [one[index] for index in range(len(songs))]
    torch.manual_seed(99)
    backwards = [other[index] for index in reversed(range(len(songs)))][::-1]
    assert all(map(equal, forwards, backwards))
    other.epoch = 4
    assert not equal(one[0], other[0])


def test_drawing_does_not_move_anybody_elses_chance(songs, recipe):
    dataset = DrawnSegments(songs, scales_of(songs), recipe.training)
    torch.manual_seed(1)
    undisturbed = torch.rand(3)
    torch.manual_seed(1)
    dataset[0]
    assert torch.equal(torch.rand(3), undisturbed)


def test_every_epoch_has_each_song_once_in_another_order(songs, recipe):
    order = SongOrder([song.label for song in songs], recipe.training)
    first = list(order)
    order.epoch = 1
    assert sorted(first) == sorted(order) == list(range(len(songs)))
    assert first != list(order)


def test_a_sampler_draws_rare_labels_as_often_as_frequent_ones(songs, recipe):
    rare = [song for song in songs if song.label == songs[0].label][:1] + [
        song for song in songs if song.label != songs[0].label
    ]
    order = SongOrder([song.label for song in rare], replace(recipe.training, class_balance="sampler"))
    drawn = []
    for order.epoch in range(200):
        drawn += [rare[index].label == songs[0].label for index in order]
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=0.05)


def test_weights_make_every_label_count_alike_and_the_songs_one_on_average(songs):
    chosen = [song for song in songs if song.label == songs[0].label][:2] + [
        song for song in songs if song.label != songs[0].label
    ]
    weights = label_weights(chosen, 4)
    counted = torch.zeros(4).index_add_(0, torch.tensor([s.label for s in chosen]), torch.ones(len(chosen)))
    assert (weights * counted).sum().item() == pytest.approx(len(chosen))
    assert (weights * counted)[counted > 0].std().item() == pytest.approx(0, abs=1e-5)


def test_batches_accumulated_are_one_batch_of_all(folder, recipe):
    """Of descriptors alone: batch norm hears one batch at a time."""
    alone = replace(recipe, features={"branches": ["descriptors"], "segment_seconds": 3.0}, model={"dropout": 0.0})
    whole = weights_of(with_training(alone, batch_size=12), folder)
    halves = weights_of(with_training(alone, batch_size=4, accumulate=3), folder)
    for name, weight in whole.items():
        torch.testing.assert_close(halves[name], weight, atol=1e-5, rtol=0, msg=name)


@pytest.mark.parametrize(("steps", "together"), [(6, [3, 3, 3, 3, 3, 3]), (5, [3, 3, 3, 2, 2]), (1, [1])])
def test_the_last_batches_of_an_epoch_share_its_last_update_among_themselves(steps, together):
    assert [_together(step, steps, 3) for step in range(steps)] == together


def test_a_gradient_is_never_longer_than_the_clip(folder, recipe):
    """AdamW walks as far however long all gradients are, unless they are next to its epsilon."""
    still = with_training(recipe, epochs=1, weight_decay=0.0)
    clipped, free, first = (
        weights_of(with_training(still, **change), folder)["classifier.weight"]
        for change in ({"clip": 1e-14}, {"clip": 0.0}, {"learning_rate": 0.0})
    )
    torch.testing.assert_close(clipped, first, atol=1e-6, rtol=0)
    assert (free - first).abs().max() > 1e-4


def test_the_weights_are_those_of_the_best_epoch_and_training_ends_when_none_is_better(folder, recipe):
    steady = with_training(recipe, schedule="constant", learning_rate=0.02, epochs=12)
    patient = train(with_training(steady, patience=2), folder)
    ended_there = train(with_training(steady, epochs=patient.epoch), folder)
    assert patient.epoch == ended_there.epoch < 12
    assert equal(patient.model.state_dict(), ended_there.model.state_dict())


def test_weights_that_go_astray_end_the_run_with_what_to_change(folder, recipe):
    with pytest.raises(Diverged, match="choose a learning_rate below"):
        train(with_training(recipe, learning_rate=1e30, clip=0.0), folder)


@pytest.mark.parametrize(
    ("sides", "says"), [(("train",), "for test, validation"), (("test", "validation"), "for train")]
)
def test_a_split_that_lacks_a_side_is_refused_before_any_song_is_heard(folder, recipe, tmp_path, sides, says):
    rows = rows_of(recipe.data, folder)
    groups = dict(zip(rows["song_id"], rows["group"], strict=True))
    side_of = {group: sides[place % len(sides)] for place, group in enumerate(sorted(set(groups.values())))}
    Split({song: side_of[group] for song, group in groups.items()}, groups).save(folder / "lacking.json")
    with pytest.raises(RecipeError, match=says):
        train(replace(recipe, data=replace(recipe.data, deal="saved", split="lacking.json")), folder)


def test_a_batch_costs_the_mean_of_its_songs_each_weighed_by_its_label(model, extractor):
    sounds = [noise(12, 1), noise(4, 2), tone(440, 25)]
    heard = dict(extractor(sounds, sampling_rate=RATE, return_tensors="pt"))
    labels, weights = torch.tensor([0, 2, 2]), torch.tensor([3.0, 9.0, 0.5, 9.0])
    each = [
        model(**extractor(sound, sampling_rate=RATE, return_tensors="pt"), labels=label.view(1)).loss
        for sound, label in zip(sounds, labels, strict=True)
    ]
    expected = (3.0 * each[0] + 0.5 * each[1] + 0.5 * each[2]) / 3
    batch = {**heard, "labels": labels}
    torch.testing.assert_close(Classification(model, weights)(batch), expected)
    swapped = {**batch, "other_labels": labels, "share": torch.zeros(3), "labels": labels.flip(0)}
    torch.testing.assert_close(Classification(model, weights)(swapped), expected)


def test_a_cosine_warms_up_and_ends_at_zero_where_a_constant_stays(recipe):
    for kind, end in (("cosine", 0.0), ("one_cycle", 0.0), ("constant", 0.1)):
        weights = [torch.nn.Parameter(torch.zeros(1))]
        optimizer = torch.optim.AdamW(weights, 0.1)
        rates = schedule(optimizer, replace(recipe.training, schedule=kind, learning_rate=0.1), 50)
        gone = []
        for _ in range(50):
            gone.append(rates.get_last_lr()[0])
            optimizer.step()
            rates.step()
        assert max(gone) == pytest.approx(0.1)
        assert gone[-1] == pytest.approx(end, abs=1e-3)
        assert (gone[0] < gone[3]) == (kind != "constant")


@pytest.mark.slow
def test_mixed_precision_learns_finite_weights_that_are_saved_whole(folder, tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("epochs: 4", "epochs: 1, mixed_precision: bf16"))
    command("train", tmp_path / "recipe.yaml", "--data", folder, "--output", tmp_path / "out")
    weights = load_file(tmp_path / "out" / "model.safetensors")
    assert all(weight.dtype != torch.bfloat16 and weight.isfinite().all() for weight in weights.values())


def command(*arguments, launcher=()) -> subprocess.CompletedProcess:
    whole = [sys.executable, *(launcher or ["-m", "tonada_cli"]), *map(str, arguments)]
    done = subprocess.run(whole, env=environment(), capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return done


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


TWO = [
    "-m",
    "accelerate.commands.launch",
    "--multi_gpu",
    "--num_processes",
    "2",
    "--main_process_port",
    "0",
    "-m",
    "tonada_cli",
]


@pytest.mark.slow
def test_two_processes_learn_what_one_does_with_the_same_batches(folder, tmp_path):
    """Gloo on the CPU; batch norm hears both halves of a batch, padded segments left out of each."""
    for name, launcher in (("one", ()), ("two", TWO)):
        command("train", folder / "recipe.yaml", "--data", folder, "--output", tmp_path / name, launcher=launcher)
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, weight in one.items():
        torch.testing.assert_close(
            two[name], weight, atol=1e-5, rtol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.slow
def test_two_processes_that_cannot_share_a_batch_say_so(folder, tmp_path):
    """Also that those of the test above are two of one run, and not two runs."""
    (folder / "odd.yaml").write_text(RECIPE.replace("batch_size: 4", "batch_size: 5"))
    asked = ["train", folder / "odd.yaml", "--data", folder, "--output", tmp_path]
    done = subprocess.run(
        [sys.executable, *TWO, *asked], env=environment(), capture_output=True, text=True, timeout=500
    )
    assert done.returncode != 0
    assert "batch_size: 5, which 2 processes cannot share" in done.stderr


@pytest.mark.slow
def test_a_run_killed_at_any_moment_and_resumed_ends_with_the_same_weights(folder, tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("dropout: 0.0", "dropout: 0.3"))
    arguments = ("train", tmp_path / "recipe.yaml", "--data", folder, "--output")
    command(*arguments, tmp_path / "whole")
    output, kills = tmp_path / "killed", 0
    for wait in (0.0, 0.15):
        whole = [sys.executable, "-m", "tonada_cli", *map(str, arguments), str(output), "--resume"]
        running = subprocess.Popen(whole, env=environment(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        begun = state_time(output)
        while state_time(output) == begun and running.poll() is None:
            time.sleep(0.01)
        time.sleep(wait)  # into the next epoch
        running.send_signal(signal.SIGKILL)
        kills += running.wait() == -signal.SIGKILL
    assert kills >= 1
    command(*arguments, output, "--resume")
    assert equal(load_file(output / "model.safetensors"), load_file(tmp_path / "whole" / "model.safetensors"))
    assert not list(output.glob("*.part"))
    assert not (output / "unfinished.safetensors").exists()


def state_time(output: Path) -> int:
    state = output / "unfinished.safetensors"
    return state.stat().st_mtime_ns if state.exists() else 0


def test_the_state_of_another_recipe_is_refused(folder, recipe, tmp_path):
    state = tmp_path / "state.safetensors"
    train(with_training(recipe, epochs=1), folder, state=state)
    assert state.exists()
    with pytest.raises(StateError, match="another recipe or other songs"):
        train(with_training(recipe, epochs=1, seed=1), folder, state=state, resume=True)
    for content in (b"no state", save({"model.x": torch.zeros(1)}, {"facts": "[]"})):
        state.write_bytes(content)
        with pytest.raises(StateError, match="is no state of a run"):
            train(with_training(recipe, epochs=1), folder, state=state, resume=True)


def test_a_run_that_is_over_is_not_learned_again(folder, recipe, tmp_path):
    state = tmp_path / "state.safetensors"
    first = train(recipe, folder, state=state)
    written = state.stat().st_mtime_ns
    again = train(recipe, folder, state=state, resume=True)
    assert again.predictions == first.predictions
    assert state.stat().st_mtime_ns == written


def test_a_frozen_encoder_learns_only_after_its_frozen_epochs(tmp_path, folder):
    from test_encoders import tiny_encoder

    encoder, processor = tiny_encoder("wav2vec2")
    encoder.save_pretrained(tmp_path / "encoder")
    processor.save_pretrained(tmp_path / "encoder")
    inside = f"""
name: inside
data: {{script: emotion_4qaed, folder: songs, folds: 3}}
features: {{branches: [waveform], sampling_rate: 16000, max_frequency: null, segment_seconds: 3.0}}
model: {{encoder: {tmp_path / "encoder"}, encoder_unfrozen: 1, embedding_hidden_size: 8, attention_heads: 2}}
training: {{epochs: 1, frozen_epochs: 1, batch_size: 4, learning_rate: 0.01, tracker: none}}
"""
    (tmp_path / "recipe.yaml").write_text(inside)
    recipe = load_recipe(tmp_path / "recipe.yaml")
    before = encoder.state_dict()
    for epochs, frozen, has_moved in ((1, 1, False), (2, 1, True), (2, 0, True)):
        model = taught_by_all(with_training(recipe, epochs=epochs, frozen_epochs=frozen), folder)
        after = model.tonada.waveform_encoder.encoder.state_dict()
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        assert bool(moved) == has_moved
        assert all(name.startswith("encoder.layers.2.") for name in moved)


@pytest.mark.parametrize("tracker", ["trackio", "tensorboard", "mlflow"])
def test_a_tracker_is_told_losses_and_scores(folder, recipe, tmp_path, monkeypatch, tracker):
    pytest.importorskip(tracker)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    train(with_training(recipe, epochs=2, tracker=tracker), folder, state=tmp_path / "state.safetensors")
    folders = (tmp_path, Path(os.environ["TRACKIO_DIR"]))
    written = [path for each in folders for path in each.rglob("*") if path.is_file() and path.suffix != ".safetensors"]
    assert any(b"validation_macro_f1" in path.name.encode() + path.read_bytes() for path in written)


def test_a_tracker_that_is_not_there_is_told_in_a_line(recipe, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tonada.extras.find_spec", lambda name: None)
    monkeypatch.setattr("tonada.learning.accelerating.find_spec", lambda name: None)
    assert accelerator_of(with_training(recipe, tracker="trackio"), tmp_path).trackers == []
    assert "tracking needs trackio; run: pip install 'tonada[train]'" in caplog.text
    with pytest.raises(RecipeError, match="pip install mlflow"):
        accelerator_of(with_training(recipe, tracker="mlflow"), tmp_path)
