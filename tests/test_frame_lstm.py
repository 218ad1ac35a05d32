"""The LSTM over sequences of descriptors hears the order of time, and a song alone as in company."""

import numpy as np
import torch

from tonada.learning.frame_lstm import FrameLSTM, answers_of, fit_lstm


def songs_that_rise_or_fall(count: int, seed: int) -> tuple[list[torch.Tensor], np.ndarray]:
    """Songs of eight to fifteen steps whose two columns rise or fall, over the same values."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    songs = []
    for label in labels:
        steps = np.linspace(-1, 1, generator.integers(8, 16))[:: 1 if label else -1, None]
        songs.append(torch.tensor(steps + generator.normal(scale=0.1, size=(len(steps), 2)), dtype=torch.float32))
    return songs, labels


def test_it_learns_what_only_the_order_of_steps_tells():
    songs, labels = songs_that_rise_or_fall(64, 0)
    asked, truth = songs_that_rise_or_fall(30, 1)
    assert (answers_of(fit_lstm(songs, labels, 2, 0), asked).argmax(1) == truth).mean() > 0.9


def test_a_song_is_answered_alike_alone_and_beside_longer_ones():
    torch.manual_seed(0)
    model = FrameLSTM(2, 3).eval()
    songs = [torch.randn(steps, 2) for steps in (5, 40, 1)]
    alone = np.concatenate([answers_of(model, [song]) for song in songs])
    assert np.allclose(answers_of(model, songs), alone, atol=1e-6)
    assert np.allclose(alone.sum(1), 1)
