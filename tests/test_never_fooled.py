"""What the ear hears alike is answered alike, what it cannot judge has a status, and nothing else moves a feature."""

import subprocess
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
import soxr
import torch
from conftest import RATE, noise, songs_of_different_lengths, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from transformers import BatchFeature

from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError
from tonada.listening.listener import Listener

FEATURE_TOLERANCE = 1e-5  # of the scale: the greatest magnitude of that feature
Song = tuple[np.ndarray, int]


def eight_channels(samples: np.ndarray, dead: int) -> np.ndarray:
    """The mean of a recording's channels in eight, one of them silent."""
    channels = np.repeat(samples.mean(1, keepdims=True), 8, axis=1)
    channels[:, dead] = 0
    return channels


# What is done to a recording `(samples, channels)` at a rate, the subtype of the wav it is written to, and how far a
# probability may move: an ear hears no offset, level, dead channel or bits, and hardly what a limiter does.
ALIKE: dict[str, tuple[Callable[[np.ndarray, int], Song], str, float]] = {
    "24 bits": (lambda samples, rate: (samples, rate), "PCM_24", 1e-3),
    "16 bits": (lambda samples, rate: (samples, rate), "PCM_16", 5e-3),
    "40 dB quieter": (lambda samples, rate: (0.01 * samples, rate), "FLOAT", 1e-3),
    "an offset of 0.3": (lambda samples, rate: (0.5 * samples + 0.3, rate), "FLOAT", 2e-2),
    "clipped by 6 dB": (lambda samples, rate: (np.clip(2 * samples, -1, 1), rate), "FLOAT", 5e-2),
    "eight channels, the first dead": (lambda samples, rate: (eight_channels(samples, 0), rate), "FLOAT", 1e-3),
    "eight channels, the last dead": (lambda samples, rate: (eight_channels(samples, 7), rate), "FLOAT", 1e-3),
    "192 kHz": (lambda samples, rate: (soxr.resample(samples, rate, 192_000, "VHQ"), 192_000), "FLOAT", 5e-3),
}
FORMATS = {
    "wav": ["-c:a", "pcm_s16le"],
    "flac": [],
    "ogg": ["-q:a", "6"],
    "opus": ["-b:a", "128k"],
    "mp3": ["-b:a", "192k"],
    "m4a": ["-b:a", "192k"],
}


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener.bundled("emotion")


@pytest.fixture(scope="module")
def plain(listener, examples, tmp_path_factory):
    """Each example as a float wav, and what is said of that."""
    folder = tmp_path_factory.mktemp("plain")
    found = {}
    for example in examples:
        samples, rate = soundfile.read(example, always_2d=True)
        path = folder / f"{example.stem}.wav"
        soundfile.write(path, samples, rate, subtype="FLOAT")
        found[path] = listener.listen(path)
    return found


@pytest.mark.parametrize("what", ALIKE)
def test_what_the_ear_hears_alike_gets_the_same_label(listener, plain, tmp_path, what):
    change, subtype, tolerance = ALIKE[what]
    for path, expected in plain.items():
        samples, rate = soundfile.read(path, always_2d=True)
        soundfile.write(tmp_path / "song.wav", *change(samples, rate), subtype=subtype)
        answer = listener.listen(tmp_path / "song.wav")
        assert answer.label == expected.label, path.stem
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=tolerance), path.stem


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_song_gets_the_same_label_in_every_format(listener, plain, tmp_path, suffix):
    for path, expected in plain.items():
        other = tmp_path / f"{path.stem}.{suffix}"
        subprocess.run(["ffmpeg", "-v", "error", "-i", path, *FORMATS[suffix], other], check=True)
        answer = listener.listen(other)
        assert answer.label == expected.label, path.stem
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=0.1), path.stem


def test_eight_kilohertz_and_hard_clipping_give_an_answer_of_finite_numbers(listener, plain, tmp_path):
    for path in plain:
        samples, rate = soundfile.read(path, always_2d=True)
        soundfile.write(tmp_path / "low.wav", soxr.resample(samples, rate, 8000), 8000)
        soundfile.write(tmp_path / "hard.wav", np.sign(samples), rate)
        for name in ("low.wav", "hard.wav"):
            answer = listener.listen(tmp_path / name)
            assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.filterwarnings("error::RuntimeWarning")  # numpy's would be a second line on the screen
@pytest.mark.parametrize(
    ("samples", "status"),
    [
        pytest.param(np.full(5 * RATE, 0.3), "silent", id="an offset and nothing else"),
        pytest.param(np.stack([tone(440, 5), -tone(440, 5)], axis=1), "silent", id="channels that cancel"),
        pytest.param(np.array([0.5]), "too_short", id="one sample"),
        pytest.param(np.stack([noise(5), np.full(5 * RATE, np.inf)], axis=1), "not_finite", id="infinity in a channel"),
        pytest.param(np.full(5 * RATE, np.nan), "not_finite", id="nothing but NaN"),
        pytest.param(
            np.stack([np.full(5 * RATE, np.inf), np.full(5 * RATE, -np.inf)], axis=1), "not_finite", id="infinities"
        ),
    ],
)
def test_what_cannot_be_judged_has_a_status(tmp_path, samples, status):
    soundfile.write(tmp_path / "song.wav", samples, RATE, subtype="FLOAT")
    with pytest.raises(AudioError) as caught:
        decode(tmp_path / "song.wav", RATE)
    assert caught.value.status == status


@pytest.fixture(scope="module")
def music(examples):
    """Waveforms of different lengths, real and made."""
    return [*(decode(path, RATE) for path in examples[:2]), *songs_of_different_lengths()]


def scales(features: BatchFeature) -> dict[str, torch.Tensor]:
    """The greatest magnitude of each column and mel band in any song."""
    return {
        "descriptors": features["descriptors"].abs().amax((0, 1)),
        "spectrogram": features["spectrogram"].abs().amax((0, 1, 2, 4))[:, None],
    }


def assert_same(one: BatchFeature, other: dict[str, torch.Tensor], scale: dict[str, torch.Tensor]) -> None:
    for name in scale:
        difference = (one[name] - other[name]).abs() / scale[name]
        assert difference.max() <= FEATURE_TOLERANCE, name


def test_batch_and_order_change_no_feature(extractor, music):
    together = extractor(music, sampling_rate=RATE, return_tensors="pt")
    backwards = extractor(music[::-1], sampling_rate=RATE, return_tensors="pt")
    scale = scales(together)
    for index, song in enumerate(music):
        alone = extractor(song, sampling_rate=RATE, return_tensors="pt")
        segments = alone["segment_mask"].shape[1]
        for batch, place in ((together, index), (backwards, -1 - index)):
            assert_same(alone, {name: batch[name][place, :segments] for name in scale}, scale)


@pytest.mark.parametrize("level", [None, -20.0])
@pytest.mark.parametrize("threads", [2, 4])
def test_threads_change_no_feature(music, threads, level):
    extractor = TonadaFeatureExtractor(level=level)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = extractor(music, sampling_rate=RATE, return_tensors="pt")
        torch.set_num_threads(threads)
        several = extractor(music, sampling_rate=RATE, return_tensors="pt")
    finally:
        torch.set_num_threads(before)
    assert_same(one, several, scales(one))
