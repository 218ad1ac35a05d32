"""Stems as models hear them: each alone as a song of its own, or several at once by a model that learned from them."""

import csv
import io
import json

import numpy as np
import pytest
import soundfile
from commands import tonada
from conftest import LABELS, RATE, new_model, noise, tone
from known_mixes import gliding_voice, looped_chords
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.listening.inputs import as_heard
from tonada.listening.listener import Listener, ModelError
from tonada.listening.separation import METHODS, Method, separate
from tonada_cli.stems_option import Separation

TOLERANCE = 1e-5
VOICE = {"stems": ["voice", "accompaniment"], "separation": "repet-sim"}


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("stems") / "song.wav"
    soundfile.write(path, gliding_voice(12) + looped_chords(12), RATE, subtype="FLOAT")
    return path


@pytest.fixture(scope="module")
def listener(extractor):
    return Listener(new_model(), extractor, "test")


def test_each_stem_is_judged_as_a_song_of_its_own(listener, song, tmp_path):
    answer = listener.listen(song, "song", stems="repet-sim")
    assert list(answer.stems) == ["voice", "accompaniment"]
    for name, stem in separate(soundfile.read(song, dtype="float32")[0], RATE, "repet-sim").items():
        soundfile.write(tmp_path / "alone.wav", stem, RATE, subtype="FLOAT")
        alone = listener.listen(tmp_path / "alone.wav")
        assert answer.stems[name].probabilities == pytest.approx(alone.probabilities, abs=TOLERANCE)


def test_the_answer_of_the_whole_song_stays_as_it_was(listener, song):
    plain = listener.listen(song, "song")
    assert plain.stems is None
    with_stems = listener.listen(song, "song", stems="harmonic-percussive").to_dict(timeline=True)
    assert {name: value for name, value in with_stems.items() if name != "stems"} == plain.to_dict(timeline=True)


def test_a_stem_in_which_nothing_sounds_gets_its_status_instead_of_an_answer(listener, tmp_path):
    soundfile.write(tmp_path / "steady.wav", tone(60, 6), RATE)  # below where a voice begins
    answer = listener.listen(tmp_path / "steady.wav", "steady", stems="repet-sim")
    assert answer.status == answer.stems["accompaniment"].status == "ok"
    voice = answer.stems["voice"]
    assert (voice.status, voice.label, voice.probabilities) == ("silent", None, None)
    assert "its voice is silent" in voice.message


def test_the_command_prints_stems_beneath_the_song_in_every_format(song, tmp_path):
    soundfile.write(tmp_path / "steady.wav", tone(60, 6), RATE)
    (tmp_path / "broken.wav").write_text("no song")
    files = [song, tmp_path / "steady.wav"]
    table = tonada("classify", *files, "--stems").stdout.splitlines()
    assert [line.split()[3] for line in table[1:4]] == [str(song), "voice", "accompaniment"]
    assert table[5].split() == ["-", "-", "-", "voice", "(silent)"]

    done = tonada("classify", "--stems", *files, tmp_path / "broken.wav", "--format", "json")
    assert done.returncode == 1
    first, steady, broken = json.loads(done.stdout)
    assert [part["stem"] for part in first["stems"]] == ["voice", "accompaniment"]
    assert set(first["stems"][0]["probabilities"]) == set(LABELS)
    assert [part["status"] for part in steady["stems"]] == ["silent", "ok"]
    assert (broken["status"], broken["stems"]) == ("unreadable", [])

    rows = list(csv.DictReader(io.StringIO(tonada("classify", song, "--stems", "--format", "csv").stdout)))
    assert [row["stem"] for row in rows] == ["mix", "voice", "accompaniment"]
    assert all(float(row[f"probability of {row['label']}"]) == float(row["probability"]) for row in rows)


@pytest.mark.parametrize(("arguments", "code"), [(["--stems", "hdemucs"], 2), (["--stems=spleeter"], 2)])
def test_a_method_that_cannot_be_had_is_one_line_before_any_song(song, tmp_path, arguments, code):
    done = tonada("classify", song, *arguments, TORCH_HOME=str(tmp_path))
    assert done.returncode == code
    assert "repet-sim" in done.stderr or "weights" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_command_knows_every_method():
    assert list(Separation) == list(METHODS)


def test_stems_become_channels_and_blocks_of_columns_at_one_gain():
    mix, stems = TonadaFeatureExtractor(), TonadaFeatureExtractor(**VOICE)
    voice, chords = gliding_voice(12), 0.1 * looped_chords(12)
    heard = stems(np.stack([voice, chords]), sampling_rate=RATE)
    assert heard["spectrogram"].shape[:4] == (1, 1, 2, 80)
    assert heard["descriptors"].shape == (1, 1, 180)
    assert stems.columns[0] == f"voice_{mix.columns[0]}"
    assert stems.columns[90] == f"accompaniment_{mix.columns[0]}"

    at_its_level = TonadaFeatureExtractor(level=None)
    gain = 0.1 / (voice + chords).std()
    for channel, stem in enumerate((voice, chords)):
        alone = at_its_level(gain * (stem - stem.mean()), sampling_rate=RATE)
        np.testing.assert_allclose(heard["spectrogram"][0, 0, channel], alone["spectrogram"][0, 0, 0], atol=1e-3)
        columns = heard["descriptors"][0, 0, 90 * channel : 90 * channel + 90]
        np.testing.assert_allclose(columns, alone["descriptors"][0, 0], rtol=1e-3, atol=1e-4)


def test_silence_and_segments_are_those_of_the_sum():
    stems = TonadaFeatureExtractor(**VOICE)
    silence = np.zeros(5 * RATE, np.float32)
    voice = np.concatenate([silence, tone(440, 21)])
    chords = np.concatenate([noise(5), np.zeros(21 * RATE, np.float32)])
    times = stems.segment_times(np.stack([voice, chords]))
    assert times == TonadaFeatureExtractor().segment_times(voice + chords)
    heard = stems([np.stack([voice, chords]), np.stack([chords, voice])[:, : 4 * RATE]], sampling_rate=RATE)
    assert heard["segment_mask"].tolist() == [[1] * len(times), [1] + [0] * (len(times) - 1)]
    assert all(np.isfinite(values).all() for values in heard.values())


def test_one_stem_that_is_the_mix_is_heard_as_the_mix():
    alone = TonadaFeatureExtractor(stems=["accompaniment"], separation="repet-sim")
    heard, mix = alone(noise(12)[np.newaxis], sampling_rate=RATE), TonadaFeatureExtractor()(noise(12), RATE)
    assert all((heard[name] == mix[name]).all() for name in mix)


def test_stems_are_part_of_what_features_are():
    hashes = {
        TonadaFeatureExtractor(**settings).feature_schema["hash"]
        for settings in ({}, VOICE, {**VOICE, "stems": ["accompaniment", "voice"]}, {**VOICE, "separation": "other"})
    }
    assert len(hashes) == 4
    with pytest.raises(ModelError, match="num_channels: 2 is made, 1 is expected"):
        Listener(new_model(), TonadaFeatureExtractor(**VOICE), "test")


@pytest.mark.parametrize("shape", [(RATE,), (3, RATE), (1, RATE), (2, 1, RATE)])
def test_a_mix_given_to_an_extractor_of_stems_is_refused_with_what_separates_it(shape):
    with pytest.raises(ValueError, match=r"hears stems and not a mix.*voice, accompaniment.*separation\.separate"):
        TonadaFeatureExtractor(**VOICE)(np.zeros(shape, np.float32), sampling_rate=RATE)


@pytest.mark.parametrize(
    "settings",
    [
        {"stems": ["voice"]},
        {"separation": "repet-sim"},
        {"stems": [], "separation": "repet-sim"},
        {"stems": ["voice", "voice"], "separation": "repet-sim"},
        {"stems": ["../voice"], "separation": "repet-sim"},
    ],
)
def test_stems_without_a_method_or_names_are_refused(settings):
    with pytest.raises(ValueError, match="stems is"):
        TonadaFeatureExtractor(**settings)


@pytest.mark.parametrize("settings", [{"stems": ["voice"], "separation": "spleeter"}, VOICE | {"stems": ["drums"]}])
def test_a_model_whose_stems_nobody_can_make_is_refused_at_load(settings):
    extractor = TonadaFeatureExtractor(**settings, branches=["spectrogram"])
    with pytest.raises(ModelError, match="repet-sim"):
        Listener(new_model_of_stems(extractor), extractor, "test")


def new_model_of_stems(extractor):
    widths = {"num_channels": extractor.num_channels, "num_descriptors": len(extractor.columns)}
    return new_model(branches=("spectrogram",), **widths)


def test_a_model_of_stems_does_not_judge_one_alone(song):
    extractor = TonadaFeatureExtractor(**VOICE, branches=["spectrogram"])
    listener = Listener(new_model_of_stems(extractor), extractor, "test")
    assert listener.listen(song).label in LABELS
    with pytest.raises(ModelError, match="cannot judge a stem alone"):
        listener.check_stems("repet-sim")


def test_what_a_model_of_stems_hears_is_separated_once(song, monkeypatch):
    extractor = TonadaFeatureExtractor(**VOICE)
    waveform = soundfile.read(song, dtype="float32")[0]
    first = as_heard(waveform, extractor)
    assert first.shape == (2, len(waveform))
    monkeypatch.setitem(METHODS, "repet-sim", Method(("voice", "accompaniment"), None))
    assert (as_heard(waveform, extractor) == first).all()


def test_an_extractor_of_stems_says_so_when_it_is_saved_and_once_when_it_is_loaded(tmp_path, caplog):
    TonadaFeatureExtractor(**{**VOICE, "stems": ["voice"]}).save_pretrained(tmp_path)
    assert caplog.text.count("stock pipeline cannot separate") == 1
    for _ in range(2):
        assert TonadaFeatureExtractor.from_pretrained(tmp_path).stems == ["voice"]
    assert caplog.text.count("stock pipeline cannot separate") == 2
