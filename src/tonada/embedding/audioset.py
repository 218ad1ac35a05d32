"""VGGish and YAMNet, Google's networks of AudioSet (Hershey et al. 2017), from the kept port torch-vggish-yamnet."""

from torch import nn

from tonada.embedding.errors import EmbeddingError


def vggish() -> nn.Module:
    """`(stretches, 1, 96, 64)` log-mel to `(stretches, 128)`, behind the last ReLU. Untrained, never downloaded."""
    try:
        from torch_vggish_yamnet.vggish.model import VGGish
    except ImportError as error:
        raise _without_port("vggish") from error
    return VGGish()


def yamnet() -> nn.Module:
    """`(stretches, 1, 96, 64)` log-mel to `(stretches, 1024, 1, 1)` and logits `(stretches, 521)`. Untrained."""
    try:
        from torch_vggish_yamnet.yamnet.model import YAMNet
    except ImportError as error:
        raise _without_port("yamnet") from error
    return YAMNet()


def _without_port(name: str) -> EmbeddingError:
    return EmbeddingError(
        f"{name} needs the package torch-vggish-yamnet, which is not installed: pip install 'tonada[embeddings]'"
    )
