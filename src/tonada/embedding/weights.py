"""Published weights, found and read: nothing is downloaded unasked, and nothing that is in them is run."""

import csv
import json
import os
import re
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from tonada.embedding.bundles import MAX_INDEX_BYTES, read_bundle
from tonada.embedding.errors import EmbeddingError

FOLDER = "TONADA_WEIGHTS"  # in the environment: where weights are looked for when none are given
SAVED = ("model.safetensors", "embedder.json")  # what `save_weights` writes
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
INDEX, DATA = ".index", ".data-00000-of-00001"
MAX_DATA_BYTES = 1 << 26  # musicnn's largest has nine million


def find_weights(name: str, given: str | Path | None, files: tuple[str, ...], advice: str) -> Path:
    """
    The file with an embedder's weights.

    Args:
        name: the embedder's.
        given: a file, a folder that holds one, or a Hub id; `TONADA_WEIGHTS` in the environment by default.
        files: what the publisher calls it, as patterns within a folder.
        advice: how to get it.

    Raises:
        EmbeddingError: there is none.
    """
    place = given or os.environ.get(FOLDER)
    if not place:
        raise EmbeddingError(f"{name} needs its weights: {advice}, and name the folder in {FOLDER} or give weights=")
    path = Path(place)
    if path.is_file():
        return path
    if path.is_dir():
        patterns = (f"{name}/{SAVED[0]}", *files, SAVED[0])
        found = [file for pattern in patterns for file in sorted(path.glob(pattern))]
        if not found:
            raise EmbeddingError(f"{name}: {path} holds none of {', '.join(patterns)}; {advice}")
        return found[0]
    if isinstance(given, str) and HUB_ID.fullmatch(given):
        return _from_hub(given)
    raise EmbeddingError(f"{name}: there is no {path}; {advice}")


@lru_cache
def _from_hub(repository: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path([hf_hub_download(repository, file) for file in reversed(SAVED)][-1])
    except (OSError, ValueError) as error:  # all that the Hub says is one of these
        reason = str(error).strip().splitlines()[0]
        raise EmbeddingError(
            f"{' and '.join(SAVED)} cannot be had from the Hub's {repository} ({reason}); give a folder that holds them"
        ) from error


def read_notes(path: Path, name: str) -> tuple[str, ...]:
    """
    The tags written beside weights: in `embedder.json`, or in YAMNet's class map; none if there is neither.

    Raises:
        EmbeddingError: what is beside them is not for this embedder.
    """
    saved, classes = path.with_name(SAVED[1]), path.with_name("yamnet_class_map.csv")
    try:
        if path.name == SAVED[0] and saved.is_file():
            notes = json.loads(saved.read_text(encoding="utf-8"))
            if notes["embedder"] != name:
                raise EmbeddingError(f"{path.parent} holds weights of {notes['embedder']}, not of {name}")
            return tuple(map(str, notes["tags"]))
        if name == "yamnet" and classes.is_file():
            with classes.open(newline="", encoding="utf-8") as lines:
                return tuple(row["display_name"] for row in csv.DictReader(lines))
    except (OSError, KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EmbeddingError(f"the notes beside {path} cannot be read ({error}); get them again") from error
    return ()


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """
    Tensors by name, from safetensors.

    Raises:
        EmbeddingError: the file is not that; a PyTorch checkpoint is a pickle, and is not opened.
    """
    if path.suffix != ".safetensors":
        raise EmbeddingError(
            f"{path} is no safetensors, and a PyTorch checkpoint is a pickle, which Tonada never opens; convert it "
            "once, as the page on embeddings shows"
        )
    try:
        return load_file(path)
    except Exception as error:  # whatever safetensors says of a file that is not what it should be
        raise _unreadable(path, error) from error


def read_musicnn(path: Path, checkpoint: str) -> dict[str, np.ndarray]:
    """
    A checkpoint of musicnn's, from its wheel or from a folder that was unpacked from it.

    Args:
        path: the wheel, or the checkpoint's index.
        checkpoint: `MSD_musicnn`, say.

    Raises:
        EmbeddingError: it is not there, too large, or damaged.
    """
    try:
        if path.name == INDEX:
            index, data = _read_file(path, MAX_INDEX_BYTES), _read_file(path.with_name(DATA), MAX_DATA_BYTES)
        else:
            with zipfile.ZipFile(path) as wheel:
                index = _read_member(wheel, f"musicnn/{checkpoint}/{INDEX}", MAX_INDEX_BYTES)
                data = _read_member(wheel, f"musicnn/{checkpoint}/{DATA}", MAX_DATA_BYTES)
        return read_bundle(index, data)
    except KeyError as error:
        raise EmbeddingError(
            f"{path} has no musicnn/{checkpoint} in it; give musicnn-0.1.0-py3-none-any.whl"
        ) from error
    except Exception as error:  # whatever zipfile says of a file that is not what it should be
        raise _unreadable(path, error) from error


def _read_file(path: Path, most: int) -> bytes:
    _check_size(path.name, path.stat().st_size, most)
    return path.read_bytes()


def _read_member(wheel: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member by its exact name; zipfile reads no more than the size it announces, and compares its check sum."""
    _check_size(name, wheel.getinfo(name).file_size, most)
    return wheel.read(name)


def _check_size(name: str, size: int, most: int) -> None:
    if size > most:
        raise EmbeddingError(f"{name} has {size:,} bytes, at most {most:,} are read")


def _unreadable(path: Path, error: Exception) -> EmbeddingError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return EmbeddingError(f"{path} cannot be read ({reason})")


def fill(network: nn.Module, state: dict[str, torch.Tensor], path: Path) -> None:
    """
    Put weights into a network. What the state has beyond that is left.

    Weights below float's normal range, as that of the Million Song Dataset has thousands, become zero: beside any other
    they are nothing, and a processor takes many times as long for each.

    Raises:
        EmbeddingError: some are missing or of another shape.
    """
    wanted = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    for name, tensor in wanted.items():
        if name not in state:
            raise EmbeddingError(f"{path} has no {name}, so it is not that network's; give the publisher's own file")
        if state[name].shape != tensor.shape:
            came, expected = tuple(state[name].shape), tuple(tensor.shape)
            raise EmbeddingError(f"in {path}, {name} has shape {came} where {expected} is expected")
    network.load_state_dict({name: _normal(state[name]) for name in wanted}, strict=False)


def _normal(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.masked_fill(tensor.abs() < torch.finfo(torch.float32).tiny, 0)
