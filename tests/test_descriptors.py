"""Descriptors are what they are called: held against physics, and their filters against librosa."""

import librosa
import numpy as np
import pytest
import torch
from conftest import RATE, clicks, noise, tone
from tonada.feature_extraction import DESCRIPTOR_SETS
from tonada.feature_extraction.chroma_tonada import chroma, chroma_filter_bank, tonnetz
from tonada.feature_extraction.constant_q_tonada import constant_q
from tonada.feature_extraction.descriptors_tonada import (
    amplitude_envelope,
    band_energy_ratio,
    root_mean_square,
    spectral_centroid,
    spectral_contrast,
    spectral_flatness,
    spectral_flux,
)
from tonada.feature_extraction.spectrum_tonada import Spectrum, mel_filter_bank
from tonada.feature_extraction.tuning_tonada import tuning

N_FFT, HOP = 2048, 512
COLUMNS = DESCRIPTOR_SETS["hsf90"].columns


def spectrum_of(waveform: np.ndarray, max_frequency: float = RATE / 2, sound: int | None = None) -> Spectrum:
    sounds = torch.tensor([sound or len(waveform)])
    return Spectrum(torch.from_numpy(waveform).unsqueeze(0), sounds, RATE, N_FFT, HOP, max_frequency)


def hsf90(waveform: np.ndarray, sound: int | None = None) -> np.ndarray:
    return DESCRIPTOR_SETS["hsf90"].compute(spectrum_of(waveform, sound=sound))[0].numpy()


def test_filter_banks_are_librosas():
    np.testing.assert_allclose(
        mel_filter_bank(RATE, N_FFT, 128, RATE / 2), librosa.filters.mel(sr=RATE, n_fft=N_FFT), atol=1e-6
    )
    np.testing.assert_allclose(
        chroma_filter_bank(RATE, N_FFT), librosa.filters.chroma(sr=RATE, n_fft=N_FFT, tuning=0), atol=1e-6
    )


@pytest.mark.parametrize("semitone", range(12))
def test_a_note_lands_in_its_pitch_class(semitone):
    note = tone(261.626 * 2 ** (semitone / 12), 2)  # middle C upwards
    assert int(chroma(spectrum_of(note))[0].mean(-1).argmax()) == semitone


@pytest.mark.parametrize("hertz", [100, 440, 1000, 4000, 8000])
def test_a_sine_lands_in_its_mel_band(hertz):
    decibels = spectrum_of(tone(hertz, 2), 10_000.0).mel_decibels(80)[0].mean(-1)
    centres = librosa.mel_frequencies(82, fmin=0, fmax=10_000.0)[1:-1]
    assert abs(int(decibels.argmax()) - int(np.abs(centres - hertz).argmin())) <= 1


def test_a_tone_crosses_zero_twice_a_period():
    columns = dict(zip(COLUMNS, hsf90(tone(1000, 10)), strict=True))
    assert columns["zero_crossing_rate_mean"] == pytest.approx(2 * 1000 / RATE, rel=0.01)


def test_a_tone_has_its_own_frequency_as_centroid():
    columns = dict(zip(COLUMNS, hsf90(tone(3000, 10)), strict=True))
    assert columns["spectral_centroid_mean"] == pytest.approx(3000, rel=0.02)


def test_a_steady_tone_does_not_flow_and_a_change_of_tone_does():
    steady = spectral_flux(spectrum_of(tone(500, 4)))[0, 0, 5:-5]
    change = spectral_flux(spectrum_of(np.concatenate([tone(500, 2), tone(1500, 2)])))[0, 0, 5:-5]
    assert change.max() > 100 * steady.max()


def test_gain_changes_only_what_measures_loudness():
    quiet, loud = hsf90(noise(5)), hsf90(4 * noise(5))
    changed = {COLUMNS[column] for column in np.flatnonzero(~np.isclose(quiet, loud, rtol=1e-3, atol=1e-6))}
    assert changed == {"mfcc_1_mean", "mfcc_1_maximum"}


def test_silence_has_finite_descriptors():
    assert np.isfinite(hsf90(np.zeros(5 * RATE, np.float32))).all()


def test_masked_frames_are_left_out_of_every_statistic():
    sound = noise(4) + tone(300, 4)
    padded = np.concatenate([sound, np.zeros(6 * RATE, np.float32)])
    np.testing.assert_allclose(hsf90(padded, sound=len(sound)), hsf90(sound), rtol=1e-4, atol=1e-5)


def test_nothing_above_the_highest_frequency_is_heard():
    sound = tone(1000, 3) + noise(3, amplitude=1e-3)
    disturbed = spectrum_of(sound + tone(9800, 3, amplitude=0.05), max_frequency=9000)
    alone = spectrum_of(sound, max_frequency=9000)
    steady = slice(5, -5)  # where a tone begins and ends it has every frequency
    torch.testing.assert_close(
        disturbed.mel_decibels(80)[..., steady], alone.mel_decibels(80)[..., steady], atol=1, rtol=0
    )
    centroids = [float(spectral_centroid(each)[..., steady].mean()) for each in (disturbed, alone)]
    assert centroids[0] == pytest.approx(centroids[1], rel=0.01)


def test_a_click_train_crosses_zero_twice_a_click():
    crossing = -clicks(240, 10)  # downwards and back: what is zero counts as positive
    columns = dict(zip(COLUMNS, hsf90(crossing), strict=True))
    assert columns["zero_crossing_rate_mean"] == pytest.approx(2 * 4 / RATE, rel=0.05)


def test_white_noise_is_flat_and_a_tone_is_not():
    flat, peaked = (spectral_flatness(spectrum_of(sound))[0].mean() for sound in (noise(4), tone(1000, 4)))
    assert flat == pytest.approx(np.exp(-np.euler_gamma), rel=0.02)  # of the power of Gaussian noise
    assert peaked < 1e-3


def test_a_full_sine_has_the_loudness_of_a_full_sine():
    sine = spectrum_of(tone(440, 4, amplitude=1.0))
    assert root_mean_square(sine)[0, 0, 5:-5].mean() == pytest.approx(2**-0.5, rel=1e-3)
    assert amplitude_envelope(sine)[0, 0, 5:-5].mean() == pytest.approx(1, rel=1e-3)


def test_the_band_energy_ratio_tells_low_from_high():
    low, high = (band_energy_ratio(spectrum_of(tone(hertz, 3)))[0, 0, 5:-5] for hertz in (500, 5000))
    assert low.min() > 1e4
    assert high.max() < 1e-4


def test_contrast_is_high_for_a_tone_in_its_band_and_low_for_noise():
    of_tone = spectral_contrast(spectrum_of(tone(1000, 3) + noise(3, amplitude=1e-3)))[0, :, 5:-5].mean(-1)
    of_noise = spectral_contrast(spectrum_of(noise(3)))[0].mean(-1)
    assert int(of_tone.argmax()) == 3  # 800 to 1,600 Hz
    assert of_tone[3] > of_noise[3] + 10


@pytest.mark.parametrize("semitone", range(0, 84, 7))
def test_a_note_lands_in_its_bin_of_the_constant_q_transform(semitone):
    note = spectrum_of(tone(440 * 2 ** ((semitone - 45) / 12), 3))
    assert int(constant_q(note)[0, :, 20:-20].mean(-1).argmax()) == semitone


@pytest.mark.parametrize("hundredths", [-30, 0, 25])
def test_the_tuning_of_a_mistuned_note_is_found(hundredths):
    found = tuning(spectrum_of(tone(440 * 2 ** ((hundredths + 0.5) / 1200), 3)))
    assert float(found) == pytest.approx(hundredths / 100, abs=0.03)


def test_a_mistuned_chord_has_the_tonal_centroid_of_the_chord():
    chords = [sum(tone(hertz * 2 ** (cents / 1200), 4) for hertz in (261.63, 329.63, 392.0)) for cents in (0, 30)]
    centroids = [tonnetz(spectrum_of(chord))[0, :, 60:-60].mean(-1) for chord in chords]
    torch.testing.assert_close(centroids[0], centroids[1], atol=0.05, rtol=0)
