"""What a recipe learns from, in hashes: the songs, how they are dealt, and how they are heard."""

from pathlib import Path

from tonada.datasets_scripts import provenance
from tonada.datasets_scripts.splits import Split
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipe_parts import Data
from tonada.learning.songs import rows_of
from tonada.listening.feature_cache import FeatureCache


def provenance_of(
    data: Data, root: Path, extractor: TonadaFeatureExtractor, split: Split, cache: FeatureCache
) -> provenance.Provenance:
    """
    The provenance of a recipe's songs under `root`, so dealt and so heard; the cache remembers what files hold.

    Raises:
        OSError: a recording cannot be read.
    """
    rows = rows_of(data, root)
    also = [source["script"] for source in data.also]
    return provenance.of(rows, data.script, split.hash, extractor.to_dict(), cache.contents.digest, also)
