"""The extractor takes any mono waveform at its rate and refuses everything else in words."""

import json

import numpy as np
import pytest
import torch
from conftest import RATE, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy, list, lambda song: song.astype(np.float64)])
def test_arrays_tensors_lists_and_doubles_are_heard_alike(extractor, kind):
    song = noise(4)
    expected = extractor(song, sampling_rate=RATE, return_tensors="pt")
    heard = extractor(kind(song), sampling_rate=RATE, return_tensors="pt")
    assert all(torch.allclose(heard[name], expected[name], atol=1e-4, rtol=1e-4) for name in expected)


def test_shapes_and_types_are_those_of_the_contract(extractor):
    heard = extractor([noise(25), noise(4)], sampling_rate=RATE, return_tensors="pt")
    assert {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in heard.items()} == {
        "spectrogram": ((2, 3, 1, 80, 431), torch.float32),
        "frame_mask": ((2, 3, 431), torch.int64),
        "descriptors": ((2, 3, 90), torch.float32),
        "segment_mask": ((2, 3), torch.int64),
    }
    assert heard["segment_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]


def test_one_song_has_the_songs_dimension_too(extractor):
    assert extractor(noise(4), sampling_rate=RATE)["descriptors"].shape == (1, 1, 90)


def test_numpy_comes_back_unless_torch_is_asked_for(extractor):
    assert isinstance(extractor(noise(4), sampling_rate=RATE)["descriptors"], np.ndarray)


def test_another_rate_is_an_error_that_names_both(extractor):
    with pytest.raises(ValueError, match=r"44100 Hz.*22050 Hz"):
        extractor(noise(4), sampling_rate=44100)


def test_a_missing_rate_is_a_warning(extractor, caplog):
    extractor(noise(4))
    assert "22050 Hz" in caplog.text


@pytest.mark.parametrize(
    ("waveform", "says"),
    [
        (np.zeros(0, np.float32), "empty"),
        ([], "empty"),
        (np.zeros((2, 4000), np.float32), r"shape \(2, 4000\)"),
        (np.full(4000, np.nan, np.float32), "not finite"),
        (np.array([0.1, np.inf], np.float32), "not finite"),
        (np.zeros(4000, np.int16), "int16"),
        (np.full(4000, 1e20, np.float32), "1e"),
    ],
)
def test_what_is_no_song_is_refused_with_the_reason(extractor, waveform, says):
    with pytest.raises(ValueError, match=says):
        extractor(waveform, sampling_rate=RATE)


def test_silence_and_one_sample_give_finite_features(extractor):
    for song in (np.zeros(5 * RATE, np.float32), np.zeros(1, np.float32), np.ones(1, np.float32)):
        heard = extractor(song, sampling_rate=RATE, return_tensors="pt")
        assert all(tensor.isfinite().all() for tensor in heard.values())


def test_only_the_features_of_the_branches_are_made():
    heard = TonadaFeatureExtractor(branches=["descriptors"])(noise(4), sampling_rate=RATE)
    assert set(heard) == {"descriptors", "segment_mask"}


def test_a_song_played_louder_is_the_same_song(extractor):
    song = noise(12) + tone(500, 12)
    quiet = extractor(0.05 * song, sampling_rate=RATE, return_tensors="pt")
    loud = extractor(song / np.sqrt(2), sampling_rate=RATE, return_tensors="pt")
    torch.testing.assert_close(quiet["spectrogram"], loud["spectrogram"], atol=1e-3, rtol=0)
    torch.testing.assert_close(quiet["descriptors"], loud["descriptors"], atol=1e-4, rtol=1e-3)


def test_an_offset_that_nobody_hears_changes_nothing(extractor):
    song = noise(14) + tone(500, 14)
    plain, offset = (extractor(each, sampling_rate=RATE, return_tensors="pt") for each in (song, song + 0.3))
    torch.testing.assert_close(plain["spectrogram"], offset["spectrogram"], atol=1e-2, rtol=0)
    torch.testing.assert_close(plain["descriptors"], offset["descriptors"], atol=1e-4, rtol=1e-3)


def test_silence_is_not_lifted_to_a_songs_level(extractor):
    hiss = extractor(noise(5, amplitude=1e-6), sampling_rate=RATE, return_tensors="pt")
    assert (
        hiss["spectrogram"].max()
        < extractor(noise(5), sampling_rate=RATE, return_tensors="pt")["spectrogram"].max() - 30
    )


def test_without_a_level_the_descriptors_are_those_of_the_samples_given():
    raw = TonadaFeatureExtractor(level=None)
    first = [raw(gain * noise(5), sampling_rate=RATE)["descriptors"][0, 0, 0] for gain in (1, 4)]
    assert abs(first[0] - first[1]) > 10


def test_segments_of_a_long_song_do_not_depend_on_their_company():
    extractor = TonadaFeatureExtractor(level=None)
    song = noise(200)
    whole = extractor(song, sampling_rate=RATE, return_tensors="pt")
    part = extractor(song[180 * RATE :], sampling_rate=RATE, return_tensors="pt")
    torch.testing.assert_close(whole["descriptors"][:, 18:], part["descriptors"], atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(whole["spectrogram"][:, 18:], part["spectrogram"], atol=1e-4, rtol=1e-5)


def test_segment_times_cover_the_song(extractor):
    assert extractor.segment_times(noise(24)) == [(0, 10), (10, 20), (20, 24)]
    assert extractor.segment_times(noise(22)) == [(0, 10), (10, 20)]
    assert extractor.segment_times(noise(4)) == [(0, 4)]
    assert TonadaFeatureExtractor(tail="shifted").segment_times(noise(24)) == [(0, 10), (10, 20), (14, 24)]
    assert TonadaFeatureExtractor(tail="dropped").segment_times(noise(24)) == [(0, 10), (10, 20)]


@pytest.mark.parametrize("seconds", [10.0, 15.0, 25.0, 7.5])
@pytest.mark.parametrize("tail", ["padded", "dropped", "shifted"])
def test_there_is_a_time_for_each_segment(seconds, tail):
    extractor = TonadaFeatureExtractor(segment_seconds=seconds, segment_overlap=0.25, tail=tail)
    heard = extractor(noise(61), sampling_rate=RATE)
    assert len(extractor.segment_times(noise(61))) == heard["segment_mask"].sum()


def test_silence_around_a_song_is_not_heard_but_counted_in_the_times(extractor):
    song, silence = noise(12) + tone(300, 12), np.zeros(7 * RATE, np.float32)
    framed = np.concatenate([silence, song, silence])
    alone, surrounded = (extractor(sound, sampling_rate=RATE) for sound in (song, framed))
    assert alone["segment_mask"].shape == surrounded["segment_mask"].shape
    times = extractor.segment_times(framed)
    assert times[0][0] == pytest.approx(7, abs=0.06)
    assert times[-1][1] == pytest.approx(17, abs=0.06)
    assert TonadaFeatureExtractor(silence=None)(framed, sampling_rate=RATE)["segment_mask"].shape == (1, 3)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"descriptor_set": "hsf9"}, "hsf90"),
        ({"branches": ["melody"]}, "spectrogram, descriptors"),
        ({"segment_overlap": 1.0}, "below 1"),
        ({"segment_seconds": 0}, "positive"),
        ({"hop_length": 0}, "positive"),
        ({"shortest_seconds": -1}, "positive"),
        ({"level": 3.0}, "None"),
        ({"max_frequency": 12_000.0}, "11025.0"),
        ({"tail": "cut"}, "padded, dropped, shifted"),
        ({"silence": 0.0}, "positive"),
        ({"pad_mode": "edge"}, "constant, reflect"),
        ({"segment_seconds": None}, "descriptors alone"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        TonadaFeatureExtractor(**settings)


def test_a_saved_extractor_hears_the_same(tmp_path):
    settings = {"segment_seconds": 5.0, "num_mel_bins": 40, "branches": ["spectrogram"]}
    extractor = TonadaFeatureExtractor(**settings)
    extractor.save_pretrained(tmp_path)
    again = TonadaFeatureExtractor.from_pretrained(tmp_path)
    assert settings.items() <= json.loads((tmp_path / "preprocessor_config.json").read_text()).items()
    song = tone(300, 7)
    for name, array in extractor(song, sampling_rate=RATE).items():
        assert np.array_equal(array, again(song, sampling_rate=RATE)[name])
