"""Separation: what repeats is told from what does not, clicks from tones, and nothing of the mix is lost."""

import numpy as np
import pytest
import torch
from conftest import RATE, clicks, noise, tone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from known_mixes import gliding_voice, looped_chords, signal_to_distortion

from tonada.listening import unmixing
from tonada.listening.separation import METHODS, Method, SeparationError, separate

EMBEDDED = ["repet-sim", "harmonic-percussive", "voice-percussion"]
ADDS_UP = 1e-4


@pytest.mark.parametrize("seconds", [12, 30])
def test_repet_sim_finds_the_voice_over_what_repeats(seconds):
    voice, chords = gliding_voice(seconds), looped_chords(seconds)
    stems = separate(voice + chords, RATE, "repet-sim")
    for stem, truth in (("voice", voice), ("accompaniment", chords)):
        gain = signal_to_distortion(truth, stems[stem]) - signal_to_distortion(truth, voice + chords)
        assert gain > 3, f"{stem}: {gain:.1f} dB"


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1e6, width=32)))
def test_what_repeats_is_the_median_to_the_last_bit(frames):
    np.testing.assert_array_equal(unmixing._median(frames, axis=0), np.median(frames, axis=0))


def test_steady_tones_are_harmonic_and_clicks_percussive():
    steady, beats = tone(440, 8), clicks(120, 8)
    stems = separate(steady + beats, RATE, "harmonic-percussive")
    assert signal_to_distortion(steady, stems["harmonic"]) > 15
    assert signal_to_distortion(beats, stems["percussive"]) > signal_to_distortion(beats, steady + beats) + 15


@pytest.mark.parametrize("method", ["none", *EMBEDDED])
@pytest.mark.parametrize("sound", [looped_chords(5) + noise(5), noise(0.5), noise(3, rate=8000)], ids=str)
def test_stems_come_in_order_and_add_up_to_the_mix(method, sound):
    stems = separate(sound, RATE, method)
    assert tuple(stems) == METHODS[method].stems
    assert all(stem.shape == sound.shape and stem.dtype == np.float32 for stem in stems.values())
    np.testing.assert_allclose(sum(stems.values()), sound, atol=ADDS_UP)


@pytest.mark.parametrize("method", EMBEDDED)
@pytest.mark.parametrize("samples", [1, 2, 511, 2048, 5000, 3 * RATE])
def test_silence_and_the_shortest_sounds_give_finite_stems(method, samples):
    for sound in (np.zeros(samples, np.float32), noise(1)[:samples] if samples < RATE else noise(3)):
        stems = separate(sound, RATE, method)
        assert all(np.isfinite(stem).all() and stem.shape == sound.shape for stem in stems.values())


@pytest.mark.parametrize("method", EMBEDDED)
@pytest.mark.parametrize("rate", [8000, 44100])
def test_other_rates_are_separated_too(method, rate):
    sound = tone(440, 3, rate) + noise(3, rate=rate)
    np.testing.assert_allclose(sum(separate(sound, rate, method).values()), sound, atol=ADDS_UP)


def test_a_long_song_is_separated_in_blocks_without_a_seam(monkeypatch):
    sound = tone(440, 25) + clicks(120, 25)
    whole = separate(sound, RATE, "harmonic-percussive")["harmonic"]
    in_blocks = Method(("harmonic", "percussive"), unmixing.harmonic_percussive, 8.0)
    monkeypatch.setitem(METHODS, "harmonic-percussive", in_blocks)
    stems = separate(sound, RATE, "harmonic-percussive")
    np.testing.assert_allclose(sum(stems.values()), sound, atol=ADDS_UP)
    assert signal_to_distortion(whole, stems["harmonic"]) > 30


@pytest.mark.parametrize("wrong", [np.zeros((2, 100), np.float32), np.zeros(0, np.float32), np.array([0.1, np.nan])])
def test_what_is_not_one_finite_channel_is_refused(wrong):
    with pytest.raises(SeparationError, match="one channel"):
        separate(wrong, RATE, "repet-sim")


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(SeparationError, match="repet-sim, harmonic-percussive, voice-percussion, hdemucs"):
        separate(noise(1), RATE, "spleeter")


def test_without_its_weights_hdemucs_says_where_it_looks_and_downloads_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(SeparationError) as error:
        separate(noise(1), RATE, "hdemucs")
    assert str(tmp_path) in str(error.value)
    assert "get_model()" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_damaged_weights_of_hdemucs_are_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "torchaudio" / "models").mkdir(parents=True)
    (tmp_path / "torchaudio" / "models" / "hdemucs_high_trained.pt").write_bytes(b"no weights")
    monkeypatch.setattr("torchaudio.pipelines.HDEMUCS_HIGH_MUSDB_PLUS._model_factory_func", torch.nn.Identity)
    with pytest.raises(SeparationError, match="cannot be read") as error:
        separate(noise(1), RATE, "hdemucs")
    assert "\n" not in str(error.value)


def test_hdemucs_hears_stereo_at_its_rate_and_what_it_leaves_is_shared_out(monkeypatch):
    """The network stands in: its four sources are shares of what it hears, and a tenth is left."""
    heard = []

    def network(stereo: torch.Tensor) -> torch.Tensor:
        heard.append(stereo.shape)
        return torch.tensor([0.4, 0.3, 0.1, 0.1]).view(1, 4, 1, 1) * stereo.unsqueeze(1)

    monkeypatch.setattr(unmixing, "_hdemucs", lambda: (network, 44100))
    monkeypatch.setattr(unmixing, "check_hdemucs", lambda: None)
    monkeypatch.setitem(METHODS, "hdemucs", Method(unmixing.HDEMUCS, unmixing.hdemucs, 10.0))
    sound = tone(440, 15)
    stems = separate(sound, RATE, "hdemucs")
    assert list(stems) == ["drums", "bass", "other", "vocals"]
    assert heard == [(1, 2, 441_000)] * 2
    np.testing.assert_allclose(sum(stems.values()), sound, atol=ADDS_UP)
    middle = slice(RATE, -RATE)
    np.testing.assert_allclose(stems["drums"][middle], 0.425 * sound[middle], atol=1e-3)
