"""The data sets by name."""

import importlib
from types import ModuleType

NAMES = ("emotion_4qaed",)


def data_set(name: str) -> ModuleType:
    """
    The module of a data set: its facts, its builder and its `load`.

    Raises:
        ValueError: there is none of that name; says which there are.
    """
    if name not in NAMES:
        raise ValueError(f"{name!r}: there is no data set of that name; there are {', '.join(NAMES)}")
    return importlib.import_module(f"{__package__}.{name}")
