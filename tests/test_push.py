"""What may be pushed: a whole model and what belongs to it; all else is refused before anything is made on the Hub."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonada.sharing.models import open_model, pack_model
from tonada_cli import app

BESIDE = ("recipe.yaml", "split.json", "provenance.json", "predictions/tiny.csv", ".eval_results/songs.yaml")


def trained_folder(model, extractor, folder: Path) -> Path:
    """A folder as training and evaluation leave one, and in it what nobody but its owner should see."""
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    for name in (*BESIDE, "unfinished.safetensors", ".env", "notes.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    (folder / "README.md").write_text("---\ntags: [music]\n---\nmodel='THIS FOLDER OR ITS HUB ID'\n")
    (folder / "model-index.yaml").write_text(f"model-index:\n- name: {folder}\n  results: [{{metrics: []}}]\n")
    return folder


@pytest.fixture
def trained(model, extractor, tmp_path) -> Path:
    return trained_folder(model, extractor, tmp_path / "model")


def refused(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["push", *map(str, arguments), "--dry-run"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_a_folder_whose_extractor_does_not_fit_its_model_is_refused(trained):
    settings = json.loads((trained / "preprocessor_config.json").read_text())
    (trained / "preprocessor_config.json").write_text(
        json.dumps({**settings, "num_mel_bins": 64, "feature_schema": None})
    )
    assert "extractor and model disagree on num_mel_bins: 64 is made, 80 is expected" in refused(trained, "me/x")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "preprocessor_config.json"])
def test_a_folder_that_lacks_what_a_model_needs_is_refused(trained, name):
    (trained / name).unlink()
    assert "model cannot be loaded: " in refused(trained, "me/x")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("README.md", b"---\ntags: [\n---\n", "README.md: its head between --- and --- is no YAML mapping"),
        ("README.md", b"---\n- music\n---\n", "README.md: its head between --- and --- is no YAML mapping"),
        ("README.md", b"\xff\xfe", "README.md: is not UTF-8 text"),
        ("model-index.yaml", b"- results", "model-index.yaml: is no model-index"),
        ("model-index.yaml", b"model-index: [1]", "model-index.yaml: is no model-index"),
    ],
)
def test_a_card_that_the_hub_could_not_read_is_refused(trained, name, content, says):
    (trained / name).write_bytes(content)
    assert says in refused(trained, "me/x")


def test_a_folder_without_a_card_gets_one_that_claims_nothing(trained, tmp_path):
    (trained / "README.md").unlink()
    (trained / "model-index.yaml").unlink()
    (tmp_path / "packed").mkdir()
    pack_model(*open_model(str(trained)), "me/bare", tmp_path / "packed")
    card = (tmp_path / "packed" / "README.md").read_text()
    assert 'model="me/bare", trust_remote_code=True' in card
    assert "what it learned from is not told here" in card


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "model-index.yaml", "predictions"])
def test_a_link_to_what_lies_elsewhere_is_not_sent(trained, tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "keys.csv").write_text("secret")
    if (trained / name).exists():
        shutil.rmtree(trained / name) if (trained / name).is_dir() else (trained / name).unlink()
    (trained / name).symlink_to(tmp_path / "elsewhere" / ("" if name == "predictions" else "keys.csv"))
    assert "outside the folder; put a copy in its place" in refused(trained, "me/x")


@pytest.mark.parametrize(
    ("model", "repository", "branch", "says"),
    [
        ("./nowhere", "me/x", "main", "./nowhere is no folder"),
        ("emotions", "me/x", "main", "no checkpoint comes for the task 'emotions'; there are: emotion"),
        ("emotion", "x", "main", "'x' is no repository; write OWNER/NAME"),
        ("emotion", "me/x..y", "main", "'me/x..y' is no repository; write OWNER/NAME"),
        ("emotion", "me/x", "-f", "'-f' is no branch"),
    ],
)
def test_what_can_be_no_model_no_repository_or_no_branch_is_refused(model, repository, branch, says):
    assert says in refused(model, repository, "--revision", branch)


def test_a_model_that_came_with_tonada_gets_its_code_and_card():
    done = CliRunner().invoke(app, ["push", "emotion", "me/x", "--dry-run"])
    assert done.exit_code == 0, done.stderr
    told = {line.split("  ")[-1] for line in done.stdout.splitlines()}
    assert {"model.safetensors", "modeling_tonada.py", "README.md", "recipe.yaml", "split.json"} <= told
