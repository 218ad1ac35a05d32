"""`tonada tag` under what happens to real processes: kills of workers and of the command, and files that hang."""

import fcntl
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import soundfile
from commands import TONADA, parts_of
from conftest import RATE, noise, tone

from tonada.cataloguing.processes import Crew
from tonada.cataloguing.tag import local_engine, open_tags, tag
from tonada.cataloguing.tagging import tag_batch
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.files import find_audio
from tonada.listening.limits import Limits

pytestmark = pytest.mark.slow

TASKS = [Task("emotion")]
SONGS = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    songs = tmp_path_factory.mktemp("songs")
    for number in range(SONGS):
        soundfile.write(songs / f"{number:02}.wav", tone(110 + 10 * number, 6) + noise(6, number), RATE)
    (songs / "text.mp3").write_text("no song")
    return songs


def tagged(folder: Path, output: Path, workers: int = 2, seconds: float = 120.0) -> pa.Table:
    engine = local_engine(TASKS, Limits(), workers, seconds)
    with open_tags(find_audio([folder]), TASKS, output) as parts, closing(tag(parts, engine)) as rows:
        list(rows)
    return lasting(output)


def lasting(output: Path) -> pa.Table:
    """The table without what differs from run to run."""
    return pq.read_table(output).drop_columns(["seconds", "tagged"])


@pytest.fixture(scope="module")
def expected(folder, tmp_path_factory) -> pa.Table:
    return tagged(folder, tmp_path_factory.mktemp("expected") / "t.parquet", workers=1)


def workers_of(process: int) -> list[psutil.Process]:
    """Its processes that hear, not the dead ones and the servers that earlier tests left to it."""
    with suppress(psutil.NoSuchProcess):
        return [child for child in psutil.Process(process).children(recursive=True) if hears(child)]
    return []


def hears(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "spawn_main" in " ".join(process.cmdline())
    return False


def test_kills_of_workers_lose_no_song_and_change_no_number(folder, expected, tmp_path, capsys):
    over, kills, moments = threading.Event(), 0, random.Random(5)

    def kill_now_and_then() -> None:
        nonlocal kills
        while kills < 2 and not over.wait(moments.uniform(0.5, 4)):  # as often as a song is tried anew
            with suppress(IndexError, psutil.NoSuchProcess):
                moments.choice(workers_of(os.getpid())).kill()
                kills += 1

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    try:
        table = tagged(folder, tmp_path / "t.parquet")
    finally:
        over.set()
        killer.join()
    with capsys.disabled():
        print(f"\n{kills} kills of workers (seed 5)")
    assert kills > 0
    assert table.equals(expected, check_metadata=True)


def test_kills_of_the_command_lose_nothing_and_nothing_is_done_twice(folder, expected, tmp_path, capsys):
    output, moments, outcomes = tmp_path / "t.parquet", random.Random(3), Counter[str]()
    command = [TONADA, "tag", folder, "--output", output, "--task", "emotion", "--workers", "2", "--resume"]
    kept: dict[str, object] = {}
    for attempt in range(20):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if attempt < 4:
            before = len(kept)
            while process.poll() is None and len(rows_kept(output)) <= before:
                time.sleep(0.05)
            time.sleep(moments.uniform(0, 1))
        else:
            process.wait(300)
        children = workers_of(process.pid)
        process.kill()
        said = process.communicate()[1].decode()
        psutil.wait_procs(children, 20)
        assert not any(child.is_running() for child in children), "workers outlive the command"
        now = rows_kept(output)
        assert kept.items() <= now.items(), "a row that was written is done again or lost"
        kept = now
        outcomes["killed" if process.returncode == -signal.SIGKILL else "ended"] += 1
        if process.returncode != -signal.SIGKILL:
            break
    with capsys.disabled():
        print(f"\nkills of the command (seed 3): {dict(outcomes)}")
    assert process.returncode == 1, said  # the text
    assert outcomes["killed"]
    assert lasting(output).equals(expected, check_metadata=True)


def rows_kept(output: Path) -> dict[str, object]:
    """When each song that is on the disk was tagged; one that failed is tried again once the table is whole."""
    found: dict[str, object] = {}
    for table in [*parts_of(output), *([output] if output.exists() else [])]:
        with suppress(FileNotFoundError):  # joined since
            read = pq.read_table(table, columns=["path", "tagged", "status"])
            read = read.filter(pc.equal(read["status"], "ok"))
            found |= zip(read["path"].to_pylist(), read["tagged"].to_pylist(), strict=True)
    return found


def test_a_file_that_hangs_costs_its_timeout_and_no_other(folder, expected, tmp_path):
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in ("00.wav", "01.wav", "02.wav"):
        (songs / name).write_bytes((folder / name).read_bytes())
    os.mkfifo(songs / "00a.wav")
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # which tells that somebody waits for the file
    with open(songs / "01.wav", "r+b") as held:
        fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)  # whoever opens it waits until the lease is given back
        begun = time.monotonic()
        rows = tagged(songs, tmp_path / "t.parquet", workers=1, seconds=8).to_pylist()
        assert time.monotonic() - begun < 120
    statuses = {Path(row["path"]).name: row["status"] for row in rows}
    assert statuses == {"00.wav": "ok", "00a.wav": "unreadable", "01.wav": "timeout", "02.wav": "ok"}
    [late] = [row for row in rows if row["status"] == "timeout"]
    assert (late["bytes"], late["modified"]) == (None, None)
    assert "01.wav: was not done after 8 s" in late["message"]


def peak_of_a_catalogue(songs: int, row: dict, output: Path) -> float:
    """Megabytes of this process when it has made a table of so many songs, whose rows come at once."""
    draw = np.random.default_rng(0)  # one embedding for all would be kept once

    def at_once(paths):
        for path in paths:
            embedding = draw.normal(0, 0.24, len(row["emotion_embedding"])).astype(np.float16).tolist()
            yield row | {"path": path, "emotion_embedding": embedding}

    with open_tags(((f"/music/{song}.mp3", None) for song in range(songs)), TASKS, output) as parts:
        for _ in tag(parts, at_once):
            pass
    assert pq.ParquetFile(output).metadata.num_rows == songs
    status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's peak, which a child inherits
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def test_memory_does_not_grow_with_the_catalogue(folder, tmp_path):
    [row] = tag_batch([str(folder / "00.wav")], listeners_of(TASKS))
    peaks = []
    for songs in (60_000, 120_000):  # what Parquet's writer keeps comes to rest before
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            peaks.append(process.submit(peak_of_a_catalogue, songs, row, tmp_path / f"{songs}.parquet").result())
    assert peaks[1] - peaks[0] < 60_000 * 500 / 1e6  # of a song that is kept a row's dict alone takes twice as much


class Deadly:
    """Ends its process at a name, and counts the letters of others."""

    def __call__(self, path: str) -> int:
        if path == "deadly":
            os.kill(os.getpid(), signal.SIGSEGV)
        return len(path)


def test_a_crew_goes_on_after_a_batch_that_was_given_up_and_tries_a_deadly_file_again():
    with Crew(Deadly, 1) as crew:
        given_up = crew.each(iter(["a", "bb", "ccc"]))
        assert next(given_up) == ("a", 1)
        given_up.close()
        results = dict(crew.each(["dddd", "deadly", "eeeee"]))
    assert results["dddd"] == 4
    assert results["eeeee"] == 5
    assert (results["deadly"].status, "3 processes" in results["deadly"].message) == ("crashed", True)
