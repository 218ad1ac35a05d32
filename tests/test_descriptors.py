"""Descriptors are what they are called: held against librosa on real and made sound, and against physics."""

import librosa
import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, noise, tone
from tonada.feature_extraction import DESCRIPTOR_SETS
from tonada.feature_extraction.chroma_tonada import chroma, chroma_filter_bank
from tonada.feature_extraction.descriptors_tonada import spectral_centroid, spectral_flux
from tonada.feature_extraction.spectrum_tonada import Spectrum, mel_filter_bank

N_FFT, HOP = 2048, 512
COLUMNS = DESCRIPTOR_SETS["hsf90"].columns
RELATIVE = 1e-3
OF_SCALE = 1e-5  # of the column's largest value over these sounds


def spectrum_of(waveform: np.ndarray, max_frequency: float = RATE / 2, real_frames: int | None = None) -> Spectrum:
    mask = torch.ones(1, 1 + len(waveform) // HOP, dtype=torch.long)
    mask[:, real_frames:] = real_frames is None
    return Spectrum(torch.from_numpy(waveform).unsqueeze(0), mask, RATE, N_FFT, HOP, max_frequency)


def hsf90(waveform: np.ndarray, real_frames: int | None = None) -> np.ndarray:
    return DESCRIPTOR_SETS["hsf90"].compute(spectrum_of(waveform, real_frames=real_frames))[0].numpy()


def by_librosa(waveform: np.ndarray) -> np.ndarray:
    """The same ninety columns by librosa 0.11; flux, which it lacks, by its formula in float64."""
    magnitude = np.abs(librosa.stft(waveform, n_fft=N_FFT, hop_length=HOP))
    share = magnitude.astype(float) / np.maximum(magnitude.sum(0), 1e-30)
    flux = np.sqrt((np.diff(share, axis=1) ** 2).sum(0, keepdims=True))
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=RATE)
    frames = np.concatenate(
        [
            librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=13),
            librosa.feature.zero_crossing_rate(waveform, frame_length=N_FFT, hop_length=HOP),
            librosa.feature.spectral_centroid(S=magnitude, sr=RATE),
            librosa.feature.spectral_bandwidth(S=magnitude, sr=RATE),
            np.pad(flux, ((0, 0), (1, 0))),
            librosa.feature.spectral_rolloff(S=magnitude, sr=RATE),
            librosa.feature.chroma_stft(S=magnitude**2, sr=RATE, tuning=0),
        ]
    ).astype(float)
    return np.concatenate([frames.mean(1), frames.var(1), frames.max(1)])


@pytest.fixture(scope="module")
def sounds(examples) -> list[np.ndarray]:
    clips = [soundfile.read(path, dtype="float32", always_2d=True) for path in examples]
    real = [librosa.resample(clip.mean(1), orig_sr=rate, target_sr=RATE)[: 10 * RATE] for clip, rate in clips]
    made = [noise(5), tone(440, 5) + tone(2000, 5, amplitude=0.1) + noise(5, 1, 1e-3)]
    return [*real, *made]


def test_every_column_agrees_with_librosa(sounds):
    ours = np.stack([hsf90(sound) for sound in sounds])
    theirs = np.stack([by_librosa(sound) for sound in sounds])
    allowed = RELATIVE * np.abs(theirs) + OF_SCALE * np.abs(theirs).max(0)
    worst = (np.abs(ours - theirs) / allowed).max(0)
    assert (worst <= 1).all(), {COLUMNS[column]: worst[column] for column in np.flatnonzero(worst > 1)}


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
    np.testing.assert_allclose(hsf90(padded, real_frames=1 + len(sound) // HOP), hsf90(sound), rtol=1e-4, atol=1e-5)


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


def test_the_set_has_ninety_columns_of_distinct_names():
    assert len(COLUMNS) == len(set(COLUMNS)) == len(hsf90(noise(3))) == 90
