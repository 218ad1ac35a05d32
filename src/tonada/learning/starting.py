"""A start: what another model has learned, but its labels, given to a new one before its first lesson."""

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipes import RecipeError
from tonada.listening.model_error import ModelError
from tonada.listening.pairs import load_start
from tonada.modeling import TonadaConfig, TonadaForAudioClassification, TonadaModel

SHAPE = {
    "spectrogram": ("conv_channels", "conv_kernel_size", "lstm_hidden_size", "attention_placement", "attention_heads"),
    "descriptors": ("dnn_sizes",),
    "embeddings": ("embedding_network", "embedding_width", "embedding_hidden_size"),
}
"""What of a config must be equal for what a branch has learned to fit into another."""


def start_from(
    start: str, model: TonadaForAudioClassification, extractor: TonadaFeatureExtractor, is_frozen: bool
) -> None:
    """
    Give a model all that another has learned but what its labels are, the scales of its songs too.

    Args:
        start: a model that came with the package, a folder or a Hub id.
        model: of the other's shape; it may have branches that the other has not, which stay as they are.
        extractor: of the model.
        is_frozen: whether nothing before the head will learn, at first or at all.

    Raises:
        RecipeError: saying why it cannot begin with the other.
    """
    try:
        other, ear = load_start(start)
        own = {**extractor.to_dict(), "branches": ear.branches, "feature_schema": None}
        _check_schema(other.config.feature_schema, TonadaFeatureExtractor.from_dict(own).feature_schema["hash"])
        _check_shape(other.config, model.config)
        if is_frozen:
            _check_nothing_begins_anew(other, model)
        told = model.tonada.load_state_dict(other.state_dict(), strict=False)
        given = {name.split(".")[0] for name in other.state_dict()}  # branches that the other has not begin anew
        if astray := [*told.unexpected_keys, *(name for name in told.missing_keys if name.split(".")[0] in given)]:
            raise ValueError(f"{len(astray)} of its tensors do not fit, {astray[0]} among them")
    except (ModelError, RuntimeError, ValueError) as error:
        raise RecipeError(f"model cannot start from {start}: {' '.join(str(error).split())}") from error


def _check_schema(theirs: str | None, ours: str | None) -> None:
    if theirs != ours:
        raise ValueError(f"it heard features of schema {theirs}, here they are of {ours}; say the same under features")


def _check_shape(theirs: TonadaConfig, ours: TonadaConfig) -> None:
    for name in (name for branch in theirs.branches for name in SHAPE.get(branch, ())):
        if (has := getattr(theirs, name)) != (wanted := getattr(ours, name)):
            raise ValueError(f"its {name} is {_said(has)}, here it is {_said(wanted)}; say the same under model")


def _check_nothing_begins_anew(other: TonadaModel, model: TonadaForAudioClassification) -> None:
    for name in model.tonada.encoders.keys() - other.encoders.keys():
        if any(True for _ in model.tonada.encoders[name].parameters()):
            without = "dnn_sizes: [] under model gives it no layers, or " if name == "descriptors" else ""
            raise ValueError(
                f"it has no branch {name}, which frozen_epochs would keep as it began; {without}leave them out"
            )


def _said(value: object) -> object:
    """As a recipe says it."""
    return list(value) if isinstance(value, tuple) else value
