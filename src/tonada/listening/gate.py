"""Is it music at all: what a music detector, asked first, says of a song."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from tonada.listening.inputs import as_heard
from tonada.modeling import TonadaConfig, TonadaOutput
from tonada.modeling.labels_tonada import SINGLE_LABEL

if TYPE_CHECKING:
    from tonada.listening.listener import Listener

MUSIC, NON_MUSIC = "music", "non_music"


def can_gate(config: TonadaConfig) -> bool:
    """Whether a model tells music from what is not, by its labels or by those above them (speech under non_music)."""
    return config.problem == SINGLE_LABEL and {MUSIC, NON_MUSIC} <= set(config.tree.nodes)


def no_music(output: TonadaOutput, config: TonadaConfig) -> float | None:
    """The probability of `non_music` for the one song of a batch, if it is greater than that of `music`."""
    members = config.tree.members((MUSIC, NON_MUSIC)).to(output.logits.device)
    music, non_music = (members * output.logits[0].exp()).sum(-1).tolist()
    return non_music if non_music > music else None


def refusal(gate: "Listener", waveform: np.ndarray, path: str) -> str | None:
    """What the gate says against a recording, `(samples,)` at its own rate, in a line; nothing against music."""
    song = as_heard(waveform, gate.extractor)
    features = gate.extractor(song, sampling_rate=gate.extractor.sampling_rate, return_tensors="pt")
    with torch.inference_mode():
        output = gate.model(**features.to(gate.model.device))
    chance = no_music(output, gate.model.config)
    if chance is None:
        return None
    said = f"{path or 'the audio given'}: is not music, says {gate.name} ({NON_MUSIC} {chance:.2f})"
    return f"{said}; leave out the gate to have it judged all the same"
