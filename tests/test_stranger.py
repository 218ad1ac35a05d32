"""A published folder works by transformers alone, in a process where Tonada cannot be imported."""

import json

import numpy as np
import pytest
import soundfile
from conftest import last_json, run_python, songs_of_different_lengths

from tonada.listening.decoding import decode

TOLERANCE = 1e-5

REPORT = """
import json
from pathlib import Path
import numpy as np, soundfile, torch
from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForAudioClassification, pipeline

folder, songs = FOLDER, SONGS
trust = {"trust_remote_code": True}
report = {}

pipe = pipeline("audio-classification", model=folder, **trust)
paths = sorted(map(str, Path(songs).glob("*.wav")))
arrays = [soundfile.read(path, dtype="float32")[0] for path in paths]

def scores(answers):
    return [{each["label"]: each["score"] for each in answer} for answer in answers]

report["batch of 1"] = scores(pipe(arrays, batch_size=1))
report["batch of 4"] = scores(pipe(arrays, batch_size=4))
report["backwards"] = scores(pipe(arrays[::-1], batch_size=4))[::-1]
report["paths"] = scores(pipe(paths, batch_size=2))
report["bytes"] = scores([pipe(Path(path).read_bytes()) for path in paths])
report["dicts"] = scores([pipe({"array": array, "sampling_rate": 22050}) for array in arrays])
high, rate = soundfile.read(str(Path(songs) / "high" / "song.wav"), dtype="float32")
report["other rate"] = scores([pipe({"array": high, "sampling_rate": rate})])
report["first ten seconds"] = scores([pipe(arrays[3][: 10 * 22050])])

extractor = AutoFeatureExtractor.from_pretrained(folder, **trust)
config = AutoConfig.from_pretrained(folder, **trust)
bare = AutoModel.from_pretrained(folder, **trust).eval()
model = AutoModelForAudioClassification.from_pretrained(folder, **trust).eval()
features = extractor(arrays, sampling_rate=22050, return_tensors="pt")
with torch.no_grad():
    logits = model(**features).logits
    report["classes"] = [type(each).__name__ for each in (config, extractor, bare, model)]
    report["model"] = [dict(zip(config.id2label.values(), row)) for row in logits.exp().tolist()]
    report["bare equals the classifier's body"] = torch.equal(
        bare(**features).embedding, model.tonada(**features).embedding
    )
    model.save_pretrained("again")
    extractor.save_pretrained("again")
    again = AutoModelForAudioClassification.from_pretrained("again", **trust).eval()
    mapped = AutoModelForAudioClassification.from_pretrained(folder, device_map="cpu", **trust).eval()
    report["saved again"] = torch.equal(again(**features).logits, logits)
    report["with device_map"] = torch.equal(mapped(**features).logits, logits)
    music = [soundfile.read(path, dtype="float32")[0] for path in sorted(map(str, Path(songs).glob("music/*.wav")))]
    heard = extractor(music, sampling_rate=22050, return_tensors="pt")
    in_full = model(**heard).logits
    half = AutoModelForAudioClassification.from_pretrained(folder, dtype=torch.bfloat16, **trust).eval()
    in_half = half(**heard.to(torch.bfloat16)).logits.float()
    report["bfloat16 winners"] = torch.equal(in_half.argmax(-1), in_full.argmax(-1))
    report["bfloat16 worst"] = float((in_half.softmax(-1) - in_full.exp()).abs().max())
halved = pipeline("audio-classification", model=folder, dtype=torch.bfloat16, **trust)
report["pipeline in bfloat16"] = scores(halved(arrays, batch_size=4))
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def report(published, examples, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "songs" / "high").mkdir(parents=True)
    (folder / "songs" / "music").mkdir()
    for path in examples:
        soundfile.write(folder / "songs" / "music" / f"{path.stem}.wav", decode(path, 22050), 22050, subtype="FLOAT")
    for index, song in enumerate(songs_of_different_lengths()):
        soundfile.write(folder / "songs" / f"{index}.wav", song, 22050, subtype="FLOAT")
    song = songs_of_different_lengths()[0]
    spectrum = np.fft.rfft(song)
    twice = np.fft.irfft(np.pad(spectrum, (0, len(spectrum) - 1)), 2 * len(song)) * 2  # the ideal resampler
    soundfile.write(folder / "songs" / "high" / "song.wav", twice.astype(np.float32), 44100, subtype="FLOAT")
    where = f"FOLDER, SONGS = {json.dumps(str(published))}, {json.dumps(str(folder / 'songs'))}\n"
    return last_json(run_python(where + REPORT, folder))


def worst(first: list[dict], second: list[dict]) -> float:
    assert len(first) == len(second)
    return max(abs(one[label] - two[label]) for one, two in zip(first, second, strict=True) for label in one)


def test_the_songs_differ_so_that_a_mix_up_would_show(report):
    songs = [list(song.values()) for song in report["model"]]
    assert min(np.abs(np.subtract(a, b)).max() for n, a in enumerate(songs) for b in songs[:n]) > 100 * TOLERANCE


def test_batches_of_one_and_four_agree(report):
    assert worst(report["batch of 1"], report["batch of 4"]) < TOLERANCE


def test_the_order_of_songs_does_not_matter(report):
    assert worst(report["batch of 1"], report["backwards"]) < TOLERANCE


def test_paths_bytes_arrays_and_dicts_get_one_answer(report):
    for door in ("paths", "bytes", "dicts"):
        assert worst(report["batch of 1"], report[door]) < 1e-3, door


def test_another_rate_in_a_dict_is_resampled(report):
    assert worst(report["batch of 1"][:1], report["other rate"]) < 0.01


def test_the_answer_is_for_the_song_and_not_for_its_first_ten_seconds(report):
    assert worst(report["batch of 1"][3:4], report["first ten seconds"]) > 100 * TOLERANCE


def test_the_pipeline_returns_the_models_probabilities(report):
    assert worst(report["batch of 1"], report["model"]) < TOLERANCE


def test_every_auto_class_finds_its_class(report):
    assert report["classes"] == [
        "TonadaConfig",
        "TonadaFeatureExtractor",
        "TonadaModel",
        "TonadaForAudioClassification",
    ]


def test_the_bare_model_is_the_classifiers_body(report):
    assert report["bare equals the classifier's body"]


def test_saving_and_loading_again_changes_no_logit(report):
    assert report["saved again"]
    assert report["with device_map"]


def test_bfloat16_finds_the_same_winner_of_real_music(report):
    assert report["bfloat16 winners"]
    assert report["bfloat16 worst"] < 0.03
    assert worst(report["pipeline in bfloat16"], report["model"]) < 0.03


def test_the_folder_is_self_contained(published):
    names = {path.name for path in published.iterdir()}
    assert {"config.json", "preprocessor_config.json", "model.safetensors", "modeling_tonada.py"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
