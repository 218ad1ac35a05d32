"""From songs to a model page: trained, evaluated into its own folder and pushed, the Hub shows what was measured."""

import json

import pytest
import yaml
from conftest import run_python
from huggingface_hub import parse_eval_result_entries
from huggingface_hub.repocard_data import model_index_to_eval_results
from loopback_hub import WRITER
from test_learning import replica

pytestmark = pytest.mark.slow
FIGURES = {"confusion.png", "reliability.png", "abstention.png", "curves.png"}

TRAIN_EVALUATE_PUSH = """
from typer.testing import CliRunner
from tonada_cli import app

for arguments in (
    ["train", "recipe.yaml", "--data", ".", "--output", "model"],
    ["evaluate", "model", "emotion_4qaed", "songs", "--report", "model"],
    ["push", "model", "me/judged"],
):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, (arguments, done.stdout, done.stderr, done.exception)
"""


@pytest.fixture(scope="module")
def files(hub, hub_home, tmp_path_factory) -> dict[str, bytes]:
    """What the Hub holds in the end, by the names of files."""
    folder = tmp_path_factory.mktemp("researcher")
    replica(folder)
    run_python(TRAIN_EVALUATE_PUSH, folder, without_tonada=False, **{**hub_home, "HF_TOKEN": WRITER})
    return hub.repositories["model", "me/judged"].files("main")


@pytest.fixture(scope="module")
def macro_f1(files) -> float:
    """Of the test songs, as the report's own table has it."""
    (line,) = (line for line in files["report.md"].decode().splitlines() if line.startswith("| macro-F1 |"))
    return float(line.split("|")[2].split()[0])


def test_the_model_index_in_the_cards_head_has_the_reports_score(files, macro_f1):
    head = yaml.safe_load(files["README.md"].decode().split("---\n")[1])
    name, results = model_index_to_eval_results(head["model-index"])
    assert name == "me/judged"
    assert {each.metric_type: each.metric_value for each in results}["f1"] == pytest.approx(macro_f1, abs=5e-4)
    assert head["pipeline_tag"] == "audio-classification"


def test_the_hubs_own_parser_reads_the_eval_results(files, macro_f1):
    (entry,) = parse_eval_result_entries(yaml.safe_load(files[".eval_results/emotion_4qaed.yaml"]))
    assert entry.dataset_id == "emotion_4qaed"
    assert entry.value == pytest.approx(macro_f1, abs=5e-4)


def test_every_figure_that_the_card_shows_was_sent(files):
    card = files["README.md"].decode()
    assert set(files) >= FIGURES
    assert all(f"]({name})" in card for name in FIGURES)
    assert "[report.md](report.md)" in card


def test_no_prediction_of_a_song_is_missing(files):
    assert {name for name in files if name.endswith(".csv")} == {
        *(f"predictions/{name}.csv" for name in ("tiny", "majority", "logistic-regression")),
        *(f"songs/{name}.csv" for name in ("model", "majority", "logistic-regression")),
        *("segments/model.csv", "gap/random-folds.csv", "gap/disjoint-folds.csv"),
    }


def test_the_list_of_what_was_pushed_names_every_other_file(files):
    assert set(json.loads(files["pushed.json"])) == set(files) - {".gitattributes", "pushed.json"}


def test_nothing_was_asked_that_the_loopback_hub_does_not_know(hub, files):
    assert hub.unknown == []
