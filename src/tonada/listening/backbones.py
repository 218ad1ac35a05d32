"""Models that grew from one network: they share it, and it hears a song once for all of them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from tonada.listening.listener import Listener
from tonada.modeling import TonadaForAudioClassification, TonadaModel

# Of the config's settings those that the network before the head does not read outside training.
OF_THE_HEAD = {
    *(
        "abstain_below",
        "architectures",
        "conformal_quantile",
        "dropout",
        "id2label",
        "label2id",
        "label_smoothing",
        "parents",
    ),
    *("problem_type", "single_output", "temperature", "transformers_version", "vote", "_name_or_path"),
}


def share_backbones(listeners: Iterable[Listener]) -> None:
    """
    Give models whose networks before the head are equal, in settings and to the last bit of each weight, one.

    It is the first one's, config included; whoever moves it to a device or trains it does so for all.
    """
    known: dict[str, TonadaModel] = {}
    for listener in listeners:
        listener.model.tonada = known.setdefault(_identity(listener.model), listener.model.tonada)


def hash_of(settings: Any, weights: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of settings that JSON can hold and of tensors, in hexadecimal digits."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, tensor in sorted(weights.items()):
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def _identity(model: TonadaForAudioClassification) -> str:
    settings = {name: value for name, value in model.config.to_dict().items() if name not in OF_THE_HEAD}
    return hash_of(settings, model.tonada.state_dict())
