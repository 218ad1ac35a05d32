"""
A song in, a sequence of embeddings out, by any published network.

    from tonada.embedding.embedders import embed, tag

    embeddings = embed(waveform, 16000, "musicnn-msd")  # (steps, 200)
"""

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from tonada.embedding.errors import EmbeddingError
from tonada.embedding.published import EMBEDDERS, Published
from tonada.embedding.weights import SAVED, fill, find_weights, read_notes

SECONDS_AT_ONCE = 20.0  # of sound in one batch, which bounds memory whatever the song's length


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
            waveform: `(samples,)` at the network's rate; it is taken where the network is.
            hop_seconds: from one step to the next; the publisher's by default.
        """
        stretches = self._stretches(waveform.to(next(self.network.parameters())), hop_seconds)
        at_once = max(1, round(SECONDS_AT_ONCE * self.published.sampling_rate / self.published.stretch))
        outputs = [self.published.hear(self.network, self.front(batch)) for batch in stretches.split(at_once)]
        embeddings = torch.cat([embedding for embedding, _ in outputs])
        logits = [logits for _, logits in outputs if logits is not None]
        return Heard(embeddings, torch.cat(logits).sigmoid() if logits else None)

    def _stretches(self, waveform: torch.Tensor, hop_seconds: float | None) -> torch.Tensor:
        """`(steps, stretch)`, a view."""
        facts = self.published
        hop = facts.hop if hop_seconds is None else hop_seconds * facts.sampling_rate
        if not 1 <= hop < math.inf:
            raise EmbeddingError(f"steps are at least a sample apart, not {hop_seconds} s; give hop_seconds=1.0, say")
        shortest = facts.stretch - 2 * facts.edge
        if len(waveform) < shortest:
            waveform = waveform.repeat(math.ceil(shortest / len(waveform)))[:shortest]
        mirrored = nn.functional.pad(waveform[None, None], (facts.edge, facts.edge), mode="reflect")[0, 0]
        return mirrored.unfold(0, facts.stretch, round(hop))


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
    samples = _checked(waveform, rate, name)
    return load_embedder(name, weights)(samples, hop_seconds).embeddings.float().cpu()


def tag(waveform: np.ndarray, rate: int, name: str, weights: str | Path | None = None) -> dict[str, float]:
    """
    A song's tags, the likeliest first, each with its mean probability over the song. Arguments as of `embed`.

    Raises:
        EmbeddingError: as of `embed`, or the embedder knows no tags.
    """
    samples = _checked(waveform, rate, name)
    embedder = load_embedder(name, weights)
    heard = embedder(samples)
    if heard.probabilities is None or len(embedder.tags) != heard.probabilities.shape[1]:
        known = ", ".join(other for other, published in EMBEDDERS.items() if published.tags)
        raise EmbeddingError(f"{name} says no tags by name; these do: {known}")
    mean = heard.probabilities.mean(0)
    return {embedder.tags[index]: float(mean[index]) for index in mean.argsort(descending=True)}


def load_embedder(name: str, weights: str | Path | None = None) -> Embedder:
    """
    The network with its weights; the last two are kept. Arguments as of `embed`.

    Raises:
        EmbeddingError: the embedder is unknown, or its weights are missing or damaged.
    """
    published = _published(name)
    return _load(name, find_weights(name, weights, published.files, published.advice).absolute())


@lru_cache(maxsize=2)
def _load(name: str, path: Path) -> Embedder:
    noted, published = read_notes(path, name), EMBEDDERS[name]
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
    samples = np.require(waveform, np.float32, ["C", "W"])  # torch shares what may be written to
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise EmbeddingError(
            f"only one channel of finite samples, (samples,), can be embedded; this has shape {samples.shape}"
        )
    return torch.from_numpy(samples)
