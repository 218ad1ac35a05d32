"""The arrows of the house: which room may know which, read from the code's own imports."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from tonada.feature_extraction import settings_tonada
from tonada.modeling import configuration_tonada

HUB_ROOMS = ("modeling", "feature_extraction")
SPACE_LIBRARIES = {"gradio", "transformers", "numpy"}
ONLY_WHERE_NEEDED = {"PIL"}  # inside the functions that cannot do without
HUB_LIBRARIES = {"torch", "torchaudio", "numpy", "transformers"}
HALL = {
    # which parts of the hall each part may know; nobody may know the command
    "checkpoints": set(),
    "embedding": set(),
    "listening": {"checkpoints", "embedding"},
    "cataloguing": {"listening", "embedding"},
    "explaining": {"listening", "learning", "proving"},
    "exporting": {"listening"},
    "serving": {"listening"},
    "proving": {"listening"},  # an audit hears what it audits
    "learning": {"listening", "embedding", "proving"},
    "evaluating": {"listening", "proving", "learning"},
    "sharing": {"checkpoints", "listening", "embedding", "proving", "learning"},
}


def test_both_rooms_know_the_same_branches():
    assert set(configuration_tonada.BRANCHES) == set(settings_tonada.BRANCHES)


def test_the_picture_of_the_house_has_the_arrows_that_are_allowed():
    page = (ROOT / "docs" / "architecture.md").read_text()
    hall = page.partition("subgraph hall")[2].partition("    end\n")[0]
    drawn = {room: set(known.split(" & ")) for room, known in re.findall(r"(\w+) --> (.+)", hall)}
    assert drawn == {room: known for room, known in HALL.items() if known}


def files_of(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path, top_level_only: bool = False) -> Iterator[str]:
    """Names of the modules a file imports, relative ones with their dots."""
    tree = ast.parse(path.read_text())
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "tonada":
            yield from (f"tonada.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def every_file() -> list[Path]:
    folders = (*HUB_ROOMS, "datasets_scripts", "src", "space", "tests", "benchmarks")
    return [path for folder in folders for path in files_of(folder)]


@pytest.mark.parametrize("path", [path for room in HUB_ROOMS for path in files_of(room)], ids=lambda path: path.name)
def test_a_hub_room_imports_only_its_neighbours_and_four_libraries(path):
    standard = set(sys.stdlib_module_names)
    for name in imports(path):
        if name.startswith("."):
            assert re.fullmatch(r"\.[a-z0-9_]+", name), f"{name}: only `from .name import` survives saving"
        else:
            assert name.split(".")[0] in HUB_LIBRARIES | ONLY_WHERE_NEEDED | standard, name
    for name in imports(path, top_level_only=True):
        assert name.split(".")[0] not in ONLY_WHERE_NEEDED, name


@pytest.mark.parametrize("path", [path for room in HUB_ROOMS for path in files_of(room)], ids=lambda path: path.name)
def test_what_looks_like_a_relative_import_to_transformers_is_one(path):
    seen = re.findall(r"^\s*from\s+\.(\S+)\s+import", path.read_text(), flags=re.MULTILINE)
    assert {f".{name}" for name in seen} == {name for name in imports(path) if name.startswith(".")}


def test_the_flat_files_of_both_rooms_have_distinct_names():
    names = [path.name for room in HUB_ROOMS for path in files_of(room) if path.name != "__init__.py"]
    assert len(names) == len(set(names))
    assert all(name.endswith("_tonada.py") for name in names)


def test_data_sets_know_no_torch_and_no_model():
    for path in files_of("datasets_scripts"):
        assert not {"torch", "torchaudio", "transformers", "tonada"} & {name.split(".")[0] for name in imports(path)}, (
            path
        )


def test_the_space_knows_three_libraries_and_its_own_files_and_no_tonada():
    own = {path.stem for path in files_of("space")}
    for path in files_of("space"):
        known = SPACE_LIBRARIES | own | set(sys.stdlib_module_names)
        assert {name.split(".")[0] for name in imports(path)} <= known, path


def test_nobody_imports_a_room_by_its_bare_name():
    rooms = {*HUB_ROOMS, "datasets_scripts"}
    for path in every_file():
        assert not rooms & {name.split(".")[0] for name in imports(path)}, path


def test_nobody_imports_the_command():
    for path in every_file():
        if "tonada_cli" not in path.parts and path.parent.name != "tests":
            assert "tonada_cli" not in {name.split(".")[0] for name in imports(path)}, path


def test_every_part_of_the_hall_has_its_arrows():
    assert set(HALL) == {path.name for path in (ROOT / "src" / "tonada").iterdir() if (path / "__init__.py").exists()}


@pytest.mark.parametrize("part", HALL)
def test_a_part_of_the_hall_knows_only_what_it_builds_on(part):
    for path in files_of(f"src/tonada/{part}"):
        for name in imports(path):
            known = name.split(".")[1] if name.startswith("tonada.") else None
            if known in HALL:
                assert known in HALL[part] | {part}, f"{path.name} imports {name}"


def test_the_command_imports_nothing_heavy_at_top_level():
    for path in files_of("src/tonada_cli"):
        allowed = {"tonada_cli", "typer", *sys.stdlib_module_names}
        assert {name.split(".")[0] for name in imports(path, top_level_only=True)} <= allowed, path


def test_every_python_file_says_first_what_it_is_for():
    for path in every_file():
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_no_file_reads_pickle():
    for path in every_file():
        assert not {"pickle", "joblib", "dill"} & set(imports(path)), path
