"""Padding is invisible: to the answer, to batch norm's statistics and to the backward LSTM."""

import numpy as np
import pytest
import torch
from conftest import RATE, new_model, noise, songs_of_different_lengths, tone
from tonada.feature_extraction import TonadaFeatureExtractor

TOLERANCE = 1e-5  # in probability: float32 sums in another order


@pytest.fixture(scope="module")
def alone(model, extractor):
    with torch.no_grad():
        return [
            model(**extractor(song, sampling_rate=RATE, return_tensors="pt")) for song in songs_of_different_lengths()
        ]


def test_company_in_the_batch_changes_no_answer(model, extractor, alone):
    with torch.no_grad():
        together = model(**extractor(songs_of_different_lengths(), sampling_rate=RATE, return_tensors="pt"))
    expected = torch.cat([output.logits for output in alone]).exp()
    assert (expected.std(0) > 100 * TOLERANCE).all(), "the songs must differ for this to prove anything"
    torch.testing.assert_close(together.logits.exp(), expected, atol=TOLERANCE, rtol=0)


def test_the_order_of_songs_changes_no_answer(model, extractor, alone):
    order = [3, 0, 4, 2, 1]
    songs = songs_of_different_lengths()
    with torch.no_grad():
        output = model(**extractor([songs[index] for index in order], sampling_rate=RATE, return_tensors="pt"))
    expected = torch.cat([alone[index].logits for index in order]).exp()
    torch.testing.assert_close(output.logits.exp(), expected, atol=TOLERANCE, rtol=0)


def test_a_short_song_is_heard_as_if_segments_were_as_short(model, extractor):
    song = noise(4.0) + tone(330, 4.0)
    short = TonadaFeatureExtractor(segment_seconds=4.0)
    with torch.no_grad():
        padded = model(**extractor(song, sampling_rate=RATE, return_tensors="pt"))
        exact = model(**short(song, sampling_rate=RATE, return_tensors="pt"))
    torch.testing.assert_close(padded.logits.exp(), exact.logits.exp(), atol=TOLERANCE, rtol=0)
    steps = exact.kept_steps.shape[-1]
    torch.testing.assert_close(padded.kept_steps[..., :steps], exact.kept_steps, atol=TOLERANCE, rtol=0)
    assert (padded.kept_steps[..., steps:] == 0).all()


def test_sound_under_the_mask_is_never_heard(model, extractor):
    heard = extractor(noise(4.0), sampling_rate=RATE, return_tensors="pt")
    disturbed = {name: tensor.clone() for name, tensor in heard.items()}
    hidden = heard["frame_mask"][0, 0] == 0
    disturbed["spectrogram"][..., hidden] = 1000.0
    with torch.no_grad():
        assert hidden.any()
        assert torch.equal(model(**heard).logits, model(**disturbed).logits)


def test_padding_with_silence_is_heard_and_differs_from_the_mask(model, extractor):
    song = noise(4.0)
    silence = torch.nn.functional.pad(torch.from_numpy(song), (0, 6 * RATE))
    with torch.no_grad():
        masked = model(**extractor(song, sampling_rate=RATE, return_tensors="pt"))
        padded = model(**extractor(silence, sampling_rate=RATE, return_tensors="pt"))
    assert (masked.logits.exp() - padded.logits.exp()).abs().max() > 100 * TOLERANCE


def test_padding_never_reaches_the_statistics_of_batch_norm(extractor):
    song = noise(4.0) + tone(330, 4.0)
    short = TonadaFeatureExtractor(segment_seconds=4.0)
    running = []
    for hear in (extractor, short):
        model = new_model(dropout=0.0).train()
        model(**hear([song, noise(3.5, 5)], sampling_rate=RATE, return_tensors="pt"))
        norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        running.append(torch.cat([torch.cat([norm.running_mean, norm.running_var]) for norm in norms]))
    torch.testing.assert_close(*running, atol=1e-5, rtol=1e-4)


def test_a_song_in_passes_is_answered_as_at_once(extractor):
    # Notes, for the steps of steady noise are so alike that rounding decides which of them attention keeps.
    notes = np.concatenate([tone(220 * 2 ** (step / 4), 5) + noise(5, step, 0.02) for step in range(15)])
    heard = extractor(notes, sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        in_passes = new_model(segments_per_pass=3)(**heard)
        at_once = new_model(segments_per_pass=100)(**heard)
    torch.testing.assert_close(in_passes.segment_logits, at_once.segment_logits, atol=TOLERANCE, rtol=0)
    torch.testing.assert_close(in_passes.kept_steps, at_once.kept_steps, atol=TOLERANCE, rtol=0)
