"""Tonada listens to recorded music; importing it makes transformers' Auto classes know its models."""

from importlib.metadata import version

from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForAudioClassification

from tonada.checkpoints import checkpoint
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification, TonadaModel

__version__ = version("tonada")

AutoConfig.register(TonadaConfig.model_type, TonadaConfig)
AutoFeatureExtractor.register(TonadaConfig, TonadaFeatureExtractor)
AutoModel.register(TonadaConfig, TonadaModel)
AutoModelForAudioClassification.register(TonadaConfig, TonadaForAudioClassification)

__all__ = ["TonadaConfig", "TonadaFeatureExtractor", "TonadaForAudioClassification", "TonadaModel", "checkpoint"]
