"""The `tonada` command, and the Python of a page, in this process: that spares each test the seconds of its imports."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from typing import IO
from unittest.mock import patch

from conftest import ROOT

from tonada.cataloguing.hearing import SongFeatures, hear

TONADA = Path(sys.executable).parent / "tonada"


def tonada(*arguments, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    """What the command prints and returns when it is run offline in a folder."""
    from tonada_cli import main

    words = ["tonada", *map(str, arguments)]
    with (
        patch.dict(os.environ, environment),
        patch("sys.argv", words),
        patch("tonada.cataloguing.features.hear_all", _hear_here),
    ):
        return _run(main, words, folder)


def printed_by(code: str, folder: Path) -> str:
    """What Python prints when it is run offline in a folder."""
    return _run(lambda: exec(compile(code, "<page>", "exec"), {"__name__": "page"}), [], folder).stdout


def parts_of(output: Path) -> list[Path]:
    """The parts of a table in the making, which a process may be joining at this moment."""
    with suppress(FileNotFoundError):  # the folder may go while it is looked at
        return sorted(output.with_name(f"{output.name}.parts").glob("[0-9]*.parquet"))
    return []


def _hear_here(paths, extractor, limits, workers) -> Iterator[SongFeatures]:
    """What processes would hear that each import torch first."""
    return (hear(path, extractor, limits) for path in paths)


def _run(program: Callable[[], None], words: list[str], folder: Path) -> subprocess.CompletedProcess:
    code = 0
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with (
            chdir(folder),
            patch("huggingface_hub.constants.HF_HUB_OFFLINE", True),
            _into(1, "stdout", out),
            _into(2, "stderr", err),
        ):
            try:
                program()
            except SystemExit as end:
                code = end.code or 0
        return subprocess.CompletedProcess(words, code, _read(out), _read(err))


@contextmanager
def _into(descriptor: int, name: str, file: IO[bytes]) -> Iterator[None]:
    """Send a stream, Python's and that of libraries in C, into a file."""
    getattr(sys, name).flush()
    kept = os.dup(descriptor)
    os.dup2(file.fileno(), descriptor)
    stream = open(descriptor, "w", encoding="utf-8", closefd=False)  # noqa: SIM115, closed below
    try:
        with patch.object(sys, name, stream):
            yield
    finally:
        with suppress(ValueError):
            stream.close()
        os.dup2(kept, descriptor)
        os.close(kept)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
