"""The README is true: every command prints what it shows, and every block of code runs as it stands."""

import re
import shlex
import shutil
from itertools import groupby, pairwise

import pytest
from commands import printed_by, tonada
from conftest import ROOT, run_python

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def sessions() -> list[tuple[str, str]]:
    """Commands of the console blocks, each with the output shown below it."""
    found = []
    for language, text in BLOCKS:
        if language == "console":
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                line, _, output = command.partition("\n")
                found.append((line, output))
    return found


@pytest.mark.parametrize(("command", "output"), [each for each in sessions() if each[0].startswith("tonada")])
def test_a_command_prints_what_the_readme_shows(command, output, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = tonada(*shlex.split(command)[1:], folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == output.strip()


@pytest.mark.parametrize("command", [line for line, _ in sessions() if line.startswith("make")])
def test_a_make_target_exists(command):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert set(command.split()[1:]) <= set(targets)


def test_there_is_no_other_kind_of_block():
    assert {language for language, _ in BLOCKS} <= {"console", "python", "text"}
    assert all(line.split()[0] in ("tonada", "make") for line, _ in sessions())


def test_the_python_blocks_run_in_order_and_print_what_is_shown(tmp_path):
    """Blocks that import Tonada run with it; the others in a process where it cannot be imported."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    blocks = [*BLOCKS, ("", "")]
    pairs = [(text, after) for (language, text), after in pairwise(blocks) if language == "python"]
    assert len(pairs) >= 3
    for with_tonada, group in groupby(pairs, key=lambda pair: "import tonada" in pair[0]):
        run, alike = printed_by if with_tonada else run_python, list(group)
        printed = run("".join(code for code, _ in alike), tmp_path)
        assert printed == "".join(shown for _, (language, shown) in alike if language == "text")


def test_the_table_of_results_is_the_computed_one():
    rows = [line for line in README.splitlines() if re.match(r"\| .+\[0\.", line)]
    page = (ROOT / "docs" / "results.md").read_text().splitlines()
    assert len(rows) >= 3
    assert all(row in page for row in rows)


def shape(text: str) -> dict[str, list]:
    """What a translation must not change: levels of headings, blocks, rows of tables, where links lead, paragraphs."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return {
        "headings": [len(level) for level in re.findall(r"^(#+) ", prose, flags=re.MULTILINE)],
        "blocks": re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL),
        "rows": [line.count("|") for line in prose.splitlines() if line.startswith("|")],
        "links": [target for target in re.findall(r"\]\(([^)]+)\)", prose) if not target.startswith("README")],
        "bold": [len(each) > 0 for each in re.findall(r"^\*\*(.+?)\*\*", prose, flags=re.MULTILINE)],
        "paragraphs": ["" for each in re.split(r"\n\n+", prose.strip()) if each.strip()],
    }


def test_the_spanish_readme_has_the_same_content():
    spanish = (ROOT / "README.es.md").read_text()
    for part, expected in shape(README).items():
        assert shape(spanish)[part] == expected, part


def test_the_table_of_results_is_the_same_in_spanish():
    rows = [line for line in README.splitlines() if re.match(r"\| .+\[0\.", line)]
    assert rows
    assert set(rows) <= set((ROOT / "README.es.md").read_text().splitlines())
