"""Why a model cannot listen; apart from the listeners, of which one loads torch and the other must not."""


class ModelError(Exception):
    """A model that cannot be loaded or does not fit its extractor, in one line."""
