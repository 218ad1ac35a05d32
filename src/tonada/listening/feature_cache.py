"""
Features kept by what they were made of, so that the second epoch and the second run read no audio.

    $TONADA_CACHE/features/EDITION/KEY.safetensors    EDITION of the code; KEY of the file's bytes and the settings
    $TONADA_CACHE/contents/…                          which bytes a path held, see `Contents`
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from tonada import embedding, feature_extraction, listening
from tonada.embedding.embedders import Embedder, load_embedder
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.content import Contents, file_state
from tonada.listening.decoding import decode
from tonada.listening.inputs import as_heard, check_input_of
from tonada.listening.kept_arrays import KeepingError, cache_folder, keep_arrays, kept_arrays, remove_left_overs
from tonada.listening.stem_cache import StemCache

logger = logging.getLogger(__name__)

KEPT_AS = {  # what takes most of the room, in less; docs/speed.md has what that changes
    "spectrogram": np.float16,
    "frame_mask": np.uint8,
    "step_mask": np.uint8,
    "segment_mask": np.uint8,
}
MADE_BY = (feature_extraction, embedding, listening)  # the code that decides what a feature is
LIBRARIES = ("torch", "torchaudio", "torchcodec", "soxr", "soundfile", "librosa", "numpy")


class Features(Mapping[str, torch.Tensor]):
    """A song's features as the extractor makes them, `(segments, …)`, in memory or in a file that is mapped to it."""

    def __init__(self, source: Path | dict[str, torch.Tensor], names: tuple[str, ...]):
        self.source = source
        self.names = names

    def __getitem__(self, name: str) -> torch.Tensor:
        if name not in self.names:
            raise KeyError(name)
        if isinstance(self.source, dict):
            return _unpacked(self.source[name])
        with safe_open(self.source, framework="pt") as file:
            return _unpacked(file.get_tensor(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def of_segments(self, chosen: list[int]) -> dict[str, torch.Tensor]:
        """The features of some segments, in that order; of a file no more than these is read."""
        if isinstance(self.source, dict):
            return {name: _unpacked(self.source[name][chosen]) for name in self}
        with safe_open(self.source, framework="pt") as file:
            slices = {name: file.get_slice(name) for name in self}
            return {
                name: _unpacked(torch.cat([part[index : index + 1] for index in chosen]))
                for name, part in slices.items()
            }


class FeatureCache:
    """
    A folder of features, a file a song and extractor: spectrograms in half precision, the rest as it is.

    An entry that is damaged is made anew, one that cannot be written stays in memory. No entry outlives its meaning:
    other bytes, other settings, other code or libraries are another entry. Deleting the folder loses nothing but time.

    Args:
        folder: of all caches, see `cache_folder`.
    """

    def __init__(self, folder: str | Path | None = None):
        self.root = cache_folder(folder)
        self.folder = self.root / "features" / edition()
        self.contents = Contents(self.root / "contents")
        remove_left_overs(self.folder)

    def get_or_make(self, path: str, extractor: TonadaFeatureExtractor) -> Features:
        """
        The features of one song.

        Raises:
            AudioError: the file cannot be read as sound.
            InputError: stems or embeddings cannot be had here.
        """
        entry = self.entry(path, extractor)
        if entry is not None and (kept := kept_arrays(entry)) is not None:
            return Features(entry, tuple(kept))
        before = file_state(path) if entry is not None else None
        made = self._make(path, extractor)
        names = tuple(made)
        if entry is None or before != file_state(path):
            return Features(made, names)
        try:
            keep_arrays(entry, {name: tensor.numpy() for name, tensor in made.items()})
        except KeepingError as error:
            logger.warning("Features are not kept in %s (%s); the next run makes them anew.", self.folder, error)
            return Features(made, names)
        return Features(entry, names)

    def entry(self, path: str, extractor: TonadaFeatureExtractor) -> Path | None:
        """Where a song's features are or would be kept; nowhere if the file cannot be read, of which decoding tells."""
        check_input_of(extractor)
        try:
            content = self.contents.digest(path)
        except (OSError, ValueError):  # ValueError: a zero byte in the name
            return None
        weights = _weights(load_embedder(extractor.embedder)) if extractor.embedder else None
        return self.folder / f"{_hash([content, extractor.to_dict(), weights])}.safetensors"

    def _make(self, path: str, extractor: TonadaFeatureExtractor) -> dict[str, torch.Tensor]:
        waveform = as_heard(decode(path, extractor.sampling_rate), extractor, StemCache(self.root))
        with torch.inference_mode():
            heard = extractor(waveform, sampling_rate=extractor.sampling_rate)
        return {name: torch.from_numpy(_packed(name, array[0])) for name, array in heard.items()}


@lru_cache
def edition() -> str:
    """A hash of the code that makes features, and of the versions of the libraries that it uses."""
    folders = [Path(str(package.__file__)).parent for package in MADE_BY]
    code = [file.read_text(encoding="utf-8") for folder in folders for file in sorted(folder.glob("*.py"))]
    return _hash([code, [version(library) for library in LIBRARIES]])[:16]


@lru_cache(maxsize=2)
def _weights(embedder: Embedder) -> str:
    """What an embedder is by its values: its publisher may have other weights under the same name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(embedder.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _packed(name: str, array: np.ndarray) -> np.ndarray:
    return array.astype(KEPT_AS.get(name, array.dtype))


def _unpacked(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.dtype == torch.float16 else tensor.long() if tensor.dtype == torch.uint8 else tensor
