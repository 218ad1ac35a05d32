"""What is released installs as it should: wheel and source distribution, into environments with nothing else."""

import json
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from clean_environments import Environment
from conftest import LABELS, ROOT, copy_tree
from test_learning import replica

pytestmark = pytest.mark.slow
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["setuptools"]["package-dir"]
BESIDE = {"CHANGELOG.md", "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "pyproject.toml", "setup.cfg"}

PIPELINE = """
import json, sys
import soundfile
import tonada
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification, pipeline

bundled = tonada.checkpoint("emotion")
AutoModelForAudioClassification.from_pretrained(bundled).save_pretrained("saved")
AutoFeatureExtractor.from_pretrained(bundled).save_pretrained("saved")
waveform, rate = soundfile.read(sys.argv[1], dtype="float32")
answers = pipeline("audio-classification", model="saved")({"array": waveform, "sampling_rate": rate})
print(json.dumps({"file": tonada.__file__, "version": tonada.__version__, "label": answers[0]["label"]}))
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """What `python -m build` makes of the tree: a source distribution, and a wheel built from that."""
    folder = tmp_path_factory.mktemp("released")
    copy_tree(folder / "tree")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, folder / "tree"]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    return folder


@pytest.fixture(scope="module")
def sdist(released) -> Path:
    return next(released.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def plain(released, tmp_path_factory) -> Environment:
    """Tonada alone, from the wheel."""
    return Environment(tmp_path_factory.mktemp("plain") / "venv", next(released.glob("*.whl")))


@pytest.fixture
def song() -> Path:
    return ROOT / "examples" / "silvan-sanctuary.flac"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("RECORD")}


def test_the_package_index_would_take_both(released):
    check = [sys.executable, "-m", "twine", "check", "--strict", *released.glob("tonada-*")]
    done = subprocess.run(check, capture_output=True, text=True)
    assert (done.returncode, done.stdout.count("PASSED")) == (0, 2), done.stdout


def test_the_wheel_of_the_source_distribution_is_the_wheel_of_the_tree(released, wheel):
    assert contents(next(released.glob("*.whl"))) == contents(wheel)


def test_the_source_distribution_holds_the_packages_and_nothing_else(sdist):
    with tarfile.open(sdist) as archive:
        files = {member.name.partition("/")[2]: member.size for member in archive if member.isfile()}
    rooms = tuple(f"{place}/" for place in {*PACKAGES.values(), "tonada.egg-info"})
    assert {name for name in files if not name.startswith(rooms)} == BESIDE
    assert sum(files.values()) < 3 * sum(path.stat().st_size for path in ROOT.glob("src/tonada/checkpoints/*/*"))


def test_tonada_alone_classifies(plain, song, tmp_path):
    done = plain.run("tonada", "classify", song, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["label"] in LABELS


def test_tonada_alone_runs_the_pipeline(plain, song, tmp_path):
    done = plain.run("python", "-c", PIPELINE, song, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["file"].startswith(str(plain.folder))
    assert told["version"] == PROJECT["project"]["version"]
    assert told["label"] in LABELS


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (["explain", "SONG", "--output", "why"], "explain"),
        (["evaluate", "emotion", "emotion_4qaed", "songs", "--report", "report"], "evaluate"),
        (["data", "audit", "emotion_4qaed", "songs", "--report", "audit"], "evaluate"),
    ],
)
def test_what_an_extra_does_says_which_extra_in_one_line(plain, song, command, extra, tmp_path):
    replica(tmp_path)
    done = plain.run("tonada", *(str(song) if each == "SONG" else each for each in command), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().endswith(f"; run: pip install 'tonada[{extra}]'")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_source_distribution_with_its_extra_trains(sdist, tmp_path):
    environment = Environment(tmp_path / "venv", sdist, "train")
    replica(tmp_path)
    done = environment.run("tonada", "train", "recipe.yaml", "--data", ".", "--output", "model", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Nothing is tracked" not in done.stderr
    assert (tmp_path / "model" / "README.md").is_file()
