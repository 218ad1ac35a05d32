"""The page on data is true: its blocks print what they show, and `tonada data list` says what each data set says."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from commands import printed_by, tonada
from conftest import ROOT
from tonada.datasets_scripts import registry

PAGE = (ROOT / "docs" / "data.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def tonada_data(*arguments: str, folder: Path = ROOT) -> str:
    done = tonada("data", *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def listed() -> str:
    return tonada_data("list")


def test_the_python_prints_what_the_page_shows(tmp_path):
    (tmp_path / "DATA").mkdir()
    (tmp_path / "DATA" / "emotify").symlink_to(ROOT / "tests" / "data" / "emotify")
    printed = printed_by("".join(text for language, text in BLOCKS if language == "python"), tmp_path)
    assert printed == "".join(text for language, text in BLOCKS if language == "text")


def test_the_list_begins_as_the_page_shows(listed):
    shown = next(text for language, text in BLOCKS if language == "console")
    assert listed.startswith(shown.removeprefix("$ tonada data list\n"))


def test_every_data_set_is_on_the_page_and_in_the_list(listed):
    for name in registry.NAMES:
        assert f"| `{name}` |" in PAGE
        assert re.search(rf"^{name} ", listed, flags=re.MULTILINE)


def test_programs_read_the_same_facts():
    facts = json.loads(tonada_data("list", "--format", "json"))
    assert facts == registry.facts()
    rows = list(csv.DictReader(io.StringIO(tonada_data("list", "--format", "csv"))))
    assert [row["name"] for row in rows] == list(registry.NAMES)
    assert rows[0]["labels"] == "happy; sad; relaxed; angry"


def test_help_teaches_by_example():
    assert "tonada data list --format csv" in tonada_data("list", "--help")


@pytest.mark.slow
def test_the_audits_print_what_the_page_shows(data, tmp_path):
    (tmp_path / "DATA").symlink_to(data)
    audits = [text for language, text in BLOCKS if language == "console" and "$ tonada data audit" in text]
    assert audits
    for block in audits:
        command, _, shown = block.partition("\n")
        printed = tonada_data(*command.removeprefix("$ tonada data ").split(), folder=tmp_path)
        assert printed == shown
