"""What an extractor says that hears a song's stems and not their mix: its columns, its refusals, its warning."""

import logging
from functools import lru_cache

logger = logging.getLogger(__name__)


def check_stems(stems: list[str] | None, separation: str | None) -> None:
    """
    Refuse stems that cannot be told apart, or of which nobody knows where they come from.

    Raises:
        ValueError: naming both settings and what they should be.
    """
    if (stems is None) != (separation is None):
        raise ValueError(
            f"stems is {stems} and separation is {separation!r}; give both, for example stems=['voice', "
            "'accompaniment'] and separation='repet-sim', or neither to hear the mix"
        )
    if stems is not None and (not stems or len(set(stems)) < len(stems) or not all(map(_is_name, stems))):
        raise ValueError(f"stems is {stems}; list the names of one stem or more, each once")


def stem_columns(columns: tuple[str, ...], stems: list[str] | None) -> tuple[str, ...]:
    """Names of a set's columns, of one stem after the other."""
    return columns if stems is None else tuple(f"{stem}_{column}" for stem in stems for column in columns)


def not_stems(shape: tuple[int, ...], stems: list[str], separation: str | None) -> str:
    """What is said to somebody who gives a waveform of another shape."""
    names = ", ".join(stems)
    return (
        f"this model hears stems and not a mix: a song must be {names}, separated by {separation}, of shape "
        f"({len(stems)}, samples); this one has shape {shape}. Separate it first, in Tonada "
        f"tonada.listening.separation.separate(waveform, rate, {separation!r}), or let `tonada classify` do both. "
        'pipeline("audio-classification") cannot separate and cannot run this model'
    )


def tell_of_stems(stems: list[str], separation: str | None) -> str:
    """What is said when such an extractor is saved or loaded."""
    return (
        f"This model hears stems ({', '.join(stems)}, separated by {separation}) and not a mix. Tonada separates "
        "before it asks the model; the stock pipeline cannot separate, and what it gives is refused."
    )


@lru_cache
def warn_once(message: str) -> None:
    """Log a warning, the first time only."""
    logger.warning(message)


def _is_name(stem: object) -> bool:
    return isinstance(stem, str) and stem.isidentifier()


__all__ = ["check_stems", "not_stems", "stem_columns", "tell_of_stems", "warn_once"]
