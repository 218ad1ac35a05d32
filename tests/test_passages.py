"""The seconds that decided are found, cut out and told in words."""

import numpy as np
from conftest import RATE, noise

from tonada.explaining.instants import Instant
from tonada.explaining.passages import contribution_until, deciding_passages, excerpt
from tonada.explaining.words import height, in_words


def instants_of(*contributions: float) -> list[Instant]:
    """One a second."""
    return [Instant(0, second, second + 1, value) for second, value in enumerate(contributions)]


def test_passages_are_the_strongest_that_stand_apart_in_the_order_of_the_song():
    passages = deciding_passages(instants_of(0, 2, 2, 2, 0, 0, 0, 3, 3, 3, -1, -1, -1), 13)
    assert [(each.start, each.end, each.contribution) for each in passages] == [(1, 4, 6), (7, 10, 9)]


def test_there_is_a_passage_even_where_everything_spoke_against():
    passages = deciding_passages(instants_of(-2, -2, -2, -1, -1, -1), 6)
    assert [(each.start, each.end) for each in passages] == [(3, 6)]


def test_a_song_shorter_than_a_passage_is_one():
    (passage,) = deciding_passages(instants_of(1, 1), 2)
    assert (passage.start, passage.end) == (0, 2)


def test_what_was_spoken_by_a_time_is_a_share_of_the_instant_then():
    assert contribution_until(instants_of(2, -1), np.array([0, 0.5, 1, 1.5, 2])).tolist() == [0, 1, 2, 1.5, 1]


def test_the_excerpt_is_the_seconds_of_the_song():
    waveform = noise(20)
    passages = deciding_passages(instants_of(*[0] * 5, 1, 1, 1, *[0] * 6, 2, 2, 2, *[0] * 3), 20)
    heard = excerpt(waveform, RATE, passages)
    assert len(heard) == round((passages[-1].at + 3) * RATE)
    for passage in passages:
        inside = slice(round(0.01 * RATE), round(2.99 * RATE))
        song = waveform[round(passage.start * RATE) :][inside]
        assert np.array_equal(heard[round(passage.at * RATE) :][inside], song)
    between = heard[round(3 * RATE) : round(passages[1].at * RATE)]
    assert len(passages) == 2
    assert (between == 0).all()


def test_descriptors_are_told_in_words():
    assert in_words("spectral_centroid_variance") == "brightness, how much it changes"
    assert in_words("chroma_f_sharp_mean") == "presence of the note F♯, on average"
    assert in_words("mfcc_3_maximum") == "lows and highs over the middle (MFCC), at its most"
    assert in_words("mfcc_std_07") == "fine colour of the timbre 7 (MFCC), how much it changes"
    assert in_words("chroma_cens_median_02") == "presence of the note C♯, in the middle"
    assert in_words("_MFCC_Mean_1") == in_words("mfcc_2_mean"), "MIRtoolbox counts from the second"
    assert in_words("_HarmonicChangeDetectionFunction_Std") == "change of harmony, how much it changes"
    assert in_words("something_else") == "something else"
    assert [height(value) for value in (-2.0, 0.1, 0.7)] == ["low", "ordinary", "high"]
