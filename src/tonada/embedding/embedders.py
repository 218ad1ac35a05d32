"""
A song in, a sequence of embeddings out, by any published network.

    from tonada.embedding.embedders import embed, tag

    embeddings = embed(waveform, 16000, "musicnn-msd")  # (steps, 200)
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from tonada.embedding import audioset, musicnn, tags
from tonada.embedding.errors import EmbeddingError
from tonada.embedding.fcn import Fcn
from tonada.embedding.log_mel import audioset_log_mel, fcn_log_mel, musicnn_log_mel
from tonada.embedding.openl3 import OpenL3
from tonada.embedding.weights import SAVED, fill, find_weights, read_musicnn, read_notes, read_tensors

SECONDS_AT_ONCE = 20.0  # of sound in one batch, which bounds memory whatever the song's length

Output = tuple[torch.Tensor, torch.Tensor | None]


@dataclass(frozen=True)
class Published:
    """
    What somebody trained and published.

    Attributes:
        width: of an embedding.
        sampling_rate: hertz; nothing else is heard.
        stretch: samples that one embedding hears.
        hop: samples from one embedding to the next, where its publisher wants no other.
        front: makes what turns `(stretches, samples)` into what the network hears.
        network: makes the network, untrained.
        read: from the file to the state of a network.
        files: what its publisher calls the file, as patterns within a folder.
        advice: how to get it, a clause.
        edge: samples mirrored before the start and behind the end, where its publisher centred frames.
        tags: what its logits mean.
        hear: from the network and its input to embeddings and logits.
    """

    width: int
    sampling_rate: int
    stretch: int
    hop: int
    front: Callable[[], nn.Module]
    network: Callable[[], nn.Module]
    read: Callable[[Path, nn.Module], dict[str, torch.Tensor]]
    files: tuple[str, ...]
    advice: str
    edge: int = 0
    tags: tuple[str, ...] = ()
    hear: Callable[[nn.Module, torch.Tensor], Output] = lambda network, heard: network(heard)

    @property
    def steps_per_second(self) -> float:
        """Embeddings for a second of sound."""
        return self.sampling_rate / self.hop


def _read_tensors(path: Path, network: nn.Module) -> dict[str, torch.Tensor]:
    return read_tensors(path)


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


def _fcn(data: str, meanings: tuple[str, ...] = ()) -> Published:
    """29.1 seconds: 1,819 frames of 512 samples, 256 apart, and the next 1,819 behind them."""
    return Published(
        width=64,
        sampling_rate=16000,
        stretch=1818 * 256 + 512,
        hop=1819 * 256,
        edge=256,
        front=fcn_log_mel,
        network=Fcn,
        read=_read_tensors,
        files=(f"fcn_{data}.safetensors",),
        advice=f"convert {data}/fcn/best_model.pth of minzwon/sota-music-tagging-models to fcn_{data}.safetensors",
        tags=meanings,
    )


def _vggish(network: nn.Module, log_mel: torch.Tensor) -> Output:
    return network(log_mel.unsqueeze(1)), None


def _yamnet(network: nn.Module, log_mel: torch.Tensor) -> Output:
    embeddings, logits = network(log_mel.unsqueeze(1))
    return embeddings.flatten(1), logits


def _openl3(width: int, pool: tuple[int, int]) -> Published:
    """A second, each tenth of a second."""
    file = f"torchopenl3_mel256_music_{width}.pth.tar"
    return Published(
        width=width,
        sampling_rate=48000,
        stretch=48000,
        hop=4800,
        front=nn.Identity,
        network=partial(OpenL3, pool),
        read=_read_tensors,
        files=(file,),
        advice=f"get {file} from the repository torchopenl3/torchopenl3-models",
        hear=lambda network, stretches: (network(stretches), None),
    )


def _audioset(
    width: int, hop: int, offset: float, network: Callable[[], nn.Module], file: str, hear: Callable
) -> Published:
    """0.975 seconds: 96 frames of 400 samples, 160 apart."""
    return Published(
        width=width,
        sampling_rate=16000,
        stretch=95 * 160 + 400,
        hop=hop,
        front=partial(audioset_log_mel, offset),
        network=network,
        read=_read_tensors,
        files=(file,),
        advice=f"get {file}, the file that the package torch-vggish-yamnet names, from w-hc's releases",
        hear=hear,
    )


EMBEDDERS = {
    "musicnn-msd": _musicnn("MSD_musicnn", 200, musicnn.MusicNN, tags.MSD),
    "musicnn-mtt": _musicnn("MTT_musicnn", 200, musicnn.MusicNN, tags.MAGNATAGATUNE),
    "vgg-msd": _musicnn("MSD_vgg", 256, musicnn.Vgg, tags.MSD),
    "vgg-mtt": _musicnn("MTT_vgg", 256, musicnn.Vgg, tags.MAGNATAGATUNE),
    "vggish": _audioset(128, 96 * 160, 0.01, audioset.vggish, "vggish_orig.pth", _vggish),
    "yamnet": _audioset(1024, 48 * 160, 0.001, audioset.yamnet, "yamnet.pth", _yamnet),
    "openl3": _openl3(512, (32, 24)),
    "openl3-6144": _openl3(6144, (8, 8)),
    "fcn-msd": _fcn("msd", tags.MSD),
    "fcn-mtat": _fcn("mtat"),
    "fcn-jamendo": _fcn("jamendo"),
}
"""By name. Models learn from what an embedder makes: one that makes something else is a new name."""


class Heard(NamedTuple):
    """
    What a network says of a song.

    Attributes:
        embeddings: float32 `(steps, width)`.
        probabilities: of each tag, float32 `(steps, tags)`; nothing from a network that knows no tags.
    """

    embeddings: torch.Tensor
    probabilities: torch.Tensor | None


class Embedder(nn.Module):
    """
    A published network that hears songs. It is frozen: no gradient reaches it.

    Args:
        name: a key of `EMBEDDERS`.
        network: with weights.
        tags: what its logits mean, if not what its publisher says.
    """

    def __init__(self, name: str, network: nn.Module, tags: tuple[str, ...] = ()):
        super().__init__()
        self.name, self.published = name, EMBEDDERS[name]
        self.tags = tags or self.published.tags
        self.front, self.network = self.published.front(), network
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def forward(self, waveform: torch.Tensor, hop_seconds: float | None = None) -> Heard:
        """
        Hear a song in stretches, one a step. The sound behind the last whole stretch is not heard, and a song that is
        shorter than one is heard again and again until one is full.

        Args:
            waveform: float32 `(samples,)` at the network's rate, where the network is.
            hop_seconds: from one step to the next; the publisher's by default.
        """
        stretches = self._stretches(waveform, hop_seconds)
        at_once = max(1, round(SECONDS_AT_ONCE * self.published.sampling_rate / self.published.stretch))
        outputs = [self.published.hear(self.network, self.front(batch)) for batch in stretches.split(at_once)]
        embeddings = torch.cat([embedding for embedding, _ in outputs])
        logits = [logits for _, logits in outputs if logits is not None]
        return Heard(embeddings, torch.cat(logits).sigmoid() if logits else None)

    def _stretches(self, waveform: torch.Tensor, hop_seconds: float | None) -> torch.Tensor:
        """`(steps, stretch)`, a view."""
        facts = self.published
        hop = facts.hop if hop_seconds is None else round(hop_seconds * facts.sampling_rate)
        if hop < 1:
            raise EmbeddingError(f"steps are a positive time apart, not {hop_seconds} s")
        shortest = facts.stretch - 2 * facts.edge
        waveform = waveform.repeat(math.ceil(shortest / len(waveform)))[: max(shortest, len(waveform))]
        mirrored = nn.functional.pad(waveform[None, None], (facts.edge, facts.edge), mode="reflect")[0, 0]
        return mirrored.unfold(0, facts.stretch, hop)


def embed(
    waveform: np.ndarray, rate: int, name: str, weights: str | Path | None = None, hop_seconds: float | None = None
) -> torch.Tensor:
    """
    A song's embeddings.

    Args:
        waveform: one channel, `(samples,)`, finite floats.
        rate: hertz; must be the embedder's, `EMBEDDERS[name].sampling_rate`.
        name: a key of `EMBEDDERS`.
        weights: the publisher's file, a folder that holds it, what `save_weights` wrote, or a Hub id; by default the
            folder that `TONADA_WEIGHTS` names in the environment.
        hop_seconds: from one step to the next; the publisher's by default.

    Returns:
        float32 `(steps, width)`, `EMBEDDERS[name].steps_per_second` of them.

    Raises:
        EmbeddingError: the embedder is unknown or has no weights, or the waveform is not one of its rate.
    """
    return load_embedder(name, weights)(_checked(waveform, rate, name), hop_seconds).embeddings


def tag(waveform: np.ndarray, rate: int, name: str, weights: str | Path | None = None) -> dict[str, float]:
    """
    A song's tags, the likeliest first, each with its mean probability over the song. Arguments as of `embed`.

    Raises:
        EmbeddingError: as of `embed`, or the embedder knows no tags.
    """
    embedder = load_embedder(name, weights)
    heard = embedder(_checked(waveform, rate, name))
    if heard.probabilities is None or len(embedder.tags) != heard.probabilities.shape[1]:
        known = ", ".join(other for other, published in EMBEDDERS.items() if published.tags)
        raise EmbeddingError(f"{name} says no tags by name; these do: {known}")
    mean = heard.probabilities.mean(0)
    return {embedder.tags[index]: float(mean[index]) for index in mean.argsort(descending=True)}


@lru_cache(maxsize=2)
def load_embedder(name: str, weights: str | Path | None = None) -> Embedder:
    """
    The network with its weights; the last two are kept.

    Raises:
        EmbeddingError: the embedder is unknown, or its weights are missing or damaged.
    """
    published = _published(name)
    path = find_weights(name, weights, published.files, published.advice)
    noted = read_notes(path, name)
    network = published.network()
    fill(network, published.read(path, network), path)
    return Embedder(name, network, noted)


def save_weights(embedder: Embedder, folder: str | Path) -> None:
    """Write a folder that `weights` takes and that can be put on the Hub: safetensors, and JSON with the tags."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    facts = embedder.published
    notes = {
        "embedder": embedder.name,
        "sampling_rate": facts.sampling_rate,
        "steps_per_second": facts.steps_per_second,
        "width": facts.width,
        "tags": list(embedder.tags),
    }
    save_file({name: tensor.contiguous() for name, tensor in embedder.network.state_dict().items()}, folder / SAVED[0])
    (folder / SAVED[1]).write_text(json.dumps(notes, indent=2) + "\n", encoding="utf-8")


def _published(name: str) -> Published:
    if name not in EMBEDDERS:
        raise EmbeddingError(f"there is no embedder {name!r}; choose among {', '.join(EMBEDDERS)}")
    return EMBEDDERS[name]


def _checked(waveform: np.ndarray, rate: int, name: str) -> torch.Tensor:
    expected = _published(name).sampling_rate
    if rate != expected:
        raise EmbeddingError(f"{name} hears sound at {expected} Hz, not at {rate}; decode or resample it to {expected}")
    samples = np.asarray(waveform, dtype=np.float32)
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise EmbeddingError(
            f"only one channel of finite samples, (samples,), can be embedded; this has shape {samples.shape}"
        )
    return torch.from_numpy(samples)
