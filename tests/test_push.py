"""What may be pushed: a whole model and what belongs to it; all else is refused before anything is made on the Hub."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from tonada.datasets_scripts.provenance import Provenance
from tonada.datasets_scripts.registry import data_set
from tonada.modeling import TonadaConfig
from typer.testing import CliRunner

from tonada.sharing.chapters import chapters
from tonada.sharing.local_space import assemble_space
from tonada.sharing.models import open_model, pack_model
from tonada.sharing.pushed_files import _read
from tonada.sharing.spaces import SpaceError, pack_space, space_folder
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
    assert "what was measured is not told here" in card
    assert "calibrated" not in card


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
        ("emotions", "me/x", "main", "or emotion, genre, music, which came with Tonada"),
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


CHAPTERS = ["Labels", "Data", "How sure", "Intended use", "Limits", "Citation", "En español"]


def headings(card: str) -> list[str]:
    return [line.removeprefix("## ") for line in card.splitlines() if line.startswith("## ")]


def packed_card(folder: Path, output: Path) -> str:
    output.mkdir()
    pack_model(*open_model(str(folder)), "me/tiny", output)
    return (output / "README.md").read_text()


def test_a_card_gets_the_chapters_that_it_lacks_once(trained, tmp_path):
    Provenance("emotify", "1.0.0", 300, "a" * 64).save(trained)
    settings = json.loads((trained / "config.json").read_text())
    (trained / "config.json").write_text(json.dumps({**settings, "temperature": 1.3}))
    (trained / "README.md").write_text("---\ntags: [music]\n---\n# Mine\n\n## Limits\n\nMy own words.\n")
    card = packed_card(trained, tmp_path / "first")
    assert sorted(headings(card)) == sorted(CHAPTERS)
    assert "My own words." in card
    assert f"- `emotify`: {data_set('emotify').LICENSE}; from" in card
    assert "@article{jia2022music" in card
    assert data_set("emotify").CITATION.splitlines()[0] in card
    (trained / "README.md").write_text(card)
    assert packed_card(trained, tmp_path / "again") == card


def test_a_card_in_spanish_names_what_the_labels_mean(trained, tmp_path):
    card = packed_card(trained, tmp_path / "packed")
    assert "`happy` (alegre), `sad` (triste), `relaxed` (relajada), `angry` (enfadada)" in card


def test_a_tree_of_labels_is_drawn_as_one():
    config = TonadaConfig(
        id2label={0: "classical", 1: "rock", 2: "pop"},
        parents={"classical": "classic", "rock": "non_classic", "pop": "non_classic"},
    )
    drawn = chapters(config, None)["Labels"]
    assert drawn.startswith("- `classic`\n  - `classical`\n- `non_classic`\n  - `rock`\n  - `pop`\n")


def test_the_figures_of_an_evaluation_are_shown_and_sent(trained, tmp_path):
    (trained / "confusion.png").write_bytes(b"png")
    (trained / "report.md").write_text("# Report")
    card = packed_card(trained, tmp_path / "packed")
    assert (
        "## Evaluation\n\nEvery figure with its interval is in [report.md](report.md).\n\n![Confusion](confusion.png)"
        in card
    )
    assert (tmp_path / "packed" / "report.md").read_text() == "# Report"


@pytest.fixture
def page(tmp_path, monkeypatch) -> Path:
    """A checkout's Space of the three files that every one has, and a neighbour."""
    folder = tmp_path / "space"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "README.md").write_text("---\ntitle: Tonada\nsdk: gradio\n---\nA page.\n")
    for name in ("app.py", "requirements.txt", "words.py", ".env", "__pycache__/app.pyc"):
        (folder / name).write_text(name)
    monkeypatch.setattr("tonada.sharing.spaces.space_folder", lambda: folder)
    return folder


def test_with_space_a_dry_run_tells_the_page_too(page):
    done = CliRunner().invoke(app, ["push", "emotion", "me/x", "--space", "me/page", "--dry-run"])
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "would go to the Hub's Space me/page, with TONADA_MODEL=me/x"
    after = lines.index("would go to the Hub's model me/x, branch main") + 1
    assert {line.split("  ")[-1] for line in lines[after:-1]} == {
        *("README.md", "app.py", "requirements.txt", "words.py", "pushed.json")
    }


def test_the_card_of_the_space_names_the_model(page, tmp_path):
    (tmp_path / "packed").mkdir()
    pack_space(page, "me/x", tmp_path / "packed")
    card = (tmp_path / "packed" / "README.md").read_text()
    assert yaml.safe_load(card.split("---\n")[1]) == {"title": "Tonada", "sdk": "gradio", "models": ["me/x"]}
    assert card.endswith("A page.\n")


def test_a_tonada_without_its_page_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("tonada.__file__", str(tmp_path / "src" / "tonada" / "__init__.py"))
    with pytest.raises(SpaceError, match="push from a checkout"):
        space_folder()
    (tmp_path / "space").mkdir()
    with pytest.raises(SpaceError, match=r"lacks app\.py, requirements\.txt, README\.md"):
        space_folder()


def test_a_page_is_written_over_nothing_but_a_page(tmp_path):
    (tmp_path / "song.mp3").write_text("mine")
    with pytest.raises(SpaceError, match="no page; give a new folder"):
        assemble_space("emotion", tmp_path)
    assert (tmp_path / "song.mp3").read_text() == "mine"


def test_a_list_of_pushed_files_that_somebody_else_made_deletes_nothing(tmp_path):
    for content in ("no JSON", "[]", '{"model.safetensors": "mine"}'):
        (tmp_path / "pushed.json").write_text(content)
        assert _read(tmp_path / "pushed.json") == {}
