"""A song is cut so that nothing is heard twice, nothing long enough is missed, and padding is known to the frame."""

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st
from tonada.feature_extraction.segments_tonada import Segmentation, frame_mask, frames_of

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


@given(sound=st.integers(1, 100), hop=st.integers(1, 40))
def test_a_frame_is_real_where_its_centre_lies_within_the_sound(sound, hop):
    mask = frame_mask([sound], 100, hop)[0]
    centres = torch.arange(frames_of(100, hop)) * hop
    assert torch.equal(mask.bool(), centres <= sound)
