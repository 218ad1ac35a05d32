"""`tonada classify --runtime onnx` answers as torch does, loads none of it, and refuses what it cannot in one line."""

import json
import subprocess
import sys
from unittest.mock import Mock

import pytest
from conftest import LABELS
from tonada.modeling import TonadaConfig
from typer.testing import CliRunner

import tonada
from tonada.listening.facts import Facts
from tonada.listening.kept_graphs import kept_graph
from tonada.listening.listener import Listener
from tonada.listening.model_error import ModelError
from tonada.listening.onnx_listener import OnnxListener
from tonada_cli import app

TREE = {"symphony": "orchestra", "opera": "classic", "orchestra": "classic"}
WORDS = ["symphony", "rock", "opera"]
WITHOUT_TORCH = """
import sys
import tonada_cli
try:
    tonada_cli.main()
finally:
    print("torch" in sys.modules, "transformers" in sys.modules, file=sys.stderr)
"""


@pytest.fixture
def config() -> TonadaConfig:
    ids = {word: number for number, word in enumerate(WORDS)}
    return TonadaConfig(parents=TREE, id2label=dict(enumerate(WORDS)), label2id=ids, temperature=1.5)


def test_facts_come_back_from_metadata(config):
    assert Facts.from_metadata(Facts.of(config).to_metadata()) == Facts.of(config)


def test_facts_know_the_tree_as_the_config_does(config):
    facts, tree = Facts.of(config), config.tree
    for level in (None, 1, 2, 3):
        assert tuple(facts.at_level(level)) == tree.level(level)
        assert facts.members(level).tolist() == tree.members(tree.level(level)).tolist()
    assert all(facts.ancestors(word) == tree.ancestors(word) for word in WORDS)
    with pytest.raises(ModelError, match="levels 1 to 3"):
        facts.labels_of(4, "model")


def test_a_graph_is_kept_by_what_it_was_made_of(bundled, tmp_path):
    for name in ("config.json", "preprocessor_config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((bundled / name).read_bytes())
    kept = kept_graph(bundled, "emotion")
    assert kept == kept_graph(tmp_path, "emotion")
    (tmp_path / "config.json").write_text("{}")
    assert kept != kept_graph(tmp_path, "emotion")
    with pytest.raises(ModelError, match=r"config\.json"):
        kept_graph(tmp_path / "nothing", "emotion")


def test_a_folder_of_its_name_is_not_exported_in_the_place_of_a_bundled_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TONADA_CACHE", "cache")
    (tmp_path / "emotion").mkdir()
    (tmp_path / "emotion" / "config.json").write_text("{}")
    exported = Mock(return_value=Mock(returncode=3))
    monkeypatch.setattr("subprocess.run", exported)
    assert CliRunner().invoke(app, ["classify", "song.wav", "--runtime", "onnx"]).exit_code == 3
    (_, _, _, _, model, _, graph), folder = exported.call_args.args[0], exported.call_args.kwargs["cwd"]
    assert not (folder / model).exists()
    assert graph.startswith(str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "song.onnx"], "neither a folder nor a file"),
        (["--model", "text.onnx"], "cannot be loaded"),
        (["--stems", "repet-sim"], "leave out --stems"),
        (["--gate", "detector"], "leave out --gate"),
    ],
    ids=str,
)
def test_what_onnx_runtime_cannot_is_refused_in_one_line(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.onnx").write_text("not a model")
    done = CliRunner().invoke(app, ["classify", "song.wav", "--runtime", "onnx", *arguments])
    assert done.exit_code == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_each_example_is_answered_as_by_torch(exported, examples):
    torch_says, onnx_says = Listener.bundled("emotion"), OnnxListener(exported)
    for example in examples:
        ours, theirs = torch_says.listen(example), onnx_says.listen(example)
        assert theirs.probabilities == pytest.approx(ours.probabilities, abs=1e-4)
        for same in ("label", "agreement", "set", "parents", "duration", "model", "revision"):
            assert getattr(theirs, same) == getattr(ours, same), same
        assert [(part.start, part.end, part.label) for part in theirs.segments] == [
            (part.start, part.end, part.label) for part in ours.segments
        ]


@pytest.mark.slow
def test_the_command_loads_no_torch(exported, examples):
    options = ["--runtime", "onnx", "--model", exported, "--format", "json", "--timeline"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, "classify", *examples, "nothing.wav", *options],
        capture_output=True,
        text=True,
    )
    *answers, missing = json.loads(done.stdout)
    assert {answer["label"] for answer in answers} <= set(LABELS)
    assert missing["status"] == "missing"
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "False False"


@pytest.mark.slow
def test_a_folder_is_exported_once(exported, examples, tmp_path, monkeypatch):
    monkeypatch.setenv("TONADA_CACHE", str(tmp_path))
    kept = kept_graph(tonada.checkpoint("emotion"), "emotion")
    kept.parent.mkdir()
    kept.write_bytes(exported.read_bytes())
    done = CliRunner().invoke(app, ["classify", str(examples[0]), "--runtime", "onnx", "--format", "json"])
    assert json.loads(done.stdout)[0]["status"] == "ok"
    assert list(kept.parent.iterdir()) == [kept]
