"""Options that one data set has and others do not, as NAME=VALUE."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer

DataSetOptions = Annotated[
    list[str] | None,
    typer.Option(
        help="Of the data set's own, NAME=VALUE, again for more: table=modified (a wrong name lists them).",
        show_default=False,
    ),
]
EVERYWHERE = ("folder", "cache_dir", "streaming")
A_VALUE_IS = {int: "a number without a fraction", float: "a number", bool: "true or false"}


def options_of(load: Callable[..., Any], given: Iterable[str]) -> dict[str, Any]:
    """
    Arguments for a data set's `load`, of the kinds that its annotations name.

    Args:
        load: of the data set. Of what it takes as a dataclass, the fields are options of their own.
        given: like `table=modified`, `seed=3`, `imputed=true`, `seconds=60,360`.

    Raises:
        ValueError: an option that the data set does not have, or a value of another kind.
    """
    whole = {name: _plain(kind) for name, kind in get_type_hints(load).items() if name not in (*EVERYWHERE, "return")}
    grouped: dict[str, Any] = {name: kind for name, kind in whole.items() if is_dataclass(kind)}
    home = {field.name: name for name, kind in grouped.items() for field in fields(kind)}
    known = {name: kind for name, kind in whole.items() if name not in grouped}
    for kind in grouped.values():
        known |= {name: _plain(each) for name, each in get_type_hints(kind).items()}
    options: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for each in given:
        name, _, text = each.partition("=")
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "it has none"
            raise ValueError(f"--option {each}: the data set has no option {name!r}; {there_are}")
        into = inner.setdefault(home[name], {}) if name in home else options
        into[name] = _value(each, text, known[name])
    return options | {name: grouped[name](**chosen) for name, chosen in inner.items()}


def needs_folder(load: Callable[..., Any]) -> bool:
    """Whether a data set can be had from a folder only."""
    return inspect.signature(load).parameters["folder"].default is inspect.Parameter.empty


def _plain(kind: Any) -> Any:
    """The kind itself, or of several the first that says something."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return next(each for each in get_args(kind) if each is not NoneType)


def _value(each: str, text: str, kind: Any) -> Any:
    if get_origin(kind) is not tuple:
        return _one(each, text, kind)
    kinds = get_args(kind)
    parts = text.split(",") if text else []
    if kinds[-1] is ...:
        return tuple(_one(each, part, kinds[0]) for part in parts)
    if len(parts) != len(kinds):
        raise ValueError(f"--option {each}: expected {len(kinds)} values with commas between them")
    return tuple(_one(each, part, its) for part, its in zip(parts, kinds, strict=True))


def _one(each: str, text: str, kind: Any) -> Any:
    try:
        return {"true": True, "false": False}[text] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise ValueError(f"--option {each}: expected {A_VALUE_IS[kind]}") from None
