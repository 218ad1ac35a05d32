"""Whatever a data set's `load` takes can be said on the command line, and nothing else."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tonada.datasets_scripts import registry
from tonada.datasets_scripts.playlists import Wanted

from tonada_cli.data_options import EVERYWHERE, needs_folder, options_of


def load(folder: str | Path, whole: int = 0, part: float = 0.5, names: tuple[str, ...] = ()) -> None:
    """A data set with an option of several kinds."""


def of(name: str) -> Callable[..., Any]:
    return registry.data_set(name).load


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("turkish", ["table=modified"], {"table": "modified"}),
        ("fma", ["seed=3", "imputed=true"], {"seed": 3, "imputed": True}),
        ("ccmusic_audio", ["seconds=2.5"], {"seconds": 2.5}),
        ("music_or_not", ["music=a/b,c", "non_music=d"], {"music": ("a/b", "c"), "non_music": ("d",)}),
        ("ccmusic_genre", [f"revision={'0' * 40}"], {"revision": "0" * 40}),
        ("emopia", ["soundfont=/a/b.sf2"], {"soundfont": "/a/b.sf2"}),
        ("playlists", ["plays=9", "seconds=0,360"], {"wanted": Wanted(plays=9, seconds=(0.0, 360.0))}),
        ("playlists", ["bit_rate=128", "languages=en,de"], {"wanted": Wanted(bit_rate=128, languages=("en", "de"))}),
        ("playlists", [], {}),
        ("folder", [], {}),
    ],
)
def test_an_option_becomes_what_the_data_set_takes(name, said, expected):
    assert options_of(of(name), said) == expected


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("emotify", "table=x", "it has none"),
        ("playlists", "wanted=x", "there are plays, seconds, bit_rate, languages, disagree"),
        ("playlists", "seconds=60", "expected 2 values with commas between them"),
        ("playlists", "seconds=60,long", "expected a number"),
        ("playlists", "plays=1.5", "expected a number without a fraction"),
        ("fma", "imputed=yes", "expected true or false"),
        ("fma", "folder=x", "has no option 'folder'"),
    ],
)
def test_what_it_does_not_take_is_told_with_what_it_does(name, said, says):
    with pytest.raises(ValueError, match=f"--option {said}: .*{says}"):
        options_of(of(name), [said])


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_argument_of_every_data_set_is_an_option(name):
    taken = [each for each in inspect.signature(of(name)).parameters if each not in EVERYWHERE]
    with pytest.raises(ValueError, match="has no option ''") as refused:
        options_of(of(name), [""])
    said = str(refused.value)
    assert all(each in said for each in taken if each != "wanted")


def test_only_what_the_hub_has_can_be_had_without_a_folder():
    assert [name for name in registry.NAMES if not needs_folder(of(name))] == ["ccmusic_genre"]


@given(st.text() | st.from_regex("(whole|part|names)=[0-9a-z.,-]{0,5}", fullmatch=True))
def test_any_text_is_an_option_or_is_refused(said):
    name, _, _ = said.partition("=")
    try:
        found = options_of(load, [said])
    except ValueError as error:
        found = error
    if isinstance(found, ValueError):
        assert f"--option {said}: " in str(found)
    else:
        assert type(found[name]) is {"whole": int, "part": float, "names": tuple}[name]
