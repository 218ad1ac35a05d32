"""VGGish and YAMNet, Google's networks of AudioSet (Hershey et al. 2017), from the kept port torch-vggish-yamnet."""

from torch import nn

from tonada.embedding.errors import EmbeddingError
from tonada.extras import lacking


def vggish() -> nn.Module:
    """`(stretches, 1, 96, 64)` log-mel to `(stretches, 128)`, behind the last ReLU. Untrained, never downloaded."""
    _check_port("vggish")
    from torch_vggish_yamnet.vggish.model import VGGish

    return VGGish()


def yamnet() -> nn.Module:
    """`(stretches, 1, 96, 64)` log-mel to `(stretches, 1024, 1, 1)` and logits `(stretches, 521)`. Untrained."""
    _check_port("yamnet")
    from torch_vggish_yamnet.yamnet.model import YAMNet

    return YAMNet()


def _check_port(name: str) -> None:
    if told := lacking("embeddings"):
        raise EmbeddingError(f"{name} {told}")
