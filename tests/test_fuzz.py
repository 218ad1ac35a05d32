"""Hostile files, heard in a process of limited memory: never a hang, a crash, a traceback or a feature not finite."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT
from recordings import ENCODERS

MEGABYTES_EACH = 100


def fuzz(recordings: Path, seed: int, count: int) -> tuple[dict[str, Counter[str]], int, str]:
    """Outcomes of mutants of every format in turn, by format; the most megabytes that one took; standard error."""
    outcomes: dict[str, Counter[str]] = {suffix: Counter() for suffix in ENCODERS}
    heard, most, printed = 0, 0, ""
    while heard < count:
        hear = [sys.executable, ROOT / "tests" / "hear.py", "--mutants", recordings, str(seed), str(heard), str(count)]
        done = subprocess.run(hear, capture_output=True, text=True, errors="replace")
        for line in done.stdout.splitlines():
            name, megabytes, _, outcome = line.split("\t")
            outcomes[name.split(".", 1)[1]][outcome] += 1
            most = max(most, int(megabytes))
            heard += 1
        printed += done.stderr
        if done.returncode:
            outcomes[list(ENCODERS)[heard % len(ENCODERS)]][_death(done.returncode)] += 1
            heard += 1
    return outcomes, most, printed


def _death(code: int) -> str:
    if code == -signal.SIGALRM:
        return "HANG"
    return f"KILLED BY {signal.Signals(-code).name}" if code < 0 else f"EXIT {code}"


def table(outcomes: dict[str, Counter[str]]) -> str:
    """Outcomes as columns, formats as rows."""
    total = sum(outcomes.values(), Counter())
    columns = [name for name, _ in total.most_common()]
    rows = [[suffix, *(str(found[name]) for name in columns)] for suffix, found in {**outcomes, "all": total}.items()]
    widths = [max(map(len, cells)) for cells in zip(["", *columns], *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [["", *columns], *rows]
    )


@pytest.mark.parametrize(
    ("seed", "count"), [pytest.param(0, 300, id="300"), pytest.param(1, 5_000, id="5,000", marks=pytest.mark.slow)]
)
def test_no_mutant_hangs_crashes_or_takes_memory(recordings, seed, count, capsys):
    outcomes, most, printed = fuzz(recordings, seed, count)
    total = sum(outcomes.values(), Counter())
    with capsys.disabled():
        print(f"\n{total.total():,} mutants, seed {seed}; {most} MB for one at most\n{table(outcomes)}")
    assert total.total() == count
    assert not [name for name in total if name.isupper() or name.split()[0].isupper()], total
    assert "Traceback" not in printed, printed[-4000:]
    assert most < MEGABYTES_EACH
    assert total["ok"] > count / 10  # else it never got past the headers
