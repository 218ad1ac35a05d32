"""The wheel holds every room, the command, the checkpoints and the page, and no test, example or data."""

import tomllib
import zipfile

import pytest
from conftest import ROOT


def test_every_package_of_the_tree_is_in_the_wheel(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    mapping = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
    places = {room: name.replace(".", "/") for name, room in mapping.items()}
    expected = set()
    for room, place in places.items():
        for path in (ROOT / room).rglob("*.py"):
            expected.add(f"{place}/{path.relative_to(ROOT / room).as_posix()}")
    assert inside == expected


@pytest.mark.parametrize("task", ["ear", "emotion", "genre", "music"])
def test_the_bundled_checkpoints_are_in_the_wheel_and_nothing_heavy_beside_them(wheel, task):
    sizes = {info.filename: info.file_size for info in zipfile.ZipFile(wheel).infolist()}
    for name in (
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
        "README.md",
        "recipe.yaml",
        "split.json",
    ):
        assert sizes[f"tonada/checkpoints/{task}/{name}"] > 0
    assert sum(size for name, size in sizes.items() if "/checkpoints/" not in name) < 2_750_000


def test_the_page_is_in_the_wheel_and_the_one_that_needs_npm_is_not(wheel):
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "space").iterdir() if path.is_file()}
    assert {name for name in zipfile.ZipFile(wheel).namelist() if "/space/" in name} == {
        f"tonada/{name}" for name in files
    }


def test_type_checkers_are_told_that_every_package_has_types(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {f"{name.split('/')[0]}/py.typed" for name in inside if name.endswith(".py")} <= inside


def test_the_licence_is_in_the_wheel(wheel):
    assert any(name.endswith("LICENSE") for name in zipfile.ZipFile(wheel).namelist())
