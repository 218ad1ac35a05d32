"""What others trained and published, an entry each: where its weights come from, what it hears, and what it says."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from tonada.embedding import audioset, musicnn, tags
from tonada.embedding.fcn import Fcn, hear_three_layers, hear_two_layers
from tonada.embedding.log_mel import audioset_log_mel, fcn_log_mel, musicnn_log_mel
from tonada.embedding.openl3 import OpenL3
from tonada.embedding.weights import read_musicnn, read_tensors

Output = tuple[torch.Tensor, torch.Tensor | None]

MILLION_SONGS, MAGNATAGATUNE, JAMENDO = "the Million Song Dataset", "MagnaTagATune", "MTG-Jamendo"
COLLECTIONS = {
    "MSD": MILLION_SONGS,
    "MTT": MAGNATAGATUNE,
    "msd": MILLION_SONGS,
    "mtat": MAGNATAGATUNE,
    "jamendo": JAMENDO,
    "vggish_orig": "YouTube",
    "yamnet": "AudioSet",
}
"""What a checkpoint learned from, by what its publisher calls it."""


@dataclass(frozen=True)
class Published:
    """
    What somebody trained and published.

    Attributes:
        learned_from: the collection, in words.
        width: of an embedding.
        sampling_rate: hertz; nothing else is heard.
        stretch: samples that one embedding hears.
        hop: samples from one embedding to the next, where its publisher wants no other.
        front: makes what turns `(stretches, samples)` into what the network hears.
        network: makes the network, untrained.
        files: what its publisher calls the file, as patterns within a folder.
        advice: how to get it, a clause.
        edge: samples mirrored before the start and behind the end, where its publisher centred frames.
        tags: what its logits mean.
        read: from the file to the state of a network.
        hear: from the network and its input to embeddings and logits.
    """

    learned_from: str
    width: int
    sampling_rate: int
    stretch: int
    hop: int
    front: Callable[[], nn.Module]
    network: Callable[[], nn.Module]
    files: tuple[str, ...]
    advice: str
    edge: int = 0
    tags: tuple[str, ...] = ()
    read: Callable[[Path, nn.Module], dict[str, torch.Tensor]] = lambda path, network: read_tensors(path)
    hear: Callable[[nn.Module, torch.Tensor], Output] = lambda network, heard: network(heard)

    @property
    def seconds(self) -> float:
        """Of sound that one embedding hears."""
        return (self.stretch - 2 * self.edge) / self.sampling_rate

    @property
    def steps_per_second(self) -> float:
        """Embeddings for a second of sound."""
        return self.sampling_rate / self.hop


def _read_musicnn(path: Path, network: nn.Module, checkpoint: str) -> dict[str, torch.Tensor]:
    """From the wheel, or from what `save_weights` made of it."""
    if path.suffix == ".safetensors":
        return read_tensors(path)
    is_vgg = checkpoint.endswith("vgg")
    names = musicnn.vgg_convolutions() if is_vgg else musicnn.tensorflow_convolutions()
    return musicnn.published_state(network, read_musicnn(path, checkpoint), names)


def _musicnn(checkpoint: str, width: int, network: Callable[[], nn.Module], meanings: tuple[str, ...]) -> Published:
    """Three seconds: 187 frames of 512 samples, 256 apart, and the next 187 behind them."""
    return Published(
        learned_from=COLLECTIONS[checkpoint.partition("_")[0]],
        width=width,
        sampling_rate=16000,
        stretch=186 * 256 + 512,
        hop=187 * 256,
        edge=256,
        front=musicnn_log_mel,
        network=network,
        read=partial(_read_musicnn, checkpoint=checkpoint),
        files=("musicnn-*.whl", f"musicnn/{checkpoint}/.index", f"{checkpoint}/.index"),
        advice="get musicnn's wheel (29 MB, never installed) with `pip download --no-deps musicnn==0.1.0`",
        tags=meanings,
    )


def _fcn(data: str, meanings: tuple[str, ...]) -> Published:
    """29.1 seconds: 1,819 frames of 512 samples, 256 apart, and the next 1,819 behind them."""
    return Published(
        learned_from=COLLECTIONS[data],
        width=64,
        sampling_rate=16000,
        stretch=1818 * 256 + 512,
        hop=1819 * 256,
        edge=256,
        front=fcn_log_mel,
        network=Fcn,
        files=(f"fcn_{data}.safetensors",),
        advice=f"convert {data}/fcn/best_model.pth of minzwon/sota-music-tagging-models to fcn_{data}.safetensors",
        tags=meanings,
    )


def _two_layers(facts: Published) -> Published:
    return replace(facts, width=320, hear=hear_two_layers)  # type: ignore[arg-type]  # of an Fcn


def _three_layers(facts: Published) -> Published:
    """Ten seconds, as many as a segment of ours has."""
    return replace(facts, width=2240, stretch=160_000, hop=160_000, edge=0, hear=hear_three_layers)  # type: ignore[arg-type]


def _vggish(network: nn.Module, log_mel: torch.Tensor) -> Output:
    return network(log_mel.unsqueeze(1)), None


def _yamnet(network: nn.Module, log_mel: torch.Tensor) -> Output:
    embeddings, logits = network(log_mel.unsqueeze(1))
    return embeddings.flatten(1), logits


def _openl3(width: int, pool: tuple[int, int]) -> Published:
    """A second, each tenth of a second."""
    file = f"torchopenl3_mel256_music_{width}.pth.tar"
    converted = f"torchopenl3_mel256_music_{width}.safetensors"
    return Published(
        learned_from="AudioSet's music videos",
        width=width,
        sampling_rate=48000,
        stretch=48000,
        hop=4800,
        front=nn.Identity,
        network=partial(OpenL3, pool),
        files=(converted,),
        advice=f"get {file} from the repository torchopenl3/torchopenl3-models and convert it to {converted}",
        hear=lambda network, stretches: (network(stretches), None),
    )


def _audioset(
    width: int, hop: int, offset: float, network: Callable[[], nn.Module], file: str, hear: Callable
) -> Published:
    """0.975 seconds: 96 frames of 400 samples, 160 apart."""
    return Published(
        learned_from=COLLECTIONS[file],
        width=width,
        sampling_rate=16000,
        stretch=95 * 160 + 400,
        hop=hop,
        front=partial(audioset_log_mel, offset),
        network=network,
        files=(f"{file}.safetensors",),
        advice=f"get {file}.pth, which the package torch-vggish-yamnet names, from w-hc's releases and convert it to "
        f"{file}.safetensors",
        hear=hear,
    )


EMBEDDERS = {
    "musicnn-msd": _musicnn("MSD_musicnn", 200, musicnn.MusicNN, tags.MSD),
    "musicnn-mtt": _musicnn("MTT_musicnn", 200, musicnn.MusicNN, tags.MAGNATAGATUNE),
    "vgg-msd": _musicnn("MSD_vgg", 256, musicnn.Vgg, tags.MSD),
    "vgg-mtt": _musicnn("MTT_vgg", 256, musicnn.Vgg, tags.MAGNATAGATUNE),
    "vggish": _audioset(128, 96 * 160, 0.01, audioset.vggish, "vggish_orig", _vggish),
    "yamnet": _audioset(1024, 48 * 160, 0.001, audioset.yamnet, "yamnet", _yamnet),
    "openl3": _openl3(512, (32, 24)),
    "openl3-6144": _openl3(6144, (8, 8)),
    "fcn-msd": _fcn("msd", tags.MSD),
    "fcn-mtat": _fcn("mtat", tags.MAGNATAGATUNE),
    "fcn-jamendo": _fcn("jamendo", tags.JAMENDO),
    "fcn-msd-layers": _two_layers(_fcn("msd", tags.MSD)),
    "fcn-mtat-layers": _two_layers(_fcn("mtat", tags.MAGNATAGATUNE)),
    "fcn-jamendo-layers": _two_layers(_fcn("jamendo", tags.JAMENDO)),
    "fcn-mtat-bands": _three_layers(_fcn("mtat", tags.MAGNATAGATUNE)),
    "fcn-jamendo-bands": _three_layers(_fcn("jamendo", tags.JAMENDO)),
}
"""By name. Models learn from what an embedder makes: one that makes something else is a new name."""
