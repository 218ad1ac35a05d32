"""What the Hub runs, 1: from features to label scores. Each file is copied flat beside the weights."""

from .configuration_tonada import TonadaConfig
from .modeling_tonada import TonadaForAudioClassification, TonadaModel
from .output_tonada import TonadaOutput

__all__ = ["TonadaConfig", "TonadaForAudioClassification", "TonadaModel", "TonadaOutput"]
