"""What a saved model says of the data that it learned from."""

from pathlib import Path

from transformers.utils.hub import cached_file

from tonada.datasets_scripts import provenance


def provenance_of_model(model: str, revision: str | None = None) -> provenance.Provenance | None:
    """
    The provenance beside a model's weights, or `None` if it has none that can be read.

    Args:
        model: a folder or a Hub id.
        revision: branch, tag or commit of the Hub model.
    """
    try:
        path = cached_file(model, provenance.FILE, revision=revision)
        return provenance.load(Path(path)) if path else None
    except (OSError, ValueError):  # the model is none the worse for it
        return None
