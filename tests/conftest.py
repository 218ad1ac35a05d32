"""What many tests share: sounds of known physics, the examples, and processes in which Tonada cannot be imported."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import datasets
import hypothesis
import numpy as np
import pytest
import torch
from loopback_hub import Hub
from recordings import record
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification

import tonada

hypothesis.settings.register_profile("here", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("here")

ROOT = Path(__file__).parent.parent
RATE = 22050
LABELS = ["happy", "sad", "relaxed", "angry"]

WITHOUT_TONADA = """
import sys

class NoTonada:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tonada", "tonada_cli"):
            raise ModuleNotFoundError(f"{name} is not to be had in a stranger's environment")

sys.meta_path.insert(0, NoTonada())
"""


def tone(hertz: float, seconds: float, rate: int = RATE, amplitude: float = 0.3) -> np.ndarray:
    """A sine, float32 `(samples,)`."""
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(seconds: float, seed: int = 0, amplitude: float = 0.1, rate: int = RATE) -> np.ndarray:
    """White noise, float32 `(samples,)`."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return (amplitude * samples).astype(np.float32)


def clicks(per_minute: float, seconds: float, rate: int = RATE) -> np.ndarray:
    """Single samples in silence, evenly spaced, the first in the middle of its beat; float32 `(samples,)`."""
    period = 60 * rate / per_minute
    train = np.zeros(round(seconds * rate), np.float32)
    train[np.arange(period / 2, len(train), period).astype(int)] = 0.9
    return train


def songs_of_different_lengths() -> list[np.ndarray]:
    """Five songs of one to five segments, the third shorter than a segment."""
    return [
        tone(220, 31) + noise(31, 1),
        tone(440, 12),
        noise(4.2, 2),
        tone(880, 50) * np.linspace(0, 1, 50 * RATE, dtype=np.float32),
        noise(20, 3),
    ]


def new_model(**settings) -> TonadaForAudioClassification:
    """An untrained model whose scales fit the features of ordinary sound, so that its answers differ between songs."""
    torch.manual_seed(0)
    config = TonadaConfig(
        id2label=dict(enumerate(LABELS)), label2id={label: index for index, label in enumerate(LABELS)}, **settings
    )
    model = TonadaForAudioClassification(config).eval()
    heard = TonadaFeatureExtractor()(songs_of_different_lengths(), sampling_rate=RATE, return_tensors="pt")
    if model.tonada.descriptor_encoder is not None:
        columns = heard["descriptors"][heard["segment_mask"].bool()]
        model.tonada.descriptor_encoder.mean.copy_(columns.mean(0))
        model.tonada.descriptor_encoder.scale.copy_(columns.std(0).clamp(min=1e-6))
    if model.tonada.spectrogram_encoder is not None:
        model.tonada.spectrogram_encoder.scale.fill_(20)
    return model


def pytest_configure() -> None:
    """Each process keeps what numba compiles for librosa in a folder of its own: shared ones crash (numba #10128)."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".pytest_cache" / f"numba-{worker}")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """What `datasets` prepares and what is separated in a test does not stay in a person's cache."""
    datasets.config.HF_DATASETS_CACHE = tmp_path_factory.mktemp("datasets")
    os.environ["TRACKIO_DIR"] = str(tmp_path_factory.mktemp("trackio"))  # read once, when trackio is imported
    os.environ["TONADA_CACHE"] = str(tmp_path_factory.mktemp("tonada"))


@pytest.fixture(scope="session")
def model() -> TonadaForAudioClassification:
    return new_model()


@pytest.fixture(scope="session")
def extractor() -> TonadaFeatureExtractor:
    return TonadaFeatureExtractor()


@pytest.fixture(scope="session")
def examples() -> list[Path]:
    return sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".ogg", ".mp3", ".flac", ".wav"))


@pytest.fixture(scope="session")
def recordings(tmp_path_factory) -> Path:
    """A folder with the same four seconds in every format, `good.SUFFIX`."""
    folder = tmp_path_factory.mktemp("recordings")
    record(folder)
    return folder


@pytest.fixture(scope="session")
def data() -> Path:
    folder = os.environ.get("TONADA_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TONADA_DATA names no folder with the data sets")
    return Path(folder)


def run_python(code: str, folder: Path, without_tonada: bool = True, **environment: str) -> str:
    """Run code in a fresh process in `folder`, offline; its standard output. Fails with its standard error."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": str(folder / "modules"), **environment}
    done = subprocess.run(
        [sys.executable, "-c", (WITHOUT_TONADA if without_tonada else "") + code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def copy_tree(folder: Path) -> None:
    """A copy of the tree, so that no leftover of an earlier build gets into what is built from it."""
    made = (".venv", "build", "*.egg-info", ".git", "__pycache__", "trained", ".*_cache", "node_modules")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*made))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    copy_tree(folder / "tree")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "--no-index"]
    subprocess.run([*build, "--wheel-dir", folder, folder / "tree"], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def published(wheel, tmp_path_factory) -> Path:
    """The bundled checkpoint as an installed wheel saves it: what a stranger downloads."""
    folder = tmp_path_factory.mktemp("published")
    installed = folder / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--quiet",
        "--no-index",
        "--target",
        installed,
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True)
    code = """
import tonada
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification
assert "site/tonada" in tonada.__file__, tonada.__file__
bundled = tonada.checkpoint("emotion")
AutoModelForAudioClassification.from_pretrained(bundled).save_pretrained("model")
AutoFeatureExtractor.from_pretrained(bundled).save_pretrained("model")
"""
    run_python(code, folder, without_tonada=False, PYTHONPATH=str(installed))
    return folder / "model"


@pytest.fixture(scope="session")
def bundled() -> Path:
    return tonada.checkpoint("emotion")


@pytest.fixture(scope="session")
def exported(tmp_path_factory) -> Path:
    """The bundled checkpoint as an ONNX file; tracing it takes half a minute."""
    from tonada.exporting.export import export_onnx
    from tonada.listening.listener import Listener

    path = tmp_path_factory.mktemp("onnx") / "emotion.onnx"
    export_onnx(Listener.bundled("emotion"), path)
    return path


def last_json(output: str) -> dict:
    """What a process printed last."""
    return json.loads(output.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A Hub on loopback with nothing in it."""
    server = Hub()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def hub_home(hub, tmp_path_factory) -> dict[str, str]:
    """The environment of a process whose Hub is the one on loopback."""
    ours = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path_factory.mktemp("home")), "HF_HUB_OFFLINE": "0"}
    return {**ours, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_TOKEN": ""}
