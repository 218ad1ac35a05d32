"""A listener answers for the song: label, how sure, when; and goes on after a file it cannot judge."""

import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from conftest import LABELS, RATE, new_model, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.listening.answers import Answer, Stretch
from tonada.listening.files import find_audio
from tonada.listening.listener import Listener, ModelError


@pytest.fixture(scope="module")
def listener(extractor):
    return Listener(new_model(parents=dict.fromkeys(LABELS, "music")), extractor, "test")


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "song.wav"
    soundfile.write(path, np.concatenate([noise(14), tone(440, 12)]), RATE)
    return path


def test_the_answer_is_the_most_probable_label_of_the_whole_song(listener, song):
    answer = listener.listen(song, "song")
    assert answer.probabilities[answer.label] == answer.probability == max(answer.probabilities.values())
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert answer.parents == ["music"]
    assert answer.duration == pytest.approx(26, abs=0.01)


def test_segments_follow_one_another_through_the_song(listener, song):
    segments = listener.listen(song).segments
    assert [(part.start, part.end) for part in segments] == [(0, 10), (10, 20), (20, 26)]
    assert all(part.label in LABELS and 0.25 <= part.probability <= 1 for part in segments)


def test_the_conformal_set_holds_the_labels_above_its_threshold(extractor, song):
    model = new_model(conformal_quantile=0.75)
    answer = Listener(model, extractor, "test").listen(song)
    assert answer.set == sorted(
        (label for label, value in answer.probabilities.items() if value >= 0.25),
        key=lambda name: -answer.probabilities[name],
    )


def test_neighbouring_segments_of_one_label_are_one_stretch():
    segments = [Stretch(0, 10, "sad", 0.6), Stretch(10, 20, "sad", 0.8), Stretch(20, 25, "happy", 0.9)]
    assert Answer("song", segments=segments).stretches() == [
        Stretch(0, 20, "sad", pytest.approx(0.7)),
        Stretch(20, 25, "happy", pytest.approx(0.9)),
    ]


def test_the_other_files_go_on(listener, song, tmp_path):
    (tmp_path / "text.mp3").write_text("no song")
    statuses = [answer.status for answer in listener.listen_all(find_audio([tmp_path, tmp_path / "none.wav", song]))]
    assert statuses == ["unreadable", "missing", "ok"]


def test_folders_are_searched_in_order_and_hidden_files_passed_over(tmp_path):
    for name in ("b.mp3", "a/c.FLAC", "a/notes.txt", "._b.mp3", ".hidden/d.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path for path, _ in find_audio([tmp_path])]
    assert found == [str(tmp_path / "a/c.FLAC"), str(tmp_path / "b.mp3")]


def test_a_folder_without_audio_is_an_error(tmp_path):
    [(_, error)] = find_audio([tmp_path])
    assert error.status == "no_audio"
    assert str(tmp_path) in str(error)


def test_an_extractor_of_other_features_is_refused():
    with pytest.raises(ModelError, match="num_mel_bins: 64 is made, 80 is expected"):
        Listener(new_model(), TonadaFeatureExtractor(num_mel_bins=64), "test")


def test_a_model_that_is_not_there_or_not_ours_is_one_line(tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded"):
        Listener.from_pretrained(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "wav2vec2"}')
    with pytest.raises(ModelError, match="wav2vec2"):
        Listener.from_pretrained(str(tmp_path))
    with pytest.raises(ModelError, match="emotion"):
        Listener.bundled("cooking")


def test_a_folder_without_a_model_hides_no_model_that_came_with_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "music").mkdir()
    assert Listener.from_pretrained("music").name == "bundled:music"
    (tmp_path / "music" / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="music cannot be loaded"):
        Listener.from_pretrained("music")


def test_a_failure_nobody_foresaw_is_one_line_and_the_other_files_go_on(listener, song, monkeypatch):
    def break_once(waveform, **kwargs):
        monkeypatch.undo()
        raise RuntimeError("out of luck\nand more")

    monkeypatch.setattr(type(listener.extractor), "__call__", lambda self, *args, **kwargs: break_once(*args, **kwargs))
    failed, answered = listener.listen_all([(str(song), None), (str(song), None)])
    assert (failed.status, answered.status) == ("failed", "ok")
    assert "RuntimeError: out of luck" in failed.message
    assert "\n" not in failed.message


def test_a_damaged_checkpoint_is_one_line(bundled, tmp_path):
    shutil.copytree(bundled, tmp_path, dirs_exist_ok=True)
    weights = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match="cannot be loaded"):
        Listener.from_pretrained(str(tmp_path))


def test_a_model_saved_in_bfloat16_answers_too(extractor, song, tmp_path):
    model = new_model()
    expected = Listener(model, extractor, "test").listen(song)
    new_model().to(torch.bfloat16).save_pretrained(tmp_path)
    extractor.save_pretrained(tmp_path)
    answer = Listener.from_pretrained(str(tmp_path)).listen(song)
    assert answer.probabilities == pytest.approx(expected.probabilities, abs=0.03)


def test_a_file_somebody_opened_stays_open(listener, song):
    with song.open("rb") as file:
        listener.listen(file)
        assert not file.closed


def test_a_model_without_its_last_layer_is_refused_and_not_filled_with_chance(extractor, tmp_path):
    new_model().tonada.save_pretrained(tmp_path)
    extractor.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="saved without a head and answers nothing"):
        Listener.from_pretrained(str(tmp_path))


def test_code_of_a_models_folder_is_never_run(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text(
        '{"model_type": "strange", "auto_map": {"AutoConfig": "configuration_strange.StrangeConfig"}}'
    )
    (tmp_path / "configuration_strange.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 9))
    with pytest.raises(ModelError):
        Listener.from_pretrained(str(tmp_path))
    assert not (tmp_path / "ran").exists()


def test_another_models_extractor_is_refused(model):
    with pytest.raises(ModelError, match="Tonada's own"):
        Listener(model, object(), "test")


def test_links_to_folders_are_followed_once(tmp_path):
    (tmp_path / "albums").mkdir()
    (tmp_path / "albums" / "a.mp3").touch()
    (tmp_path / "albums" / "loop").symlink_to(tmp_path)
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "link").symlink_to(tmp_path / "albums")
    assert [path for path, _ in find_audio([tmp_path / "music"])].count(str(tmp_path / "music" / "link" / "a.mp3")) == 1
    assert len(list(find_audio([tmp_path]))) == 1


def test_a_folder_that_cannot_be_searched_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.mp3").touch()
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def scandir(folder):
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr("os.scandir", scandir)
    (song, _), (closed, error) = find_audio([tmp_path])
    assert song.endswith("a.mp3")
    assert closed.endswith("closed")
    assert error.status == "unreadable"
