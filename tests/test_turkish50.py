"""The Turkish table's fifty descriptors from audio: held against plain formulas, librosa and physics."""

import csv

import librosa
import numpy as np
import pytest
import soundfile
import torch
from conftest import noise, tone
from mirtoolbox_formulas import table
from scipy.signal import find_peaks
from tonada.feature_extraction import DESCRIPTOR_SETS, TonadaFeatureExtractor
from tonada.feature_extraction.peaks_tonada import prominent_peaks
from tonada.feature_extraction.spectrum_tonada import Spectrum
from tonada.feature_extraction.statistics_tonada import Statistics
from tonada.feature_extraction.tempo_tonada import cleared_of_multiples
from tonada.feature_extraction.turkish50_tonada import TURKISH50_FIDELITY

RATE = 44100
HOP = 512
COLUMNS = DESCRIPTOR_SETS["turkish50"].columns
RELATIVE = 1e-3
OF_SCALE = 1e-5  # of the column's largest value over these sounds
LOUDNESS = {"_RMSenergy_Mean", "_Fluctuation_Mean", "_Roughness_Mean"}  # of decibels, the mean moves at 0 Hz


def turkish50(waveform: np.ndarray, sound: int | None = None, rate: int = RATE) -> dict[str, float]:
    sounds = torch.tensor([sound or len(waveform)])
    spectrum = Spectrum(torch.from_numpy(waveform).unsqueeze(0), sounds, rate, 2048, HOP, rate / 2)
    return dict(zip(COLUMNS, DESCRIPTOR_SETS["turkish50"].compute(spectrum)[0].tolist(), strict=True))


def clicks(beats_a_minute: float, seconds: float) -> np.ndarray:
    """Bursts of noise that die away within a tenth of a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    since = time % (60 / beats_a_minute)
    return (np.exp(-since / 0.02) * np.random.default_rng(0).normal(0, 0.2, len(time))).astype(np.float32)


def sound(samples: np.ndarray) -> np.ndarray:
    return samples[: 5 * RATE].astype(np.float32)


def at_rate(path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=RATE * 12)
    return librosa.resample(samples.mean(1), orig_sr=rate, target_sr=RATE)


@pytest.fixture(scope="module")
def sounds(examples) -> list[np.ndarray]:
    melody = np.concatenate([tone(hertz, 1, RATE) for hertz in (220, 262, 330, 392, 440, 330, 262, 220)])
    made = [sound(melody + noise(17)[: len(melody)] * 0.05), sound(clicks(100, 8) + noise(17)[: 8 * RATE] * 0.02)]
    return [*(sound(at_rate(path)) for path in examples[::2]), *made]


@pytest.fixture(scope="module")
def both(sounds) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    return [turkish50(each) for each in sounds], [table(each, RATE) for each in sounds]


def worst(column: str, both) -> float:
    """Largest difference, as a multiple of what is allowed."""
    ours, theirs = (np.array([values[column] for values in side]) for side in both)
    return float((np.abs(ours - theirs) / (RELATIVE * np.abs(theirs) + OF_SCALE * np.abs(theirs).max())).max())


@pytest.mark.parametrize("column", [column for column, (mark, _) in TURKISH50_FIDELITY.items() if mark == "equal"])
def test_a_column_marked_equal_is_its_formula(column, both):
    assert worst(column, both) <= 1


def test_pitch_classes_are_their_formula(both):
    assert max(worst(f"_Chromagram_Mean_{number}", both) for number in range(1, 13)) <= 1


@pytest.mark.parametrize(("statistic", "within"), [("Std", 5e-4), ("Slope", 0.01)])
def test_harmonic_change_is_close_to_its_formula(statistic, within, both):
    for ours, theirs in zip(*both, strict=True):
        column = f"_HarmonicChangeDetectionFunction_{statistic}"
        assert ours[column] == pytest.approx(theirs[column], abs=within)


def test_the_columns_are_the_tables(data):
    with open(data / "tables" / "turkish" / "original.csv", encoding="utf-8") as file:
        assert tuple(next(csv.reader(file))[1:]) == COLUMNS


def test_every_column_is_marked_with_a_reason():
    assert tuple(TURKISH50_FIDELITY) == COLUMNS
    assert len(COLUMNS) == 50
    assert all(mark in ("equal", "close", "approximate") and reason for mark, reason in TURKISH50_FIDELITY.values())


def test_what_librosa_has_too_is_what_it_has(sounds):
    """On one frame as long as the sound, where both mean the same: librosa's own window, no zeros added."""
    samples = sounds[0][: 2**17]
    ours = turkish50(samples)
    magnitude = np.abs(np.fft.rfft(samples * np.hamming(len(samples))))[:, np.newaxis]
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    whole = {"S": magnitude, "freq": frequencies}
    assert ours["_Spectralcentroid_Mean"] == pytest.approx(librosa.feature.spectral_centroid(**whole).item(), rel=1e-3)
    assert ours["_Spectralspread_Mean"] == pytest.approx(librosa.feature.spectral_bandwidth(**whole).item(), rel=1e-3)
    assert ours["_Rolloff_Mean"] == pytest.approx(librosa.feature.spectral_rolloff(**whole).item(), rel=1e-3)
    flatness = librosa.feature.spectral_flatness(S=magnitude, power=1, amin=1e-30).item()
    assert ours["_Spectralflatness_Mean"] == pytest.approx(flatness, rel=1e-3)
    crossings = librosa.zero_crossings(samples, pad=False).sum() / len(samples) * RATE / 2
    assert ours["_Zero-crossingrate_Mean"] == pytest.approx(crossings, rel=1e-3)


@pytest.mark.parametrize("beats", [60, 84, 120, 160])
def test_clicks_have_their_tempo_and_as_many_events(beats):
    heard = turkish50(clicks(beats, 20))
    assert heard["_Tempo_Mean"] == pytest.approx(beats, rel=0.02)
    assert heard["_Eventdensity_Mean"] == pytest.approx(beats / 60, rel=0.06)


def test_a_pulse_is_clearer_than_noise():
    assert turkish50(clicks(120, 10))["_Pulseclarity_Mean"] > 0.9
    assert turkish50(noise(20))["_Pulseclarity_Mean"] < 0.3


def test_librosa_hears_the_same_tempo_of_clicks():
    theirs = librosa.feature.tempo(y=clicks(110, 20), sr=RATE).item()
    assert turkish50(clicks(110, 20))["_Tempo_Mean"] == pytest.approx(theirs, rel=0.05)


@pytest.mark.parametrize("milliseconds", [20, 50, 100])
def test_a_slower_attack_takes_longer(milliseconds):
    rise = np.minimum(np.arange(RATE) / (milliseconds * RATE / 1000), 1)
    note = (tone(440, 1, RATE) * rise * np.linspace(1, 0, RATE)).astype(np.float32)
    heard = turkish50(np.tile(note, 6))
    assert heard["_AttackTime_Mean"] * 1000 == pytest.approx(milliseconds, rel=0.3, abs=8)


def test_tones_a_quarter_of_a_critical_band_apart_are_rough_and_far_ones_are_not():
    def rough(other: float) -> float:
        return turkish50(tone(1000, 3, RATE) + tone(other, 3, RATE))["_Roughness_Mean"]

    assert rough(1060) > 10 * rough(1600)
    assert rough(1060) > 10 * turkish50(2 * tone(1000, 3, RATE))["_Roughness_Mean"]


def test_a_tone_is_ordered_and_narrow_and_white_noise_neither():
    pure, white = turkish50(tone(1000, 5, RATE)), turkish50(noise(10))
    assert pure["_EntropyofSpectrum_Mean"] < 0.5
    assert pure["_Spectralflatness_Mean"] < 0.01
    assert white["_EntropyofSpectrum_Mean"] > 0.98
    # Magnitudes of noise are Rayleigh distributed: exp(mean log) / mean = exp(-gamma / 2) / (sqrt(pi) / 2)
    assert white["_Spectralflatness_Mean"] == pytest.approx(np.exp(-np.euler_gamma / 2) * 2 / np.sqrt(np.pi), rel=0.01)


@pytest.mark.parametrize(("hertz", "share"), [(500, 0), (3000, 1)])
def test_brightness_is_what_lies_above_1500_hertz(hertz, share):
    assert turkish50(tone(hertz, 5, RATE))["_Brightness_Mean"] == pytest.approx(share, abs=0.02)


def test_a_tone_lies_where_it_sounds():
    heard = turkish50(tone(2000, 5, RATE))
    assert heard["_Spectralcentroid_Mean"] == pytest.approx(2000, rel=0.05)  # where a tone ends it is wider
    assert heard["_Rolloff_Mean"] == pytest.approx(2000, rel=0.02)
    assert heard["_Zero-crossingrate_Mean"] == pytest.approx(2000, rel=0.01)


@pytest.mark.parametrize("semitone", range(12))
def test_a_note_is_the_strongest_pitch_class(semitone):
    heard = turkish50(tone(261.626 * 2 ** (semitone / 12), 2, RATE))
    classes = [heard[f"_Chromagram_Mean_{number}"] for number in range(1, 13)]
    assert int(np.argmax(classes)) == semitone


def test_a_change_of_chord_moves_the_harmony_and_a_held_one_does_not():
    def chord(*notes: float) -> np.ndarray:
        return sum(tone(hertz, 4, RATE) for hertz in notes)

    held = turkish50(np.tile(chord(262, 330, 392), 2))
    changed = turkish50(np.concatenate([chord(262, 330, 392), chord(277, 349, 415)]))
    column = "_HarmonicChangeDetectionFunction_Mean"
    assert changed[column] > 5 * held[column]


def test_a_steady_tone_fluctuates_less_than_one_that_beats_four_times_a_second():
    beating = tone(1000, 8, RATE) * (1 + np.sin(2 * np.pi * 4 * np.arange(8 * RATE) / RATE)).astype(np.float32)
    assert turkish50(beating)["_Fluctuation_Mean"] > turkish50(tone(1000, 8, RATE))["_Fluctuation_Mean"]


def test_gain_changes_only_what_measures_loudness(sounds):
    quiet, loud = turkish50(sounds[0]), turkish50(4 * sounds[0])
    changed = {column for column in COLUMNS if loud[column] != pytest.approx(quiet[column], rel=1e-3, abs=1e-5)}
    assert changed == LOUDNESS
    assert loud["_RMSenergy_Mean"] == pytest.approx(4 * quiet["_RMSenergy_Mean"], rel=1e-5)
    assert loud["_Roughness_Mean"] == pytest.approx(16 * quiet["_Roughness_Mean"], rel=1e-3)


@pytest.mark.parametrize("rate", [8000, 22050, 96000])
@pytest.mark.parametrize("samples", [1, 700, 40_000])
@pytest.mark.parametrize("amplitude", [0, 1e-15, 0.1, 1e5])
def test_whatever_is_heard_is_finite(rate, samples, amplitude):
    extractor = TonadaFeatureExtractor.for_set("turkish50", sampling_rate=rate, segment_seconds=2.0)
    song = (amplitude * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)
    assert np.isfinite(extractor(song, sampling_rate=rate)["descriptors"]).all()


def test_padding_is_not_heard(sounds):
    alone = sounds[0][: 400 * HOP]
    padded = np.concatenate([alone, np.zeros(3 * RATE, np.float32)])
    heard, expected = turkish50(padded, sound=len(alone)), turkish50(alone)
    for column in COLUMNS:  # more zeros make more bins of the same spectrum, which means over its loudest bins notice
        assert heard[column] == pytest.approx(expected[column], rel=0.02, abs=0.05), column


def test_company_changes_nothing(sounds):
    extractor = TonadaFeatureExtractor.for_set("turkish50", segment_seconds=2.5)
    together = extractor(np.concatenate([sounds[0], sounds[1]]), sampling_rate=RATE)["descriptors"][0]
    alone = [extractor(each, sampling_rate=RATE)["descriptors"][0] for each in (sounds[0], sounds[1])]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5, atol=1e-5)


def test_the_published_front_end_is_that_of_the_table():
    extractor = TonadaFeatureExtractor.for_set("turkish50")
    assert (extractor.sampling_rate, extractor.segment_seconds, extractor.level) == (44100, 30.0, None)
    assert extractor.segment_times(noise(40, rate=44100)) == [(0.0, 30.0), (30.0, 40.0)]


def statistics(values: np.ndarray, rate: float = 10.0) -> Statistics:
    frames = torch.from_numpy(values).reshape(1, 1, -1)
    return Statistics(frames, torch.ones(1, len(values), dtype=torch.long), rate)


def test_a_ramp_climbs_and_its_mirror_image_falls():
    rising, falling = np.linspace(0, 1, 200), np.linspace(1, 0, 200)
    assert statistics(rising).slope.item() == pytest.approx(np.sqrt(3) / 2, rel=0.01)  # of correlation one
    assert statistics(falling).slope.item() == pytest.approx(-np.sqrt(3) / 2, rel=0.01)


def test_a_wave_has_its_period():
    found = statistics(2 + np.sin(2 * np.pi * np.arange(500) / 20))
    assert found.period_frequency.item() == pytest.approx(0.5)
    assert 0.9 < found.period_amplitude.item() < 1
    assert 0.9 < found.period_entropy.item() <= 1


@pytest.mark.parametrize("values", [np.zeros(1), np.zeros(9), np.ones(1), np.ones(9)])
def test_what_does_not_move_has_neither_slope_nor_period(values):
    found = statistics(values)
    for name in ("slope", "period_frequency", "period_amplitude", "sample_standard_deviation"):
        assert getattr(found, name).item() == pytest.approx(0, abs=1e-12), name
    assert 0 <= found.period_entropy.item() <= 1


def test_the_sample_deviation_is_numpys():
    values = np.random.default_rng(0).normal(3, 2, 50)
    assert statistics(values).sample_standard_deviation.item() == pytest.approx(values.std(ddof=1))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("ends", [True, False])
def test_prominent_peaks_are_scipys(seed, ends):
    curves = np.random.default_rng(seed).random((5, 60)) * np.random.default_rng(seed).random((5, 1))
    found = prominent_peaks(torch.from_numpy(curves), 0.3, ends=ends)
    for row, curve in enumerate(curves):
        walled = np.concatenate([[-1e9], curve, [-1e9]] if ends else [[1e9], curve, [1e9]])
        expected = find_peaks(walled, height=0.3, prominence=0.3)[0] - 1
        expected = expected[(expected >= 0) & (expected < len(curve))]
        assert found[1][found[0] == row].tolist() == expected.tolist()


def test_a_curve_of_multiples_is_cleared_to_the_first():
    intervals = torch.arange(0.3, 1.5, 0.001, dtype=torch.float64)
    comb = sum(torch.exp(-((intervals - 0.4 * multiple) ** 2) / 2e-4) for multiple in (1, 2, 3))
    cleared = cleared_of_multiples(intervals, comb)
    assert float(intervals[cleared.argmax()]) == pytest.approx(0.4, abs=0.005)
    assert float(cleared[intervals > 0.7].max()) < 0.2 * float(cleared.max())
