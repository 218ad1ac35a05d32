"""The page on labels is true: its Python runs in order and prints what it shows, and then its commands do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, run_python

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs" / "labels.md").read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    (folder / "examples").symlink_to(ROOT / "examples")
    return folder


@pytest.fixture(scope="module")
def printed(folder) -> str:
    code = "".join(text for language, text in BLOCKS if language == "python")
    return run_python(code, folder, without_tonada=False)


def test_the_python_prints_what_the_page_shows(printed):
    assert printed == "".join(text for language, text in BLOCKS if language == "text")


def test_each_command_prints_what_the_page_shows(printed, folder):
    sessions = "".join(text for language, text in BLOCKS if language == "console")
    for session in re.split(r"^\$ ", sessions, flags=re.MULTILINE)[1:]:
        command, _, shown = session.partition("\n")
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
        assert (done.stdout, done.returncode) == (shown, 0), done.stderr
