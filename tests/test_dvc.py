"""DVC keeps the two states of source S1's table: it makes them, knows when they are stale, and shares them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from tonada.datasets_scripts import turkish, turkish_states

SAMPLE = ROOT / "tests" / "data" / "turkish"
STATES = ["original-as-delivered.csv", "modified-as-delivered.csv", "modified-cleaned.csv", "modified-repairs.csv"]
PIPELINE = Path("recipes") / "turkish"


def run(repository: Path, *command: str) -> str:
    """The standard output of a program in the repository, which sees no settings of this machine."""
    home = repository.parent / "home"
    places = {f"DVC_{name}_DIR": str(home) for name in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **places, "PATH": path, "HOME": str(home), "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dvc(repository: Path, *arguments: str) -> str:
    return run(repository, sys.executable, "-m", "dvc", *arguments)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A clone of what the pipeline needs, with the tables copied in and both states made."""
    place = tmp_path_factory.mktemp("dvc") / "tonada"
    for name in (".dvc", "datasets_scripts", str(PIPELINE)):
        left_out = shutil.ignore_patterns("cache", "tmp", "tables", "*.csv", "dvc.lock", "__pycache__")
        shutil.copytree(ROOT / name, place / name, ignore=left_out)
    shutil.copytree(SAMPLE, place / PIPELINE / "tables")
    run(place, "git", "init", "--quiet")
    dvc(place, "repro", f"{PIPELINE}/dvc.yaml")
    return place


def test_every_stage_hangs_on_the_code_that_reads_tables():
    stages = yaml.safe_load((ROOT / PIPELINE / "dvc.yaml").read_text())["stages"]
    code = {f"../../datasets_scripts/{name}.py" for name in ("tables", "turkish", "turkish_states")}
    for stage in stages.values():
        assert code <= set(stage.get("do", stage)["deps"])


@pytest.mark.slow
def test_both_states_are_made_and_nothing_is_stale(repository):
    for name in STATES:
        assert (repository / PIPELINE / name).is_file()
    assert "up to date" in dvc(repository, "status")
    delivered = (repository / PIPELINE / "modified-as-delivered.csv").read_bytes()
    assert delivered == (SAMPLE / "modified.csv").read_bytes()


@pytest.mark.slow
def test_the_lock_names_states_constants_and_code(repository):
    lock = yaml.safe_load((repository / PIPELINE / "dvc.lock").read_text())["stages"]
    assert set(lock) == {"as-delivered@original", "as-delivered@modified", "cleaned"}
    assert all(each["md5"] for stage in lock.values() for each in stage["outs"])
    assert lock["cleaned"]["params"]["../../datasets_scripts/turkish.py"] == {
        "FENCE": turkish.FENCE,
        "SAME": turkish.SAME,
    }


@pytest.mark.slow
def test_what_was_pushed_comes_back(repository, tmp_path):
    dvc(repository, "remote", "add", "--local", "--default", "--force", "here", str(tmp_path / "remote"))
    dvc(repository, "push")
    before = {name: (repository / PIPELINE / name).read_bytes() for name in STATES}
    shutil.rmtree(repository / ".dvc" / "cache")
    for name in STATES:
        (repository / PIPELINE / name).unlink()
    dvc(repository, "pull")
    assert {name: (repository / PIPELINE / name).read_bytes() for name in STATES} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "made_anew"),
    [("original", {"as-delivered@original"}), ("modified", {"as-delivered@modified", "cleaned"})],
)
def test_a_changed_cell_makes_only_what_hangs_on_it_anew(repository, table, made_anew):
    path = repository / PIPELINE / "tables" / f"{table}.csv"
    header, first, *others = path.read_text().splitlines(keepends=True)
    cells = first.split(",")
    path.write_text("".join([header, ",".join([*cells[:5], "0.125", *cells[6:]]), *others]))
    told = dvc(repository, "repro", f"{PIPELINE}/dvc.yaml")
    stages = {"as-delivered@original", "as-delivered@modified", "cleaned"}
    assert {stage for stage in stages if f"Running stage '{PIPELINE}/dvc.yaml:{stage}'" in told} == made_anew
    assert "up to date" in dvc(repository, "status")


def test_the_cleaned_table_holds_the_songs_and_the_report_every_repair(tmp_path):
    turkish_states.cleaned(SAMPLE / "modified.csv", tmp_path / "songs.csv", tmp_path / "repairs.csv")
    songs, repairs = turkish.clean(SAMPLE / "modified.csv")
    header, *rows = [line.split(",") for line in (tmp_path / "songs.csv").read_text().splitlines()]
    assert header == ["song_id", "group", "label", *turkish.COLUMNS]
    assert [[float(cell) for cell in row[3:]] for row in rows] == [song["descriptors"] for song in songs]
    assert len((tmp_path / "repairs.csv").read_text().splitlines()) == 1 + len(repairs)


def test_a_table_without_its_columns_is_not_taken_for_delivered(tmp_path):
    (tmp_path / "table.csv").write_text("Class,a\nhappy,1\n")
    with pytest.raises(ValueError, match=r"table\.csv has no column _RMSenergy_Mean"):
        turkish_states.as_delivered(tmp_path / "table.csv", tmp_path / "copy.csv")
    assert not (tmp_path / "copy.csv").exists()
