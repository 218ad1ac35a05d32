"""What a classical model was fitted on: the list of its songs, and the data in hashes."""

from pathlib import Path

from tonada.datasets_scripts import provenance
from tonada.datasets_scripts.registry import data_set
from tonada.datasets_scripts.splits import Split
from tonada.learning.classical.recipe import ClassicalRecipe
from tonada.learning.classical.rows import Rows
from tonada.listening.feature_cache import FeatureCache

OWN = "own"
"""The version of a table of one's own, which has no reader of that name."""


def split_of(rows: Rows) -> Split:
    """All songs on the side to learn from, with their groups: by it `tonada evaluate` knows which songs are no test."""
    songs = rows.song_ids.tolist()
    return Split(dict.fromkeys(songs, "train"), dict(zip(songs, rows.groups.tolist(), strict=True)))


def provenance_of(
    recipe: ClassicalRecipe, rows: Rows, root: Path, cache: FeatureCache | None = None
) -> provenance.Provenance:
    """
    The provenance of a recipe's songs under `root`; of a table of one's own the hash is that of its file.

    Raises:
        OSError: a recording cannot be read.
    """
    data, split = recipe.data, split_of(rows).hash
    if data.table is not None:
        path = root / data.table
        return provenance.Provenance(path.name, OWN, len(rows.labels), provenance.file_digest(path), split)
    loaded = data_set(str(data.script)).load(root / data.folder, **data.options)
    settings = None if rows.extractor is None else rows.extractor.to_dict()
    return provenance.of(loaded, str(data.script), split, settings, (cache or FeatureCache()).contents.digest)
