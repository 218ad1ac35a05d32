"""What a recipe learns from, in hashes: the songs, how they are dealt, and how they are heard."""

from pathlib import Path

from tonada.datasets_scripts import provenance
from tonada.datasets_scripts.registry import data_set
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipe_parts import Data
from tonada.learning.songs import split_of
from tonada.listening.feature_cache import FeatureCache


def provenance_of(
    data: Data, root: Path, extractor: TonadaFeatureExtractor, cache: FeatureCache | None = None
) -> provenance.Provenance:
    """
    The provenance of a recipe's songs under `root`, heard with the extractor; the cache remembers what files hold.

    Raises:
        OSError: a recording cannot be read.
    """
    rows = data_set(data.script).load(root / data.folder)
    digest = (cache or FeatureCache()).contents.digest
    return provenance.of(rows, data.script, split_of(rows, data, root).hash, extractor.to_dict(), digest)
