"""The data sets by name."""

import importlib
from types import ModuleType
from typing import Any

NAMES = (
    *("emotion_4qaed", "emotify", "emopia", "ccmusic_genre", "ccmusic_audio", "fma"),
    *("turkish", "gtzan", "pyaudioanalysis", "music_or_not", "audioset_vggish", "free_audio", "playlists", "folder"),
)


def data_set(name: str) -> ModuleType:
    """
    The module of a data set: its facts, its builder and its `load`.

    Raises:
        ValueError: there is none of that name; says which there are.
    """
    if name not in NAMES:
        raise ValueError(f"{name!r}: there is no data set of that name; there are {', '.join(NAMES)}")
    return importlib.import_module(f"{__package__}.{name}")


def facts() -> list[dict[str, Any]]:
    """What every data set says of itself: name, songs (None where that depends on you), labels, licence, source."""
    modules = {name: data_set(name) for name in NAMES}
    return [
        {"name": name, "songs": each.SONGS, "labels": each.LABELS, "licence": each.LICENSE, "source": each.SOURCE}
        for name, each in modules.items()
    ]
