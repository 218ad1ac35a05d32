"""Every command of README and docs runs; one that is not run says why, in the page and in the summary of the tests."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from pages import COMMAND, Command, commands, folder_of_pages, run

from tonada_cli import app

OF_THEIR_OWN = ("README", "README.es", "evaluation", "for-engineers", "labels", "model")
"""Pages that test_readme.py and test_pages.py run, with their Python."""
PAGES = [ROOT / "README.md", ROOT / "README.es.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
GUIDES = [page for page in PAGES if page.stem not in OF_THEIR_OWN and commands(page)]


@pytest.fixture(scope="module", params=GUIDES, ids=lambda page: page.stem)
def page(request):
    """A page, in a folder that its commands share."""
    with folder_of_pages():
        yield request.param


@pytest.mark.slow
def test_each_command_prints_what_the_page_shows(page, subtests):
    for command in commands(page):
        with subtests.test(command.line):
            if command.reason:
                pytest.skip(f"{command.line}: {command.reason}")
            code, printed = run(command.line)
            assert code == 0, printed
            assert printed.startswith(command.shown)


def every_command() -> list[tuple[Path, Command]]:
    return [(page, command) for page in PAGES if page.exists() for command in commands(page)]


def test_every_command_knows_the_options_it_is_given():
    import typer

    known = typer.main.get_command(app)
    lines = [(page, command.line) for page, command in every_command()] + list(inline_commands())
    for page, line in lines:
        words = shlex.split(line.partition(" > ")[0])
        if words[0] == "tonada":
            group = known
            while words[1:] and words[1] in getattr(group, "commands", {}):
                group = group.commands[words.pop(1)]
            options = {"--help", *(name for each in group.params for name in (*each.opts, *each.secondary_opts))}
            given = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
            assert given <= options, (page.name, line)


def inline_commands() -> Iterator[tuple[Path, str]]:
    """Those that stand in a sentence, which may break across lines."""
    for page in filter(Path.exists, PAGES):
        for line in re.findall(r"`(tonada [^`]+)`", page.read_text()):
            yield page, " ".join(line.split())


def test_a_command_stands_in_a_console_block_after_a_dollar():
    for page in PAGES:
        if page.exists():
            blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL)
            for language, text in blocks:
                assert language, f"{page.name} has a block of no language:\n{text}"
                assert language == "console" or not text.startswith("tonada "), (page.name, text)
                assert language != "console" or COMMAND.sub("", text) == "", (page.name, text)


def test_what_is_not_run_says_why():
    for _, command in every_command():
        assert command.reason or command.line.split()[0] in ("tonada", "make"), command.line


def test_the_index_links_every_page():
    index = (ROOT / "docs" / "README.md").read_text()
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


def test_every_link_between_pages_leads_somewhere():
    for page in PAGES:
        if page.exists():
            for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
                assert (page.parent / target).exists(), (page.name, target)


def test_every_link_to_a_heading_finds_it():
    for page in PAGES:
        if page.exists():
            for target, heading in re.findall(r"\]\(([^)#:\s]*)#([^)]+)\)", page.read_text()):
                place = page.parent / target if target else page
                titles = re.findall(r"^#+ (.+)$", place.read_text(), flags=re.MULTILINE)
                anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
                assert heading in anchors, (page.name, target, heading)
