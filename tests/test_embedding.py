"""Embeddings by networks that others trained: what each hears, how often, and that nothing else changes them."""

import librosa
import numpy as np
import pytest
import torch
import torchaudio
from conftest import noise, tone

from tonada.embedding import embedders
from tonada.embedding.embedders import Embedder, embed
from tonada.embedding.errors import EmbeddingError
from tonada.embedding.log_mel import OpenL3Decibels, audioset_bank, audioset_log_mel, fcn_log_mel, musicnn_log_mel
from tonada.embedding.openl3 import OpenL3
from tonada.embedding.published import EMBEDDERS

NETWORKS = ["musicnn-msd", "vgg-msd", "vggish", "yamnet", "openl3", "openl3-6144", "fcn-msd"]
OF_THE_PORT = ("vggish", "yamnet")
SAME = 1e-4  # of numbers around one


def untrained(name: str) -> Embedder:
    """An embedder with weights of chance."""
    if name in OF_THE_PORT:
        pytest.importorskip("torch_vggish_yamnet", reason="the extra `embeddings` is not installed")
    torch.manual_seed(0)
    network = EMBEDDERS[name].network()
    if isinstance(network, OpenL3):
        network.speclayer.mel_basis.copy_(torch.rand(256, 1025))
    return Embedder(name, network)


@pytest.fixture(scope="module", params=NETWORKS)
def embedder(request) -> Embedder:
    return untrained(request.param)


def song(embedder: Embedder, steps: float) -> torch.Tensor:
    """Sound of so many steps."""
    facts = embedder.published
    seconds = round(facts.stretch - 2 * facts.edge + (steps - 1) * facts.hop) / facts.sampling_rate
    return torch.from_numpy(noise(seconds, rate=facts.sampling_rate) + tone(440, seconds, facts.sampling_rate))


def test_there_is_an_embedding_for_each_step_of_a_song(embedder):
    facts, embeddings = embedder.published, embedder(song(embedder, 2.9)).embeddings
    assert embeddings.shape == (2, facts.width)
    assert embeddings.dtype == torch.float32
    assert facts.steps_per_second == facts.sampling_rate / facts.hop
    assert embeddings.isfinite().all()
    assert embeddings.std() > 0


def test_ten_seconds_through_vggish_are_what_s2_reads():
    ten_seconds = torch.from_numpy(noise(10, rate=16000))
    assert untrained("vggish")(ten_seconds).embeddings.shape == (10, 128)


@pytest.mark.parametrize(("name", "tags"), [("musicnn-msd", 50), ("vgg-msd", 50), ("fcn-msd", 50), ("yamnet", 521)])
def test_a_tagger_gives_each_tag_of_each_step_a_probability(name, tags):
    embedder = untrained(name)
    probabilities = embedder(song(embedder, 2)).probabilities
    assert probabilities.shape == (2, tags)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_tags_have_fifty_names_that_differ():
    assert all(len(set(facts.tags)) == 50 for facts in EMBEDDERS.values() if facts.tags)


def test_silence_gives_finite_embeddings(embedder):
    assert embedder(torch.zeros_like(song(embedder, 1))).embeddings.isfinite().all()


def test_what_else_is_heard_at_once_changes_nothing(embedder, monkeypatch):
    sound = song(embedder, 3)
    whole = embedder(sound).embeddings
    monkeypatch.setattr(embedders, "SECONDS_AT_ONCE", 0.001)
    torch.testing.assert_close(embedder(sound).embeddings, whole, atol=SAME, rtol=SAME)


def test_a_song_that_begins_a_step_later_says_the_same_a_step_earlier(embedder):
    sound, hop = song(embedder, 3.2), embedder.published.hop
    from_the_start, later = embedder(sound).embeddings, embedder(sound[hop:]).embeddings
    assert (len(from_the_start), len(later)) == (3, 2)
    torch.testing.assert_close(later[1:], from_the_start[2:], atol=SAME, rtol=SAME)  # the first heard the mirrored edge


def test_a_sound_shorter_than_a_stretch_is_heard_again_until_one_is_full(embedder):
    full = embedder.published.stretch - 2 * embedder.published.edge
    short = song(embedder, 1)[: full // 3]
    again = short.repeat(4)[:full]
    embeddings = embedder(short).embeddings
    assert len(embeddings) == 1
    torch.testing.assert_close(embeddings, embedder(again).embeddings)


def test_steps_can_lie_closer_together(embedder):
    sound, facts = song(embedder, 2), embedder.published
    twice = embedder(sound, hop_seconds=facts.hop / facts.sampling_rate / 2).embeddings
    usual = embedder(sound).embeddings
    assert (len(usual), len(twice)) == (2, 3)
    torch.testing.assert_close(twice[::2], usual, atol=SAME, rtol=SAME)


@pytest.mark.parametrize("hop", [0, -1.0, float("nan"), float("inf")])
def test_steps_that_do_not_advance_are_refused(hop):
    with pytest.raises(EmbeddingError, match="at least a sample apart"):
        untrained("musicnn-msd")(torch.zeros(16000), hop_seconds=hop)


def test_embeddings_can_be_learned_from_and_the_embedder_learns_nothing(embedder):
    embeddings = embedder(song(embedder, 1)).embeddings
    layer = torch.nn.Linear(embeddings.shape[1], 2)
    layer(embeddings).sum().backward()
    assert layer.weight.grad is not None
    assert not any(parameter.requires_grad for parameter in embedder.parameters())


@pytest.mark.parametrize("name", EMBEDDERS)
def test_sound_at_another_rate_is_refused_with_both_rates(name):
    with pytest.raises(EmbeddingError, match=f"at {EMBEDDERS[name].sampling_rate} Hz, not at 22050"):
        embed(noise(1), 22050, name, weights="nowhere")


@pytest.mark.parametrize("wrong", [np.zeros((2, 100)), np.zeros(0), np.array([0.1, np.nan])], ids=str)
def test_what_is_not_one_finite_channel_is_refused(wrong, monkeypatch):
    monkeypatch.setattr(embedders, "load_embedder", lambda *_: None)
    with pytest.raises(EmbeddingError, match="one channel"):
        embed(wrong, 16000, "musicnn-msd")


def test_an_unknown_embedder_is_refused_with_the_known_ones():
    with pytest.raises(EmbeddingError, match="musicnn-msd, musicnn-mtt, vgg-msd"):
        embed(noise(1), 16000, "clap")


def test_musicnn_hears_librosas_mel_power():
    sound = noise(1, rate=16000)
    power = librosa.feature.melspectrogram(y=sound, sr=16000, n_fft=512, hop_length=256, n_mels=96, center=False)
    ours = musicnn_log_mel()(torch.from_numpy(sound)[None])[0]
    np.testing.assert_allclose(ours, np.log10(10_000 * power.T + 1), atol=1e-4)


def test_the_fcn_hears_torchaudios_decibels():
    sound = torch.from_numpy(noise(1, rate=16000))[None]
    mel = torchaudio.transforms.MelSpectrogram(16000, n_fft=512, hop_length=256, n_mels=96, center=False)
    theirs = torchaudio.transforms.AmplitudeToDB()(mel(sound)).transpose(1, 2)
    torch.testing.assert_close(fcn_log_mel()(sound), theirs, atol=1e-3, rtol=1e-4)


def test_audiosets_bands_share_each_bin_between_their_middles():
    bank = audioset_bank()
    middles = bank.argmax(0)
    assert (middles.diff() >= 0).all()
    between = bank[int(middles[0]) + 1 : int(middles[-1])]
    torch.testing.assert_close(between.sum(1), torch.ones(len(between)))
    hertz = torch.linspace(0, 8000, 257)
    assert bank[(hertz <= 125) | (hertz >= 7500)].max() < 1e-6


@pytest.mark.parametrize(("hertz", "band"), [(250, 3), (1000, 20), (4000, 49)])
def test_a_sine_is_loudest_in_its_band_of_audiosets(hertz, band):
    # 2595 log10(1 + hertz / 700) mel: 185 to 2,742 from 125 to 7,500 Hz in 65 steps; band 0 has its middle behind one
    heard = audioset_log_mel(0.01)(torch.from_numpy(tone(hertz, 1, 16000))[None])[0]
    assert heard.shape == (98, 64)
    assert abs(int(heard.mean(0).argmax()) - band) <= 1


def test_silence_is_the_offset_that_vggish_and_yamnet_add():
    silence = torch.zeros(1, 15600)
    assert audioset_log_mel(0.01)(silence).unique().item() == pytest.approx(np.log(0.01))
    assert audioset_log_mel(0.001)(silence).unique().item() == pytest.approx(np.log(0.001))


def test_openl3_hears_decibels_below_the_loudest_and_so_the_same_song_at_any_level():
    front = OpenL3Decibels()
    front.mel_basis[:, :256] = torch.eye(256)
    heard = front(torch.from_numpy(np.stack([tone(1000, 1, 48000), tone(1000, 1, 48000) / 8])))
    assert heard.shape == (2, 256, 199)
    assert heard.amax() == 0
    assert heard.amin() == -80
    torch.testing.assert_close(heard[0], heard[1], atol=1e-2, rtol=0)


@pytest.mark.parametrize(("width", "pool"), [(512, (32, 24)), (6144, (8, 8))])
def test_openl3_is_the_ports_network(width, pool):
    models = pytest.importorskip("torchopenl3.models", reason="torchopenl3 is not installed")
    port, ours = models.PytorchOpenl3("music", "mel256", width).eval(), OpenL3(pool).eval()
    state = port.state_dict()
    ours.load_state_dict({name: state[name] for name in ours.state_dict()})
    sound = torch.from_numpy(np.stack([noise(1, seed, rate=48000) for seed in (0, 1)]))
    with torch.no_grad():
        torch.testing.assert_close(ours(sound), port(sound.unsqueeze(1)), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("pool", "expected"), [((32, 24), (52.435, 39.030)), ((8, 8), (21.758, 49.916))])
def test_openl3_says_what_it_said_when_it_was_the_ports_network(pool, expected):
    random, network = np.random.default_rng(0), OpenL3(pool).eval()
    for tensor in network.state_dict().values():
        spread = random.normal(0, 0.05, tensor.shape) if tensor.ndim == 4 else random.uniform(0.5, 1.5, tensor.shape)
        tensor.copy_(torch.from_numpy(np.asarray(spread)))
    with torch.no_grad():
        embedding = network(torch.from_numpy(noise(1, rate=48000))[None])
    assert (embedding.mean().item(), embedding.std().item()) == pytest.approx(expected, rel=1e-3)
