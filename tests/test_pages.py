"""Pages are true: the Python of each runs in order and prints what it shows, and then its commands do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, run_python
from pages import commands

PAGES = ("evaluation", "labels", "model", pytest.param("for-engineers", marks=pytest.mark.slow))


class Page:
    """A page of docs/ whose blocks run in a folder of their own."""

    def __init__(self, name: str, folder: Path):
        text = (ROOT / "docs" / f"{name}.md").read_text()
        self.commands = commands(ROOT / "docs" / f"{name}.md")
        self.blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        self.folder = folder
        (folder / "examples").symlink_to(ROOT / "examples")
        self.printed = run_python(self.of("python"), folder, without_tonada=False)

    def of(self, language: str) -> str:
        """All blocks of a language, one after another."""
        return "".join(text for each, text in self.blocks if each == language)


@pytest.fixture(scope="module", params=PAGES)
def page(request, tmp_path_factory) -> Page:
    return Page(request.param, tmp_path_factory.mktemp(request.param))


def test_the_python_prints_what_the_page_shows(page):
    assert page.printed == page.of("text")


def test_each_command_prints_what_the_page_shows(page):
    for command in (each for each in page.commands if not each.reason):
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            command.line, shell=True, cwd=page.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert not command.shown or done.stdout == command.shown
