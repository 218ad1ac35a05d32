"""`tonada explain`, as a person or a program runs it."""

import json
import os
import re
import shutil

import numpy as np
import pytest
import soundfile
from commands import tonada
from conftest import LABELS, RATE, ROOT, new_model, noise
from test_encoders import tiny_encoder, two_labels
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaForAudioClassification

from tonada.explaining.explanation import METHOD, check_explainable, explain
from tonada.explaining.folders import explain_into, unique_names
from tonada.explaining.targets import ExplainError
from tonada.listening.decoding import decode
from tonada.listening.listener import Listener

SONG = ROOT / "examples" / "silvan-sanctuary.flac"
FILES = {"picture.png", "explanation.json", "excerpt.wav"}
ODD = os.fsdecode(b"$100 caf\xe9\n\x1b[31m \xe6\xad\x8c.flac")


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """Two songs of one name, one of an odd name, and what is none, in one run over an older explanation."""
    folder = tmp_path_factory.mktemp("explained")
    (folder / "twin").mkdir()
    for name in ("song.flac", "twin/song.flac", ODD):
        shutil.copy(SONG, folder / name)
    (folder / "bad.mp3").write_text("not a song")
    (folder / "why" / "song").mkdir(parents=True)
    (folder / "why" / "song" / "excerpt.wav").write_text("old")
    (folder / "why" / "song" / "notes.txt").write_text("mine")
    paths = ["song.flac", "bad.mp3", "twin", "missing.wav", ODD]
    return folder, tonada("explain", *paths, "--output", "why", folder=folder)


def explanation_of(folder) -> dict:
    return json.loads((folder / "why" / "song" / "explanation.json").read_text())


def test_each_song_has_a_folder_of_its_own_with_three_files(explained):
    folder, _ = explained
    names = {path.name for path in (folder / "why").iterdir()}
    assert names == {"song", "song-2", ODD.removesuffix(".flac")}
    assert all({path.name for path in (folder / "why" / name).iterdir()} >= FILES for name in names)


def test_an_older_explanation_is_replaced_and_nothing_else_touched(explained):
    folder, _ = explained
    assert soundfile.info(str(folder / "why" / "song" / "excerpt.wav")).duration > 3
    assert (folder / "why" / "song" / "notes.txt").read_text() == "mine"


def test_what_is_no_song_gets_a_line_on_standard_error_and_the_exit_code_is_one(explained):
    _, done = explained
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["bad.mp3", "missing.wav"]


def test_a_person_reads_the_answer_the_seconds_and_the_descriptors(explained):
    lines = explained[1].stdout.splitlines()
    assert re.fullmatch(r"song\.flac: (happy|sad|relaxed|angry) [01]\.\d\d", lines[0])
    blanks = [""] * 4
    assert [line[2:10].strip() for line in lines[1:13]] == ["decided", "for", *blanks, "against", *blanks, "see"]
    assert len(lines) == 39
    assert "\x1b" not in explained[1].stdout


def test_the_explanation_holds_what_was_promised(explained):
    found = explanation_of(explained[0])
    assert set(found) == {
        *("path", "model", "revision", "label", "probability", "unit", "score", "duration", "method"),
        *("instants", "passages", "branches", "descriptors", "attention"),
    }
    assert found["label"] in LABELS
    assert found["method"] == METHOD
    assert set(found["instants"][0]) == {"segment", "start", "end", "contribution"}
    assert set(found["passages"][0]) == {"start", "end", "contribution", "at"}
    assert set(found["descriptors"][0]) == {
        *("name", "words", "value", "average", "deviations", "height", "contribution"),
    }
    assert set(found["attention"][0]) == {"name", "mode", "steps", "heads"}
    assert set(found["attention"][0]["heads"][0]) == {"kept", "kept_by_query", "dense_weight_of_dropped"}
    assert [len(head["kept"]) for head in found["attention"][0]["heads"]] == [3] * 4


def test_contributions_of_descriptors_in_the_file_add_up(explained):
    found = explanation_of(explained[0])
    spoken = [each["contribution"] for each in found["descriptors"]]
    assert len(spoken) == 90
    assert spoken == sorted(spoken, reverse=True)
    assert sum(spoken) == pytest.approx(found["branches"]["descriptors"], abs=1e-3)


def test_the_excerpt_is_the_songs_own_seconds(explained):
    folder, _ = explained
    sound, rate = soundfile.read(folder / "why" / "song" / "excerpt.wav", dtype="float32")
    song = decode(SONG, rate)
    passages = explanation_of(folder)["passages"]
    last = passages[-1]
    assert len(sound) / rate == pytest.approx(last["at"] + last["end"] - last["start"], abs=1e-3)
    for passage in passages:
        inside = slice(rate // 50, 2 * rate)
        there = song[round(passage["start"] * rate) :][inside]
        assert np.abs(sound[round(passage["at"] * rate) :][inside] - there).max() < 1e-4


def test_the_answer_is_the_one_that_classify_gives(explained):
    found = explanation_of(explained[0])
    answer = Listener.bundled("emotion").listen(SONG)
    assert (found["label"], found["probability"]) == (answer.label, pytest.approx(answer.probability, abs=1e-4))


def test_the_picture_is_a_picture(explained):
    start = (explained[0] / "why" / "song" / "picture.png").read_bytes()[:8]
    assert start == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--label", "cheerful", "--output", "why"], "happy, sad, relaxed, angry"),
        (["--task", "cooking", "--output", "why"], "emotion"),
        (["--output", str(SONG)], "choose another --output"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_two(tmp_path, arguments, says):
    done = tonada("explain", SONG, *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_teaches_by_example():
    assert "tonada explain song.mp3 --output why" in tonada("explain", "--help").stdout


def listener_of(branches: list[str], **settings) -> Listener:
    return Listener(new_model(branches=tuple(branches), **settings), TonadaFeatureExtractor(branches=branches), "mine")


def test_a_model_of_spectrograms_alone_tells_instants_and_no_descriptors(tmp_path):
    soundfile.write(tmp_path / "song.wav", noise(8), RATE)
    (told,) = explain_into(listener_of(["spectrogram"]), [(str(tmp_path / "song.wav"), None)], tmp_path / "why")
    assert told.explanation.descriptors == []
    assert len(told.explanation.instants) > 10
    assert {path.name for path in told.folder.iterdir()} == FILES


def test_a_model_of_descriptors_alone_tells_its_segments(tmp_path):
    soundfile.write(tmp_path / "song.wav", np.concatenate([noise(12), noise(12, amplitude=0.01)]), RATE)
    (told,) = explain_into(listener_of(["descriptors"]), [(str(tmp_path / "song.wav"), None)], tmp_path / "why")
    found = told.explanation
    assert (found.method, found.attention) == ("descriptors", [])
    assert [(each.start, each.end) for each in found.instants] == [(0, 10), (10, 20), (20, 24)]
    by_segment, by_column = (sum(each.contribution for each in some) for some in (found.instants, found.descriptors))
    assert by_segment == pytest.approx(by_column, abs=1e-4)
    assert {path.name for path in told.folder.iterdir()} == FILES


def test_a_model_around_an_encoder_tells_instants_of_its_waveform(tmp_path):
    for part in tiny_encoder("wav2vec2"):
        part.save_pretrained(tmp_path / "encoder")
    model = TonadaForAudioClassification.with_encoder(str(tmp_path / "encoder"), **two_labels())
    extractor = TonadaFeatureExtractor(16_000, branches=["waveform"], segment_seconds=4, max_frequency=None)
    soundfile.write(tmp_path / "song.wav", noise(9.2), RATE)
    listener = Listener(model, extractor, "mine")
    explanation, _ = explain(listener, str(tmp_path / "song.wav"))
    assert len(explanation.instants) == 16
    assert explanation.instants[-1].end == pytest.approx(8.0)  # a tail shorter than the shortest is not heard
    assert any(each.contribution for each in explanation.instants)
    assert set(explanation.branches) == {"waveform"}
    assert [each["name"] for each in explanation.attention] == ["tonada.waveform_encoder.head.attention"]


def test_a_value_is_explained_and_has_no_probability(tmp_path):
    soundfile.write(tmp_path / "song.wav", noise(8), RATE)
    listener = listener_of(["spectrogram", "descriptors"], problem_type="regression")
    explanation, _ = explain(listener, str(tmp_path / "song.wav"), "angry")
    assert (explanation.label, explanation.unit, explanation.probability) == ("angry", "value", None)
    (told,) = explain_into(listener, [(str(tmp_path / "song.wav"), None)], tmp_path, "angry")
    assert {path.name for path in told.folder.iterdir()} == FILES


def test_what_is_needed_and_missing_is_named_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr("tonada.extras.find_spec", lambda library: None)
    with pytest.raises(ExplainError, match=r"pip install 'tonada\[explain\]'"):
        check_explainable(listener_of(["descriptors"]))


def test_names_of_folders_are_unique_and_stay_inside():
    paths = ["a/x.mp3", "b/x.ogg", "X.wav", "x-2.wav", "....", ".mp3", "/"]
    assert list(unique_names(paths)) == ["x", "x-2", "X-3", "x-2-2", "song", "mp3", "song-2"]
