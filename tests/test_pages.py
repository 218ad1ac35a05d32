"""Pages are true: the Python of each runs in order and prints what it shows, and then its commands do."""

import re
import shlex
from pathlib import Path

import pytest
from commands import printed_by, tonada
from conftest import ROOT
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
        self.printed = printed_by(self.of("python"), folder)

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
        program, *arguments = shlex.split(command.line)
        assert program == "tonada"
        done = tonada(*arguments, folder=page.folder)
        assert done.returncode == 0, done.stderr
        assert not command.shown or done.stdout == command.shown
