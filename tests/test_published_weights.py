"""Published weights are found where they are, read without running anything, and never downloaded by surprise."""

import json
import os
import random
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from commands import printed_by
from conftest import ROOT, noise, tone
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from tiny_bundles import bundle, musicnn_tensors, vgg_tensors

from tonada.embedding import weights
from tonada.embedding.embedders import embed, load_embedder, save_weights, tag
from tonada.embedding.errors import EmbeddingError
from tonada.embedding.fcn import Fcn
from tonada.embedding.log_mel import audioset_log_mel
from tonada.embedding.weights import read_musicnn, read_tensors
from tonada.listening.decoding import decode

REAL = os.environ.get("TONADA_WEIGHTS")
WHEEL = "musicnn-0.1.0-py3-none-any.whl"
SOUND = tone(440, 3.5, 16000) + noise(3.5, rate=16000)


def write_wheel(path: Path, **checkpoints: tuple[bytes, bytes]) -> Path:
    """A wheel laid out as musicnn's."""
    with zipfile.ZipFile(path, "w") as wheel:
        for name, (index, data) in checkpoints.items():
            wheel.writestr(f"musicnn/{name}/.index", index)
            wheel.writestr(f"musicnn/{name}/.data-00000-of-00001", data)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that holds musicnn's wheel, its numbers of chance."""
    folder = tmp_path_factory.mktemp("weights")
    write_wheel(folder / WHEEL, MSD_musicnn=bundle(musicnn_tensors()), MTT_vgg=bundle(vgg_tensors()))
    return folder


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch):
    monkeypatch.delenv("TONADA_WEIGHTS", raising=False)


@pytest.mark.parametrize("name", ["musicnn-msd", "vgg-mtt"])
def test_a_checkpoint_is_read_from_the_wheel_its_folder_the_environment_and_what_was_unpacked(
    folder, tmp_path, monkeypatch, name
):
    from_wheel = embed(SOUND, 16000, name, folder / WHEEL)
    assert from_wheel.shape == (1, {"musicnn-msd": 200, "vgg-mtt": 256}[name])
    with zipfile.ZipFile(folder / WHEEL) as wheel:
        wheel.extractall(tmp_path)
    for place in (folder, str(folder), tmp_path, tmp_path / "musicnn"):
        assert (embed(SOUND, 16000, name, place) == from_wheel).all()
    monkeypatch.setenv("TONADA_WEIGHTS", str(folder))
    assert (embed(SOUND, 16000, name) == from_wheel).all()


FROZEN = {"musicnn-msd": (2.7991, 4.2531), "vgg-mtt": (0.6759, 0.7873)}


@pytest.mark.parametrize("name", FROZEN)
def test_the_networks_say_what_they_said_when_they_matched_the_published_tags(folder, name):
    embedding = embed(SOUND, 16000, name, folder)
    assert (embedding.mean().item(), embedding.std().item()) == pytest.approx(FROZEN[name], abs=2e-4)


def test_without_weights_one_line_says_which_download_gets_them():
    with pytest.raises(EmbeddingError, match=r"pip download --no-deps musicnn==0\.1\.0") as error:
        embed(SOUND, 16000, "musicnn-msd")
    assert "TONADA_WEIGHTS" in str(error.value)


@pytest.mark.parametrize("name", ["vggish", "yamnet", "openl3", "fcn-msd"])
def test_without_weights_one_line_says_which_file_is_missing(tmp_path, name):
    rate = 48000 if name == "openl3" else 16000
    with pytest.raises(EmbeddingError, match=r"holds none of .*(\.pth|\.safetensors); get|convert") as error:
        embed(SOUND, rate, name, tmp_path)
    assert "\n" not in str(error.value)


def test_a_place_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EmbeddingError, match=r"there is no .*nowhere"):
        embed(SOUND, 16000, "musicnn-msd", tmp_path / "nowhere")


def test_a_folder_of_the_environment_that_is_not_there_is_not_asked_for_on_the_hub(monkeypatch):
    monkeypatch.setenv("TONADA_WEIGHTS", "models/taggers")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *_: pytest.fail("asked the Hub"))
    with pytest.raises(EmbeddingError, match="there is no models/taggers"):
        embed(SOUND, 16000, "musicnn-msd")


def test_weights_below_the_normal_range_are_zero_and_the_embedding_is_the_same(tmp_path):
    """A processor takes many times as long for a number below 1e-38, which changes nothing beside any other."""
    torch.manual_seed(0)
    network = Fcn()
    with torch.no_grad():
        network.layer2.conv.weight[::2] = 1e-40
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    save_file(state, tmp_path / "fcn_msd.safetensors")
    filled = load_embedder("fcn-msd", tmp_path).network
    assert not filled.layer2.conv.weight[::2].any()
    assert torch.equal(filled.layer2.conv.weight[1::2], network.layer2.conv.weight[1::2])
    decibels = torch.randn(1, 1819, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(filled(decibels), network.eval()(decibels), rtol=0, atol=0)


def test_what_was_saved_is_the_same_embedder_with_its_tags(folder, tmp_path):
    save_weights(load_embedder("musicnn-msd", folder), tmp_path / "saved")
    assert sorted(path.name for path in (tmp_path / "saved").iterdir()) == ["embedder.json", "model.safetensors"]
    for place in (tmp_path / "saved", tmp_path / "saved" / "model.safetensors"):
        assert (embed(SOUND, 16000, "musicnn-msd", place) == embed(SOUND, 16000, "musicnn-msd", folder)).all()
        assert tag(SOUND, 16000, "musicnn-msd", place) == tag(SOUND, 16000, "musicnn-msd", folder)
    notes = json.loads((tmp_path / "saved" / "embedder.json").read_text())
    assert (notes["sampling_rate"], notes["width"], len(notes["tags"])) == (16000, 200, 50)


def test_weights_saved_of_another_embedder_are_refused_with_both_names(folder, tmp_path):
    save_weights(load_embedder("musicnn-msd", folder), tmp_path)
    with pytest.raises(EmbeddingError, match="weights of musicnn-msd, not of musicnn-mtt"):
        load_embedder("musicnn-mtt", tmp_path)


def test_a_hub_id_gets_the_two_saved_files_and_nothing_else(folder, tmp_path, monkeypatch):
    save_weights(load_embedder("musicnn-msd", folder), tmp_path)
    asked = []

    def download(repository: str, file: str) -> str:
        asked.append((repository, file))
        return str(tmp_path / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert embed(SOUND, 16000, "musicnn-msd", "someone/musicnn-msd").shape == (1, 200)
    assert asked == [("someone/musicnn-msd", "embedder.json"), ("someone/musicnn-msd", "model.safetensors")]


def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch):
    def refuse(repository: str, file: str) -> str:
        raise FileNotFoundError("no such repository\nand a page of advice")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", refuse)
    with pytest.raises(
        EmbeddingError, match=r"cannot be had from the Hub's some/where \(no such repository\)"
    ) as error:
        embed(SOUND, 16000, "musicnn-msd", "some/where")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["fcn_msd.pth", "fcn_msd.pth.tar", "fcn_msd.safetensors"])
def test_a_pickle_is_refused_by_any_name_and_runs_nothing(tmp_path, name):
    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "harm"),)

    torch.save({"dense.weight": Harm()}, tmp_path / name)
    with pytest.raises(EmbeddingError, match=r"pickle, which Tonada never opens|cannot be read"):
        embed(SOUND, 16000, "fcn-msd", tmp_path / name)
    assert not (tmp_path / "harm").exists()


def test_the_conversion_of_the_page_makes_a_file_that_is_read(tmp_path):
    [conversion] = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "embeddings.md").read_text(), flags=re.DOTALL)
    network = Fcn()
    torch.save(network.state_dict(), tmp_path / "vggish_orig.pth")
    subprocess.run(conversion.replace("python", sys.executable, 1), shell=True, cwd=tmp_path, check=True)
    assert embed(SOUND, 16000, "fcn-msd", tmp_path / "vggish_orig.safetensors").shape == (1, 64)


def test_yamnet_is_the_ports_network_on_googles_spectrogram(tmp_path):
    model = pytest.importorskip("torch_vggish_yamnet.yamnet.model", reason="the extra `embeddings` is not installed")
    port = model.YAMNet().eval()
    save_file(port.state_dict(), tmp_path / "yamnet.safetensors")
    spectrogram = audioset_log_mel(0.001)(torch.from_numpy(SOUND[:15600])[None])
    with torch.no_grad():
        embedding, _ = port(spectrogram.unsqueeze(1))
    torch.testing.assert_close(embed(SOUND, 16000, "yamnet", tmp_path)[0], embedding.flatten(), atol=1e-5, rtol=1e-5)


def test_yamnets_class_map_beside_its_weights_names_its_tags(tmp_path):
    model = pytest.importorskip("torch_vggish_yamnet.yamnet.model", reason="the extra `embeddings` is not installed")
    save_file(model.YAMNet().state_dict(), tmp_path / "yamnet.safetensors")
    with pytest.raises(EmbeddingError, match="no tags by name"):
        tag(SOUND, 16000, "yamnet", tmp_path)
    rows = [f'{number},/m/{number},"Sound, {number}"' for number in range(521)]
    (tmp_path / "other").mkdir()
    (tmp_path / "yamnet.safetensors").rename(tmp_path / "other" / "yamnet.safetensors")
    (tmp_path / "other" / "yamnet_class_map.csv").write_text("\n".join(["index,mid,display_name", *rows]))
    assert set(tag(SOUND, 16000, "yamnet", tmp_path / "other")) == {f"Sound, {number}" for number in range(521)}


WRONG = {
    "no zip": lambda path: path.write_bytes(b"PK, but not really"),
    "no checkpoint in it": lambda path: write_wheel(path, other=(b"", b"")),
    "a damaged checkpoint": lambda path: write_wheel(path, MSD_musicnn=(bytes(99), b"")),
    "another network's": lambda path: write_wheel(path, MSD_musicnn=bundle(vgg_tensors())),
    "an index of zeros without end": lambda path: write_wheel(path, MSD_musicnn=(bytes(2 << 20), b"")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wheel_that_is_not_musicnns_is_refused_in_one_line(tmp_path, wrong):
    WRONG[wrong](tmp_path / WHEEL)
    with pytest.raises(EmbeddingError) as error:
        load_embedder("musicnn-msd", tmp_path)
    assert "\n" not in str(error.value)


def test_a_tensor_of_another_shape_is_refused_with_both_shapes(tmp_path):
    tensors = musicnn_tensors() | {"dense/bias": np.zeros(100, np.float32)}
    write_wheel(tmp_path / WHEEL, MSD_musicnn=bundle(tensors))
    with pytest.raises(EmbeddingError, match=r"dense.bias has shape \(100,\) where \(200,\) is expected"):
        load_embedder("musicnn-msd", tmp_path)


def test_a_file_larger_than_any_checkpoint_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "MAX_DATA_BYTES", 1000)
    write_wheel(tmp_path / WHEEL, MSD_musicnn=bundle(musicnn_tensors()))
    with pytest.raises(EmbeddingError, match="at most 1,000 are read"):
        load_embedder("musicnn-msd", tmp_path)


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_changed_bytes_of_a_wheel_are_read_or_refused(tmp_path_factory, seed):
    chance = random.Random(seed)
    path = tmp_path_factory.getbasetemp() / "changed.whl"
    write_wheel(path, MSD_musicnn=bundle({"dense/bias": np.arange(4, dtype="<f4")}))
    content = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 4)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)
    with suppress(EmbeddingError):
        read_musicnn(path, "MSD_musicnn")


@pytest.mark.parametrize("content", [b"", b"\x80\x02.", bytes(100)])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path, content, suffix):
    path = tmp_path / f"fcn_msd.{suffix}"
    path.write_bytes(content)
    with pytest.raises(EmbeddingError):
        read_tensors(path)


def test_the_page_runs_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.setenv("TONADA_WEIGHTS", str(tmp_path))
    write_wheel(tmp_path / WHEEL, MSD_musicnn=bundle(musicnn_tensors()), MTT_musicnn=bundle(musicnn_tensors()))
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "embeddings.md").read_text(), flags=re.DOTALL)
    shape, tags, heard_by_the_ear = printed_by("".join(code), ROOT).splitlines()
    assert (shape, heard_by_the_ear) == ("torch.Size([9, 200])", "torch.Size([1, 3, 256])")
    assert tags.count(",") == 2


# The real weights, where they are -------------------------------------------------------------------------------------


@pytest.fixture
def real() -> Path:
    """The folder with musicnn's own wheel."""
    folder = Path(REAL or "nowhere")
    if not (folder / WHEEL).is_file():
        pytest.skip(f"TONADA_WEIGHTS names no folder with {WHEEL}: pip download --no-deps musicnn==0.1.0")
    return folder


PUBLISHED_TAGS = {
    # README of musicnn: `top_tags` of its two songs
    "joram-moments_of_clarity-08-solipsism-59-88.mp3": [
        *("techno", "electronic", "synth", "fast", "beat", "drums", "no vocals", "no vocal", "dance", "ambient")
    ],
    "TRWJAZW128F42760DD_test.mp3": ["guitar", "piano", "fast"],
}


@pytest.mark.parametrize("song", PUBLISHED_TAGS)
def test_the_published_songs_have_the_published_tags(real, song):
    if not (real / song).is_file():
        pytest.skip(f"TONADA_WEIGHTS holds no {song}, which lies in musicnn's repository and is not free")
    expected = PUBLISHED_TAGS[song]
    assert list(tag(decode(real / song, 16000), 16000, "musicnn-mtt", real))[: len(expected)] == expected


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("musicnn-msd", "instrumental, rock, jazz"),
        ("musicnn-mtt", "slow, ambient, synth"),
        ("vgg-msd", "rock, jazz, indie"),
        ("vgg-mtt", "slow, drums, ambient"),
    ],
)
def test_an_example_song_has_the_tags_it_had_when_the_published_songs_had_theirs(real, name, first):
    song = decode(ROOT / "examples" / "forest-dance.ogg", 16000)
    assert list(tag(song, 16000, name, real))[:3] == first.split(", ")


def test_the_real_weights_survive_being_saved(real, tmp_path):
    save_weights(load_embedder("musicnn-msd", real), tmp_path)
    assert (embed(SOUND, 16000, "musicnn-msd", tmp_path) == embed(SOUND, 16000, "musicnn-msd", real)).all()
