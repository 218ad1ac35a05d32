"""Options that one data set has and others do not, as NAME=VALUE."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

EVERYWHERE = ("folder", "cache_dir", "streaming")


def options_of(load: Callable[..., Any], given: Iterable[str]) -> dict[str, str | int | bool]:
    """
    Arguments for a data set's `load`.

    Args:
        load: of the data set; its words, numbers and yes-or-no's can be given.
        given: like `table=modified`, `seed=3`, `imputed=true`.

    Raises:
        ValueError: an option that the data set does not have, or a value of another kind.
    """
    defaults = {name: each.default for name, each in inspect.signature(load).parameters.items()}
    known = {name: value for name, value in defaults.items() if name not in EVERYWHERE and _is_plain(value)}
    options = {}
    for each in given:
        name, _, text = each.partition("=")
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "it has none"
            raise ValueError(f"--option {each}: the data set has no option {name!r}; {there_are}")
        options[name] = _value(each, text, type(known[name]))
    return options


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int))


def _value(each: str, text: str, kind: type) -> str | int | bool:
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f"--option {each}: expected true or false")
        return text == "true"
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"--option {each}: expected a number") from None
