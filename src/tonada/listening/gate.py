"""Is it music at all: what a music detector, asked first, says of a song."""

from tonada.modeling import TonadaConfig, TonadaOutput
from tonada.modeling.labels_tonada import SINGLE_LABEL

MUSIC, NON_MUSIC = "music", "non_music"


def can_gate(config: TonadaConfig) -> bool:
    """Whether a model tells music from what is not, by its labels or by those above them (speech under non_music)."""
    return config.problem == SINGLE_LABEL and {MUSIC, NON_MUSIC} <= set(config.tree.nodes)


def no_music(output: TonadaOutput, config: TonadaConfig) -> float | None:
    """The probability of `non_music` for the one song of a batch, if it is greater than that of `music`."""
    members = config.tree.members((MUSIC, NON_MUSIC)).to(output.logits.device)
    music, non_music = (members * output.logits[0].exp()).sum(-1).tolist()
    return non_music if non_music > music else None
