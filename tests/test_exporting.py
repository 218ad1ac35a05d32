"""An exported front end hears what the extractor hears, and what no graph can hold is refused in one line."""

import numpy as np
import pytest
import torch
from conftest import RATE, clicks, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.feature_extraction.spectrum_tonada import Spectrum

from tonada.exporting.descriptors import STATISTICS, TRACED, compute
from tonada.exporting.errors import ExportError
from tonada.exporting.front_end import Sounding, TracedSpectrum, check_front_end

SECONDS = 3.0
PART = round(1.7 * RATE)  # of it sounds


def in_silence(waveform: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(30_000, np.float32), waveform, np.full(20_001, 1e-6, np.float32)])


SONGS = {
    "noise in silence": in_silence(noise(7.3)),
    "tone with an offset": tone(440, 6) + np.float32(0.1),
    "shorter than a segment": noise(1.2, 1),
    "shorter than a block": noise(0.01, 2),
    "silence": np.zeros(70_000, np.float32),
    "as long as two segments": noise(2 * SECONDS, 3),
    "clicks": clicks(100, 11),
}
CUTS = [
    {},
    {"tail": "shifted", "segment_overlap": 0.5},
    {"tail": "dropped", "silence": None},
    {"level": None, "shortest_seconds": 0.001},
]


@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("song", SONGS)
def test_a_song_is_trimmed_levelled_and_cut_as_the_extractor_does(song, cut):
    settings = {"segment_seconds": SECONDS, "shortest_seconds": 1.0, **cut}
    extractor, waveform = TonadaFeatureExtractor(**settings), torch.from_numpy(SONGS[song])
    first, end, latest, count, offset, gain = Sounding(extractor)(waveform)
    starts = [int(first + min(index * Sounding(extractor).cut.stride, latest)) for index in range(int(count))]
    times = [(start / RATE, min(start + round(SECONDS * RATE), int(end)) / RATE) for start in starts]
    assert times == extractor.segment_times(SONGS[song])
    expected, offsets = extractor._level(waveform[first:end], waveform[None, first:end])
    assert float(gain) == pytest.approx(expected, rel=1e-6)
    assert float(offset) == pytest.approx(offsets[0], abs=1e-7)


@pytest.fixture(scope="module")
def spectra() -> list[Spectrum]:
    """Both spectra of the same three segments, one of which sounds only at its start."""
    segments = [
        noise(SECONDS, 4),
        tone(220, SECONDS) + noise(SECONDS, 5, 0.001),
        tone(3000, SECONDS) + noise(SECONDS, 6, 0.001),
    ]
    segments[2][PART:] = 0
    waveform, sounds = torch.from_numpy(np.stack(segments)), torch.tensor([len(segments[0])] * 2 + [PART])
    return [of(waveform, sounds, RATE, 2048, 512, 9000.0) for of in (Spectrum, TracedSpectrum)]


@pytest.mark.parametrize("descriptor", TRACED)
def test_each_descriptor_of_a_graph_is_the_extractors(spectra, descriptor):
    ours, traced = spectra
    blocks = [{"descriptor": descriptor, "statistics": STATISTICS, "name": "it"}]
    if descriptor == "mfcc":
        blocks[0]["count"] = 20
    chosen = TonadaFeatureExtractor(descriptor_set=blocks).descriptors
    torch.testing.assert_close(compute(chosen, traced), chosen.compute(ours), rtol=1e-3, atol=1e-5)


def test_the_spectrogram_of_a_graph_is_the_extractors(spectra):
    ours, traced = spectra
    torch.testing.assert_close(traced.mel_decibels(80), ours.mel_decibels(80), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"descriptor_set": "fma518"}, "chroma_cens"),
        ({"descriptor_set": "bag32"}, "tuned chroma"),
        ({"descriptor_set": [{"descriptor": "mfcc", "statistics": ["median"]}]}, "median"),
        ({"branches": ["waveform"]}, "waveform"),
        ({"branches": ["descriptors"], "segment_seconds": None}, "one segment"),
        ({"stems": ["mix", "voice"], "separation": "repet-sim"}, "stems"),
        ({"branches": ["spectrogram"], "image_size": 64}, "pictures"),
    ],
    ids=str,
)
def test_what_no_graph_can_hold_is_refused_by_name(settings, says):
    with pytest.raises(ExportError, match=says) as refusal:
        check_front_end(TonadaFeatureExtractor(**settings))
    assert len(str(refusal.value).splitlines()) == 1
