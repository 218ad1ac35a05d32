"""A song is cut so that nothing is heard twice, nothing long enough is missed, and padding is known to the frame."""

from itertools import pairwise

import librosa
import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, noise
from hypothesis import given
from hypothesis import strategies as st
from tonada.feature_extraction.segments_tonada import TAILS, Segmentation, frame_mask, sounding

PLAIN = Segmentation(length=100, stride=100, shortest=30)


@given(samples=st.integers(1, 5_000), stride=st.integers(1, 100), shortest=st.integers(1, 100))
def test_all_but_a_tail_shorter_than_the_shortest_is_heard(samples, stride, shortest):
    cut = Segmentation(100, stride, shortest)
    starts = cut.starts(samples)
    assert starts[0] == 0
    assert all(b - a == stride for a, b in pairwise(starts))
    assert starts[-1] < samples
    assert len(starts) == 1 or samples - (starts[-1] + 100) < max(shortest, 1)


@given(samples=st.integers(1, 5_000))
def test_cutting_and_joining_gives_the_song_back(samples):
    song = torch.arange(samples, dtype=torch.float32)
    starts = PLAIN.starts(samples)
    segments, sounds = PLAIN.cut(song, starts)
    joined = torch.cat([segment[:sound] for segment, sound in zip(segments, sounds, strict=True)])
    assert torch.equal(joined, song[: len(joined)])
    assert samples - len(joined) < 30


def test_a_tail_of_at_least_the_shortest_is_kept_and_a_shorter_one_is_not():
    assert PLAIN.starts(230) == [0, 100, 200]
    assert PLAIN.starts(229) == [0, 100]
    assert PLAIN.starts(5) == [0]


def test_overlapping_segments_do_not_hear_a_tail_they_have_heard():
    half = Segmentation(100, 50, 30)
    assert half.starts(200) == [0, 50, 100]
    assert half.starts(230) == [0, 50, 100, 150]


@given(samples=st.integers(1, 5_000), stride=st.integers(1, 100), tail=st.sampled_from(TAILS))
def test_no_tail_reaches_past_the_song_unless_it_is_padded(samples, stride, tail):
    starts = Segmentation(100, stride, 30, tail).starts(samples)
    assert starts == sorted(set(starts))
    assert all(start + 100 <= samples for start in starts[1:]) or tail == "padded"


def test_a_shifted_tail_ends_with_the_song_and_a_dropped_one_is_not_heard():
    assert Segmentation(100, 100, 30, "shifted").starts(230) == [0, 100, 130]
    assert Segmentation(100, 100, 30, "dropped").starts(299) == [0, 100]


@pytest.mark.parametrize("decibels", [20.0, 40.0, 60.0])
def test_sound_begins_and_ends_where_librosa_says(examples, decibels):
    songs = [soundfile.read(path, dtype="float32", always_2d=True)[0].mean(1) for path in examples]
    quiet = np.zeros(RATE, np.float32)
    for song in (*songs, np.concatenate([quiet, noise(3), quiet]), np.concatenate([noise(2), 1e-4 * noise(2)])):
        _, (first, end) = librosa.effects.trim(song, top_db=decibels)
        assert sounding(torch.from_numpy(song), decibels) == pytest.approx((first, end), abs=512)


def test_all_of_silence_is_sound():
    assert sounding(torch.zeros(5_000), 60.0) == (0, 5_000)


@given(sound=st.integers(1, 100), hop=st.integers(1, 40))
def test_a_frame_is_real_where_its_centre_lies_within_the_sound(sound, hop):
    mask = frame_mask(torch.tensor([sound]), 100, hop)[0]
    centres = torch.arange(0, 100 + 1, hop)
    assert torch.equal(mask.bool(), centres <= sound)
