"""Mixes: none is heard twice, and of each the teacher hears what the student hears."""

import math

import pytest
import torch
from conftest import RATE, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.learning.chance import chance_of
from tonada.learning.mixes import LEVEL, SPEED, TONES, Mixes, Pieces, levelled
from tonada.learning.objective import NO_LABEL

SAMPLES = 2 * RATE


def pieces(*sounds):
    ear = TonadaFeatureExtractor(sampling_rate=RATE, max_frequency=None, branches=["waveform"], segment_seconds=30.0)
    heard = [ear(sound, sampling_rate=RATE, return_tensors="pt") for sound in sounds]
    return Pieces([SongOf({name: tensor[0] for name, tensor in each.items()}) for each in heard], RATE, SAMPLES)


class SongOf(dict):
    def of_segments(self, chosen):
        return {name: tensor[chosen] for name, tensor in self.items()}


def mixed(songs, seed):
    with chance_of(seed):
        return songs.mix()


def level(sound):
    return 20 * math.log10(sound.square().mean().sqrt())


@pytest.mark.parametrize("seed", range(5))
def test_a_mix_is_as_long_as_asked_at_one_level_and_follows_from_the_seed(seed):
    songs = pieces(noise(20, 1, 0.01), tone(440, 20))
    mix = mixed(songs, seed)
    assert mix.shape == (SAMPLES,)
    assert level(mix) == pytest.approx(LEVEL, abs=0.01)
    assert torch.equal(mix, mixed(songs, seed))
    assert not torch.equal(mix, mixed(songs, seed + 1))


@pytest.mark.parametrize("seed", range(8))
def test_a_song_is_played_no_faster_or_slower_than_it_may_be(seed):
    spectrum = torch.fft.rfft(mixed(pieces(tone(440, 20)), seed)).abs()
    strongest = float(spectrum.argmax()) * RATE / SAMPLES
    assert 440 / math.e**SPEED - 1 <= strongest <= 440 * math.e**SPEED + 1


def test_mixes_differ_in_speed_and_some_hold_two_songs():
    songs = pieces(tone(300, 20), tone(3000, 20))
    spectra = [torch.fft.rfft(mixed(songs, seed)).abs() for seed in range(40)]
    middle = SAMPLES * 1000 // RATE
    low, high = (
        torch.tensor([float(part.max()) for part in parts])
        for parts in zip(*((spectrum[:middle], spectrum[middle:]) for spectrum in spectra), strict=True)
    )
    both = torch.minimum(low, high) > 0.1 * torch.maximum(low, high)
    assert 0.1 < both.float().mean() < 0.6  # six in ten hold a second one, which half of the time is the same
    assert len({int(spectrum.argmax()) for spectrum in spectra}) > 20


def test_songs_that_are_too_short_and_pauses_are_not_drawn():
    pause = torch.cat([torch.from_numpy(tone(440, 20)), torch.zeros(25 * RATE), torch.from_numpy(tone(440, 3))])
    songs = pieces(noise(2, 1), pause.numpy())
    assert {song for song, *_ in songs.places} == {1}
    for seed in range(20):
        assert level(mixed(songs, seed)) == pytest.approx(LEVEL, abs=0.01)


def test_an_equaliser_whose_knobs_stand_alike_changes_no_colour():
    tones = pieces(noise(20, 1)).tones
    torch.testing.assert_close(tones.sum(0), torch.ones(tones.shape[1]), atol=0.05, rtol=0)
    assert tones.shape[0] == len(TONES)


def test_what_is_next_to_silence_is_not_made_loud():
    assert levelled(torch.full((100,), 1e-9)).abs().max() < 1e-6


def test_the_teacher_hears_what_the_student_hears():
    extractor = TonadaFeatureExtractor(sampling_rate=RATE, branches=["spectrogram"], segment_seconds=2.0)
    told = []
    mixes = Mixes(pieces(noise(20, 1), tone(440, 20)), extractor, lambda mix: told.append(mix) or mix[:3], 4, seed=0)
    items = [mixes[number] for number in range(4)]
    assert len(mixes) == 4
    for item, mix in zip(items, told, strict=True):
        assert torch.equal(item["teachers"], mix[:3])
        assert torch.equal(item["spectrogram"], mixes.heard(mix)["spectrogram"])
        assert item["spectrogram"].shape[0] == 1
        assert item["labels"] == NO_LABEL


def test_no_epoch_hears_a_mix_of_another():
    extractor = TonadaFeatureExtractor(sampling_rate=RATE, branches=["spectrogram"], segment_seconds=2.0)
    mixes = Mixes(pieces(noise(20, 1)), extractor, lambda mix: mix[:3], 2, seed=0)
    first = mixes[0]["teachers"]
    assert torch.equal(first, mixes[0]["teachers"])
    mixes.epoch = 1
    assert not torch.equal(first, mixes[0]["teachers"])
