"""Disguises do what they say and no more: a shift turns, a gain lifts, a blank is the mean, a mixture lies between."""

import pytest
import torch

from tonada.learning.augmentation import Augmentation, mixed
from tonada.learning.recipe_parts import Training

OFF = {"masked_mels": 0, "masked_frames": 0, "noise": 0.0}
MELS, FRAMES, COLUMNS = 8, 30, 5


@pytest.fixture
def song() -> dict[str, torch.Tensor]:
    """Two segments, the second real up to its twentieth frame."""
    torch.manual_seed(0)
    mask = torch.ones(2, FRAMES, dtype=torch.long)
    mask[1, 20:] = 0
    return {
        "spectrogram": torch.randn(2, 1, MELS, FRAMES) * mask[:, None, None],
        "frame_mask": mask,
        "descriptors": torch.randn(2, COLUMNS),
        "segment_mask": torch.ones(2, dtype=torch.long),
    }


SCALES = {"spectrogram_mean": torch.full((1, MELS, 1), 7.0), "descriptors_scale": torch.arange(1.0, COLUMNS + 1)}


def augmentation(**settings) -> Augmentation:
    return Augmentation(Training(**{**OFF, **settings}), SCALES)


def test_nothing_asked_for_is_nothing_done(song):
    quiet = augmentation()
    for disguised in (quiet.before_mixing(song), quiet.after_mixing(song)):
        assert disguised.keys() == song.keys()
        for name in song:
            torch.testing.assert_close(disguised[name], song[name])


def test_gain_lifts_all_bands_and_segments_of_a_song_alike(song):
    lifts = []
    for _ in range(50):
        difference = augmentation(gain=6.0).before_mixing(song)["spectrogram"] - song["spectrogram"]
        assert difference.std() < 1e-5
        lifts.append(float(difference.mean()))
    assert -6 <= min(lifts) < -2
    assert 2 < max(lifts) <= 6


def test_a_shift_turns_what_is_real_and_leaves_padding_behind_it(song):
    shifted = augmentation(shifted_frames=FRAMES).before_mixing(song)["spectrogram"]
    assert not torch.equal(shifted, song["spectrogram"])
    assert (shifted[1, ..., 20:] == 0).all()
    torch.testing.assert_close(shifted[1].sort(-1).values, song["spectrogram"][1].sort(-1).values)


def test_what_is_blanked_is_the_bands_mean(song):
    blanked = augmentation(masked_mels=4, masked_frames=10)
    spectrograms = [blanked.after_mixing(song)["spectrogram"] for _ in range(20)]
    changed = torch.stack([each != song["spectrogram"] for each in spectrograms])
    assert changed.any()
    assert torch.stack(spectrograms)[changed].sub(7).abs().max() < 1e-4 or changed.float().mean() > 0.5


def test_noise_is_in_standard_deviations_of_each_descriptor(song):
    noisy = augmentation(noise=0.5)
    noise = torch.stack([noisy.after_mixing(song)["descriptors"] - song["descriptors"] for _ in range(3000)])
    torch.testing.assert_close(noise.std((0, 1)), 0.5 * SCALES["descriptors_scale"], rtol=0.1, atol=0)


def test_a_mixture_lies_between_its_songs_and_only_where_both_are_real(song):
    other = {name: tensor[:1].flip(-1) if name == "spectrogram" else tensor[:1] for name, tensor in song.items()}
    between = mixed(song, other, 0.75)
    assert len(between["segment_mask"]) == 1
    torch.testing.assert_close(between["spectrogram"], 0.75 * song["spectrogram"][:1] + 0.25 * other["spectrogram"])
    both = mixed({name: tensor[1:] for name, tensor in song.items()}, other, 0.5)
    assert both["frame_mask"].sum() == 20
