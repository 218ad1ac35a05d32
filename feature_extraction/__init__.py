"""What the Hub runs, 2: from a waveform to features. Each file is copied flat beside the weights."""

from .descriptors_tonada import DESCRIPTOR_SETS
from .feature_extraction_tonada import TonadaFeatureExtractor

__all__ = ["DESCRIPTOR_SETS", "TonadaFeatureExtractor"]
