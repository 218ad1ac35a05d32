"""What the Hub runs, 2: from a waveform to features. Each file is copied flat beside the weights."""

from .feature_extraction_tonada import TonadaFeatureExtractor
from .published_sets_tonada import DESCRIPTOR_SETS

__all__ = ["DESCRIPTOR_SETS", "TonadaFeatureExtractor"]
