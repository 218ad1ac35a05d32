"""Models that grew from one network: they share it, and it hears a song once for all of them."""

import hashlib
import json
from collections.abc import Iterable

from tonada.listening.listener import Listener
from tonada.modeling import TonadaForAudioClassification, TonadaModel

# Of the config's settings those that the network before the head does not read.
OF_THE_HEAD = {
    *("abstain_below", "architectures", "conformal_quantile", "id2label", "label2id", "label_smoothing", "parents"),
    *("problem_type", "single_output", "temperature", "transformers_version", "vote", "_name_or_path"),
}


def share_backbones(listeners: Iterable[Listener]) -> None:
    """Give models whose networks before the head are equal, in settings and to the last bit of each weight, one."""
    known: dict[str, TonadaModel] = {}
    for listener in listeners:
        listener.model.tonada = known.setdefault(_identity(listener.model), listener.model.tonada)


def _identity(model: TonadaForAudioClassification) -> str:
    settings = {name: value for name, value in model.config.to_dict().items() if name not in OF_THE_HEAD}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, tensor in sorted(model.tonada.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
