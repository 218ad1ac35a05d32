"""`tonada features`, as a person runs it, stops it and loses power under it."""

import math
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import soundfile
from commands import TONADA, parts_of, tonada
from conftest import RATE, noise

from tonada.cataloguing.features import extract, extractor_of
from tonada.listening.files import find_audio


def songs_in(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        soundfile.write(folder / f"{number:03}.wav", noise(3.5, number), RATE)
    return folder


def started(*arguments) -> subprocess.Popen:
    """
    The command in a session of its own, so that a signal can reach all its processes and no other.

    It hears Ctrl-C even if these tests run in the background of a script, where it is ignored.
    """
    return subprocess.Popen(
        [TONADA, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def processes_of(session: int) -> list[str]:
    """Those that live in a session, by their command lines."""
    found = subprocess.run(["ps", "-s", str(session), "-o", "stat=,args="], capture_output=True, text=True).stdout
    return [line for line in found.splitlines() if not line.startswith("Z")]


def songs_kept(output: Path) -> set[str]:
    """Whose features are on the disk."""
    tables = [*parts_of(output), *([output] if output.exists() else [])]
    return {path for table in tables for path in pq.read_table(table, columns=["path"])["path"].to_pylist()}


def wait_until(is_so, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def test_a_folder_becomes_a_table_and_each_failure_a_line(tmp_path):
    (tmp_path / "text.mp3").write_text("no song")
    output = tmp_path / "deep" / "songs.parquet"
    done = tonada("features", "examples", tmp_path, "nowhere.ogg", "--set", "bag32", "--output", output)
    assert done.stdout == f"{output}: 6 songs, 6 rows, 32 columns of bag32; 2 could not be read\n"
    lines = sorted(done.stderr.splitlines())
    assert len(lines) == 2
    assert lines[0].startswith(f"tonada: {tmp_path}/text.mp3: ")
    assert lines[1].startswith("tonada: nowhere.ogg: ")
    assert done.returncode == 1
    assert pq.read_table(output)["status"].to_pylist() == [*["ok"] * 6, "unreadable", "missing"]


def test_a_failure_before_an_interruption_is_a_failure_of_the_run_that_goes_on(tmp_path):
    (tmp_path / "0.mp3").write_text("no song")
    output = tmp_path / "t.parquet"
    with closing(extract(find_audio([tmp_path, "examples"]), extractor_of("bag32"), output)) as songs:
        assert next(songs).status == "unreadable"
    done = tonada("features", tmp_path, "examples", "--set", "bag32", "--output", output)
    assert done.stdout.endswith("; 1 could not be read\n")
    assert done.returncode == 1


def test_a_wrong_set_is_one_line_that_lists_the_right_ones(tmp_path):
    done = tonada("features", "examples", "--set", "cooking", "--output", tmp_path / "t.parquet")
    assert done.returncode == 2
    assert re.fullmatch(r"tonada: .*cooking.*bag32, fma518, .*hsf90.*\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--output", "t.csv"], "ends in .parquet"),
        (["--output", "t.parquet", "--segment-overlap", "0.5"], "--segment-seconds"),
    ],
)
def test_options_that_do_not_fit_are_one_line(arguments, says):
    done = tonada("features", "examples", "--set", "bag32", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_table_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    done = tonada("features", "examples", "--set", "bag32", "--output", tmp_path / "file" / "t.parquet")
    assert done.returncode == 2
    assert re.fullmatch(rf"tonada: {re.escape(str(tmp_path))}/file.*\n", done.stderr)


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_keeps_what_was_heard(tmp_path):
    folder, output = songs_in(tmp_path / "songs", 900), tmp_path / "t.parquet"
    process = started("features", folder, "--set", "hsf90", "--output", output, "--workers", "2")
    wait_until(lambda: parts_of(output))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert printed == b""
    counted = re.fullmatch(
        rb"tonada: interrupted after (\d+) of 900 songs; the same command goes on from there\n", said
    )
    assert counted, said.decode()
    kept = sum(pq.read_metadata(part).num_rows for part in parts_of(output))
    assert kept > 0
    assert kept in (int(counted[1]), int(counted[1]) + 1)  # one may have been written and not yet counted
    wait_until(lambda: processes_of(process.pid) == [], 10)  # the kernel may still be burying one


@pytest.mark.slow
def test_a_kill_of_the_command_at_any_moment_loses_nothing(tmp_path, capsys):
    """One kill in four while it starts, the others while it hears or joins."""
    kills, seed, count = 8, 7, 200
    folder, output = songs_in(tmp_path / "songs", count), tmp_path / "t.parquet"
    (folder / "text.mp3").write_text("no song")
    command = ["features", folder, "--set", "fma518", "--workers", "2", "--output", output]

    def run_until_it_hears() -> subprocess.Popen:
        before = parts_of(output)
        process = started(*command)
        wait_until(lambda: parts_of(output) != before or process.poll() is not None)
        return process

    start = time.monotonic()
    process = run_until_it_hears()
    starting, begin = time.monotonic() - start, time.monotonic()
    process.communicate()
    hearing = time.monotonic() - begin
    expected = pq.read_table(output)
    output.unlink()

    moments, outcomes, finished, kept = random.Random(seed), Counter[str](), 0, set()
    while outcomes.total() < kills:
        if moments.random() < 0.25:
            process = started(*command)
            time.sleep(moments.uniform(0, starting))
        else:
            process = run_until_it_hears()
            time.sleep(moments.uniform(0, hearing))
        process.kill()
        process.communicate()
        wait_until(lambda gone=process.pid: processes_of(gone) == [])
        assert songs_kept(output) >= kept
        kept = songs_kept(output)
        if process.returncode == -signal.SIGKILL:
            quarter = 25 * math.ceil(4 * len(kept) / (count + 1))
            outcomes["table" if output.exists() else f"at most {quarter} % of the songs"] += 1
        else:
            finished += 1
            assert process.returncode == 1  # the text
            assert pq.read_table(output).equals(expected, check_metadata=True)
            assert parts_of(output) == []
            output.unlink()
            kept = set()
    with capsys.disabled():
        print(f"\n{outcomes.total()} kills (seed {seed}) of the command left {dict(outcomes)}; {finished} runs ended")


def test_help_names_the_sets_and_teaches_by_example():
    said = tonada("features", "--help", COLUMNS="200").stdout
    assert all(word in said for word in ("hsf90", "bag32", "fma518", "tonada features ~/Music"))
    assert "{descriptor: mfcc, count: 20, statistics: mean}" in " ".join(said.replace("│", " ").split())
