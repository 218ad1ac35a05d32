"""Ray and Spark give the rows that this machine's processes give, and a death on the way changes nothing."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from commands import TONADA, parts_of
from conftest import RATE, noise, tone

from tonada.cataloguing import ray_engine
from tonada.cataloguing.spark import TagInPandas
from tonada.cataloguing.tag import Engine, local_engine, open_tags, tag
from tonada.cataloguing.tag_tables import tags_schema, tags_table
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.files import find_audio
from tonada.listening.limits import Limits

pytestmark = pytest.mark.slow

TASKS = [Task("emotion")]
SONGS = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    songs = tmp_path_factory.mktemp("songs")
    for number in range(SONGS):
        soundfile.write(songs / f"{number:02}.wav", tone(110 + 10 * number, 6) + noise(6, number), RATE)
    (songs / "text.mp3").write_text("no song")
    (songs / os.fsdecode(b"caf\xe9.wav")).write_bytes((songs / "00.wav").read_bytes())
    return songs


@pytest.fixture(scope="module")
def expected(folder, tmp_path_factory) -> pa.Table:
    output = tmp_path_factory.mktemp("expected") / "t.parquet"
    list(rows_of(folder, output, local_engine(TASKS, Limits(), 1, 300.0)))
    return lasting(output)


def rows_of(folder: Path, output: Path, engine: Engine) -> Iterator[dict]:
    with open_tags(find_audio([folder]), TASKS, output) as parts, closing(tag(parts, engine)) as rows:
        yield from rows


def lasting(output: Path) -> pa.Table:
    """The table without what differs from run to run."""
    return pq.read_table(output).drop_columns(["seconds", "tagged"])


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A Ray cluster of several processes on this machine."""
    import ray

    ray.init(num_cpus=2, object_store_memory=100_000_000, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def actors() -> list[psutil.Process]:
    return [each for each in psutil.process_iter(["cmdline"]) if "RayTagger" in " ".join(each.info["cmdline"] or [])]


def test_a_ray_cluster_gives_the_same_table_though_an_actor_is_killed(cluster, folder, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_engine, "SONGS_OF_A_TASK", 2)
    rows = rows_of(folder, tmp_path / "t.parquet", ray_engine.ray_engine(TASKS, Limits(), 2, 300.0))
    next(rows)
    killed = actors()[0]
    killed.kill()
    list(rows)
    assert not killed.is_running()
    assert lasting(tmp_path / "t.parquet").equals(expected, check_metadata=True)


def test_a_command_on_ray_that_is_killed_ends_its_cluster_and_goes_on_anywhere(folder, expected, tmp_path):
    output = tmp_path / "t.parquet"
    command = [TONADA, "tag", folder, "--output", output, "--task", "emotion"]
    process = subprocess.Popen([*command, "--engine", "ray"])
    while process.poll() is None and not parts_of(output):
        time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    psutil.wait_procs(children, 120)
    assert not any(child.is_running() for child in children), "the cluster outlives the command"
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert (done.returncode, "1 could not be tagged" in done.stdout) == (1, True), done.stderr
    assert lasting(output).equals(expected, check_metadata=True)


def test_a_frame_with_a_null_for_a_path_has_a_row_that_says_so(folder):
    frames = TagInPandas(TASKS)(iter([pandas.DataFrame({"path": [None, str(folder / "00.wav")]})]))
    assert [list(frame["status"]) for frame in frames] == [["missing", "ok"]]


def test_spark_gives_the_same_rows(folder, expected, monkeypatch):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: make spark")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    tagger = TagInPandas(TASKS)
    spark = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        songs = [(path,) for path in expected["path"].to_pylist() if "\\" not in path]
        made = spark.createDataFrame(songs, "path STRING").repartition(2).mapInPandas(tagger, tagger.schema)
        rows = [row.asDict() for row in made.collect()]
    finally:
        spark.stop()
    table = tags_table(rows, tags_schema(listeners_of(TASKS))).drop_columns(["seconds", "tagged"])
    known = [row for row in expected.to_pylist() if "\\" not in row["path"]]  # Spark's strings are of UTF-8 alone
    assert sorted(table.to_pylist(), key=lambda row: row["path"]) == sorted(known, key=lambda row: row["path"])
