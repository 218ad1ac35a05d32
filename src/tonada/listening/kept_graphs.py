"""
Models that were exported for ONNX Runtime, kept by what they were made of.

    $TONADA_CACHE/graphs/KEY.onnx    KEY of the model's files, of what answers call it, and of Tonada's version
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

from tonada.listening.kept_arrays import cache_folder
from tonada.listening.model_error import ModelError

MADE_OF = ("config.json", "preprocessor_config.json", "model.safetensors")
EDITION = 1  # raised whenever the graph of a model changes


def kept_graph(folder: Path, name: str) -> Path:
    """
    Where the graph of a model's folder is kept, or would be.

    Raises:
        ModelError: the folder holds no model.
    """
    digest = hashlib.sha256(f"{EDITION} {version('tonada')} {name}".encode())
    for file in MADE_OF:
        try:
            digest.update((folder / file).read_bytes())
        except OSError as error:
            raise ModelError(f"{folder} is no model: {file} cannot be read ({error.strerror})") from error
    return cache_folder() / "graphs" / f"{digest.hexdigest()[:32]}.onnx"
