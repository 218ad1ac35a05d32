"""A model and its extractor: loaded from where they were saved together, and held against each other."""

from pathlib import Path
from typing import Any

import torch
from huggingface_hub import try_to_load_from_cache
from safetensors import SafetensorError
from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForAudioClassification

from tonada.checkpoints import checkpoint, is_bundled
from tonada.embedding.published import EMBEDDERS
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.model_error import ModelError
from tonada.modeling import TonadaConfig, TonadaForAudioClassification, TonadaModel

# What transformers, torch and safetensors raise for a folder that is missing, foreign or damaged.
DAMAGED = (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, SafetensorError)


def check_pair(config: TonadaConfig, extractor: TonadaFeatureExtractor) -> None:
    """
    Refuse an extractor that makes other features than the model was built for.

    Raises:
        ModelError: naming the first number on which they disagree, and both its values.
    """
    if not isinstance(extractor, TonadaFeatureExtractor):
        raise ModelError(f"the extractor is a {type(extractor).__name__}; a Tonada model hears with Tonada's own")
    shared = {
        "branches": (sorted(extractor.branches), sorted(config.branches)),
        "num_channels": (extractor.num_channels, config.num_channels),
        "num_mel_bins": (extractor.num_bands, config.num_mel_bins),
        "num_descriptors": (len(extractor.columns), config.num_descriptors),
        "feature_schema": (extractor.feature_schema["hash"], config.feature_schema or extractor.feature_schema["hash"]),
    }
    if "waveform" in config.branches:
        shared["sampling_rate"] = (extractor.sampling_rate, config.encoder_processor["sampling_rate"])
    if extractor.embedder in EMBEDDERS:
        shared["embedding_width"] = (EMBEDDERS[extractor.embedder].width, config.embedding_width)
    for name, (made, expected) in shared.items():
        if made != expected:
            raise ModelError(f"extractor and model disagree on {name}: {made} is made, {expected} is expected")


def load_pair(model: str, revision: str | None) -> tuple[TonadaForAudioClassification, TonadaFeatureExtractor]:
    """
    The model and the extractor of a folder or a Hub id; no code from there is run.

    Raises:
        ModelError: they cannot be found or read, are not Tonada's, or the model answers nothing.
    """
    loaded, told, extractor = _loaded(AutoModelForAudioClassification, model, revision)
    if loaded.config.architectures == [TonadaModel.__name__]:
        raise ModelError(f"{model} was saved without a head and answers nothing; a recipe may begin with it (start)")
    _check_whole(f"{model} is no whole classifier", told, ("missing_keys", "unexpected_keys", "mismatched_keys"))
    return loaded, extractor


def load_start(model: str) -> tuple[TonadaModel, TonadaFeatureExtractor]:
    """
    All but the head of a model that came with the package, or is in a folder or on the Hub, and its extractor.

    Raises:
        ModelError: they cannot be found or read, or are not Tonada's.
    """
    found = str(checkpoint(model)) if is_bundled(model) else model
    loaded, told, extractor = _loaded(AutoModel, found, None)
    _check_whole(f"{model} is no whole model", told, ("missing_keys", "mismatched_keys"))  # a head is not expected
    check_pair(loaded.config, extractor)
    return loaded, extractor


def _loaded(kind: Any, model: str, revision: str | None) -> tuple[Any, dict[str, Any], TonadaFeatureExtractor]:
    try:
        where = {"revision": revision, "trust_remote_code": False}
        config = AutoConfig.from_pretrained(model, **where)
        if not isinstance(config, TonadaConfig):
            raise ModelError(f"{model} is a {config.model_type!r} model; this command runs Tonada's own")
        extractor = AutoFeatureExtractor.from_pretrained(model, **where)
        loaded, told = kind.from_pretrained(model, output_loading_info=True, dtype=torch.float32, **where)
    except DAMAGED as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{model} cannot be loaded: {reason}") from error
    return loaded, told, extractor


def _check_whole(what: str, told: dict[str, Any], which: tuple[str, ...]) -> None:
    if astray := sorted(str(key) for keys in which for key in told[keys]):
        raise ModelError(f"{what}: {len(astray)} tensors do not fit, {astray[0]} among them")


def commit_of(model: str, revision: str | None) -> str | None:
    """The commit of a cached Hub model: its files lie in a folder of that name."""
    path = try_to_load_from_cache(model, "config.json", revision=revision)
    return Path(path).parent.name if isinstance(path, str) else revision
