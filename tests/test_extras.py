"""Tonada alone classifies; what needs more says which extra brings it, and nothing needs what no extra brings."""

import re
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from test_house import files_of, imports

from tonada.extras import EXTRAS, lacking

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ROOMS = ("modeling", "feature_extraction", "datasets_scripts", "src")
TOP_LEVEL = {"measuring.py": {"evaluate"}, "base.py": {"evaluate"}}  # which `tonada evaluate` loads once it has asked
SERVED = "serving"  # a part of the hall that `tonada serve` loads once it has asked for its extra
EXPORTED = "exporting"  # likewise of `tonada export`
BROUGHT_WITH = {"starlette": ["starlette"], "pydantic": ["pydantic"]}  # which fastapi is made of
BROUGHT_BY = packages_distributions()


def names(requirements: list[str]) -> set[str]:
    return {Requirement(each).name.lower().replace("_", "-") for each in requirements}


def distributions(module: str) -> set[str]:
    return {name.lower().replace("_", "-") for name in BROUGHT_BY.get(module, [])}


def every_file() -> list[Path]:
    return [path for room in ROOMS for path in files_of(room)]


def outside_the_core(path: Path, top_level_only: bool = False) -> set[str]:
    """Modules of third parties that Tonada alone does not bring."""
    core = names(PROJECT["dependencies"])
    found = {name.split(".")[0] for name in imports(path, top_level_only)}
    return {name for name in found if distributions(name) and not distributions(name) & {*core, "tonada"}}


def test_every_library_that_is_imported_is_required_or_of_an_extra():
    of_extras = {library for libraries in EXTRAS.values() for library in libraries}
    for path in every_file():
        assert outside_the_core(path) <= of_extras, path


def test_what_an_extra_brings_is_imported_where_it_is_used_alone():
    for path in every_file():
        if path.parent.name in (SERVED, EXPORTED):
            continue
        assert outside_the_core(path, top_level_only=True) <= TOP_LEVEL.get(path.name, set()), path


def test_the_extras_bring_the_libraries_that_the_messages_name():
    declared = PROJECT["optional-dependencies"]
    for extra, libraries in EXTRAS.items():
        for library in libraries:
            of_extra = names([*declared[extra], *BROUGHT_WITH.get(library, [])])
            assert distributions(library) & of_extra, (extra, library)


def test_every_extra_that_is_spoken_of_exists():
    pages = [*every_file(), ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    spoken = {name for path in pages for name in re.findall(r"tonada\[([a-z,]+)\]", path.read_text())}
    assert {each for name in spoken for each in name.split(",")} <= set(PROJECT["optional-dependencies"])


def test_what_is_there_is_not_lacking():
    assert lacking("explain") is None


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_is_lacking_is_named_with_the_way_to_get_it(extra, monkeypatch):
    monkeypatch.setattr("tonada.extras.find_spec", lambda library: None)
    told = lacking(extra)
    assert all(library in told for library in EXTRAS[extra])
    assert told.endswith(f"run: pip install 'tonada[{extra}]'")


def test_the_version_stands_in_one_place_and_the_changes_begin_with_it():
    import tonada

    assert tonada.__version__ == version("tonada") == PROJECT["version"]
    changes = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert changes[0] == PROJECT["version"]
