"""Every column of every published set is what librosa 0.11, or the paper's formula, says of the same sound."""

import warnings
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, clicks, noise, tone
from librosa_recipes import RECIPES
from tonada.feature_extraction import DESCRIPTOR_SETS, TonadaFeatureExtractor
from tonada.feature_extraction.chroma_tonada import chroma_cens
from tonada.feature_extraction.constant_q_tonada import constant_q
from tonada.feature_extraction.spectrum_tonada import Spectrum
from tonada.feature_extraction.tuning_tonada import tuning

RELATIVE = 1e-3
OF_SCALE = 1e-5  # of the column's largest value over these sounds
QUANTISED = ("chroma_cens", "tonnetz")  # a share at the edge of a step falls on either side of it by rounding
GOLDEN = Path(__file__).parent / "data" / "fma518-librosa-0.5.0.csv"


@pytest.fixture(scope="module")
def sounds(examples) -> list[np.ndarray]:
    clips = [soundfile.read(path, dtype="float32", always_2d=True) for path in examples]
    real = [librosa.resample(clip.mean(1), orig_sr=rate, target_sr=RATE)[: 8 * RATE] for clip, rate in clips]
    made = [noise(4), tone(440.3, 4) + tone(2000, 4, amplitude=0.1) + noise(4, 1, 1e-3)]
    return [*real, *made, np.zeros(4 * RATE, np.float32)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["hsf90", "bag32", "fma518"])
def test_every_column_agrees_with_librosa(sounds, name):
    extractor = TonadaFeatureExtractor.for_set(name)
    ours = np.stack([extractor(sound, sampling_rate=RATE)["descriptors"][0, 0] for sound in sounds]).astype(float)
    theirs = np.stack([RECIPES[name](sound.astype(float), RATE) for sound in sounds])
    single = np.stack([RECIPES[name](sound, RATE) for sound in sounds])
    rounding = np.abs(single - theirs)  # librosa's own, where it computes in single precision as we do
    allowed = RELATIVE * np.abs(theirs) + OF_SCALE * np.abs(theirs).max(0) + 4 * rounding
    columns = DESCRIPTOR_SETS[name].columns
    judged = np.array([not column.startswith(QUANTISED) for column in columns])
    worst = (np.abs(ours - theirs) / np.maximum(allowed, 1e-12))[:, judged]
    named = np.array(columns)[judged]
    assert worst.max() <= 1, {named[i]: worst[:, i].max() for i in np.flatnonzero(worst.max(0) > 1)}


@pytest.mark.filterwarnings("ignore:Trying to estimate tuning")
def test_the_constant_q_transform_agrees_to_two_parts_in_ten_thousand_of_the_loudest(sounds):
    for sound in sounds:
        theirs = np.abs(librosa.cqt(sound, sr=RATE, hop_length=512, bins_per_octave=12, n_bins=84, tuning=None))
        ours = constant_q(spectrum_of(sound))[0].numpy()
        assert np.abs(ours - theirs).max() <= 2e-4 * theirs.max() + 1e-9


@pytest.mark.filterwarnings("ignore:Trying to estimate tuning")
def test_the_tuning_is_librosas_to_the_hundredth(sounds):
    theirs = [librosa.estimate_tuning(y=sound, sr=RATE) for sound in sounds]
    assert [float(tuning(spectrum_of(sound))) for sound in sounds] == pytest.approx(theirs, abs=1e-6)


@pytest.mark.filterwarnings("ignore:Trying to estimate tuning")
def test_what_is_quantised_differs_only_where_a_share_lies_at_the_edge_of_a_step(sounds):
    frames, differing = 0, 0
    for sound in sounds:
        cqt = np.abs(librosa.cqt(sound, sr=RATE, hop_length=512, bins_per_octave=12, n_bins=84, tuning=None))
        theirs = librosa.feature.chroma_cens(C=cqt, bins_per_octave=12)
        differs = np.abs(chroma_cens(spectrum_of(sound))[0].numpy() - theirs).max(0) > 1e-4
        frames, differing = frames + differs.size, differing + differs.sum()
    assert differing <= 0.1 * frames  # one step moves the forty frames over which it is smoothed


def test_the_published_table_is_that_of_librosa_0_5(examples):
    lines = GOLDEN.read_text().splitlines()
    extractor = TonadaFeatureExtractor.for_set("fma518_published")
    assert lines[0].split(",")[1:] == list(extractor.descriptors.columns)
    for line in lines[1:]:
        name, *values = line.split(",")
        waveform, rate = soundfile.read(next(path for path in examples if path.name == name), dtype="float32")
        ours = extractor(waveform.mean(1), sampling_rate=rate)["descriptors"][0, 0]
        theirs = np.array(values, dtype=float)
        off = np.abs(ours - theirs) > 1e-2 * np.abs(theirs) + 1e-3
        assert off.mean() < 0.02, [c for c, wrong in zip(extractor.descriptors.columns, off, strict=True) if wrong]


def test_at_another_rate_the_published_table_is_wrong_and_the_set_is_right():
    song = tone(3000, 3, rate=44100)
    centroids = {}
    for name in ("fma518", "fma518_published"):
        extractor = TonadaFeatureExtractor.for_set(name, sampling_rate=44100)
        row = extractor(song, sampling_rate=44100)["descriptors"][0, 0]
        centroids[name] = row[extractor.descriptors.columns.index("spectral_centroid_median_01")]
    assert centroids["fma518"] == pytest.approx(3000, rel=0.01)
    assert centroids["fma518_published"] == pytest.approx(1500, rel=0.01)


@pytest.mark.parametrize("name", sorted(DESCRIPTOR_SETS))
def test_a_set_has_as_many_columns_as_names_and_finite_values_of_anything(name):
    extractor = TonadaFeatureExtractor.for_set(name)
    rate = extractor.sampling_rate
    for sound in (np.zeros(3 * rate, np.float32), np.ones(1, np.float32), noise(3, rate=rate), clicks(60, 3, rate)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            row = extractor(sound, sampling_rate=rate)["descriptors"]
        assert row.shape == (1, 1, len(set(extractor.descriptors.columns)))
        assert np.isfinite(row).all()


def test_the_sets_are_as_wide_as_they_are_called():
    assert {name: len(each.columns) for name, each in DESCRIPTOR_SETS.items()} == {
        "hsf90": 90,
        "bag32": 32,
        "fma518": 518,
        "fma518_published": 518,
        "turkish50": 50,
    }


@pytest.mark.parametrize("name", ["hsf90", "bag32", "fma518"])
def test_segments_are_heard_alike_alone_and_together(sounds, name):
    extractor = TonadaFeatureExtractor.for_set(name, segment_seconds=4.0)
    parts = [sound[: 4 * RATE] for sound in sounds]
    together = extractor(np.concatenate(parts), sampling_rate=RATE)["descriptors"][0]
    alone = np.stack([extractor(part, sampling_rate=RATE)["descriptors"][0, 0] for part in parts])
    assert (np.abs(together - alone) <= 1e-5 * np.abs(alone).max(0)).all()


def spectrum_of(waveform: np.ndarray) -> Spectrum:
    return Spectrum(torch.from_numpy(waveform).unsqueeze(0), torch.tensor([len(waveform)]), RATE, 2048, 512, RATE / 2)
