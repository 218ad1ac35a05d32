"""
The commands of the pages, and what they print: `python docs/pages.py README.md docs/for-anyone.md` prints them anew.

A page's console blocks are run in order in a folder that holds what the pages speak of: the examples, the recipes, a
small sample of emotify as DATA/emotify, the bundled model as my-moods. A block under `<!-- not run: REASON -->` stays
as it is. What a command shows is compared by the tests, and written by this program; one that shows nothing only runs.
"""

import contextlib
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^(?:<!-- not run: (.+?) -->\n)?```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A line after `$`, what the page shows below it, and why it is not run; empty where it is."""

    line: str
    shown: str
    reason: str


def commands(page: Path) -> list[Command]:
    """The commands of a page, in order."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Command(line, shown, reason) for reason, text in blocks for line, shown in COMMAND.findall(text)]


@contextlib.contextmanager
def folder_of_pages() -> Iterator[Path]:
    """A folder to run commands in, entered."""
    import tonada

    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        folder = Path(place)
        (folder / "DATA").mkdir()
        (folder / "DATA" / "emotify").symlink_to(ROOT / "tests" / "data" / "emotify")
        (folder / "my-moods").symlink_to(tonada.checkpoint("emotion"))
        for name in ("examples", "recipes"):
            (folder / name).symlink_to(ROOT / name)
        yield folder


def run(line: str) -> tuple[int, str]:
    """The exit code of a `tonada` command and what it prints; `> FILE` at its end writes that to a file instead."""
    from typer.testing import CliRunner

    from tonada_cli import app

    words, _, target = line.partition(" > ")
    done = CliRunner().invoke(app, shlex.split(words)[1:], prog_name="tonada")
    if target:
        Path(target).write_text(done.stdout, encoding="utf-8")
    return done.exit_code, "" if target else done.stdout


def printed_anew(page: Path) -> str:
    """The page with what its commands print now."""

    def session(found: re.Match) -> str:
        line, shown = found[1], found[2]
        printed = run(line)[1] if line.startswith("tonada") else shown
        return f"$ {line}\n{printed if shown else ''}"

    def block(found: re.Match) -> str:
        return found[0] if found[1] else found[0].replace(found[2], COMMAND.sub(session, found[2]))

    return BLOCK.sub(block, page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    pages = [Path(name).resolve() for name in sys.argv[1:]]
    for page in pages:
        with folder_of_pages():
            text = printed_anew(page)
        page.write_text(text, encoding="utf-8")
