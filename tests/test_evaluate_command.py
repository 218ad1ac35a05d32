"""`tonada evaluate`: what it writes agrees with itself, and nothing is called a test that is none."""

import csv
import json
import shutil

import numpy as np
import pytest
import soundfile
import torch
import yaml
from commands import tonada
from conftest import RATE, ROOT, noise, tone
from datasets import Dataset
from huggingface_hub import parse_eval_result_entries
from huggingface_hub.repocard_data import model_index_to_eval_results
from tonada.datasets_scripts.registry import data_set
from tonada.datasets_scripts.splits import Split
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification
from tonada.modeling.tree_tonada import LabelTree

from tonada.evaluating.asking import Asked, chosen, load
from tonada.evaluating.beside import gap
from tonada.evaluating.hearing import hear
from tonada.evaluating.held_out import EvaluationError, Sides, sides
from tonada.evaluating.tables import Table
from tonada.listening.listener import Listener, ModelError
from tonada.proving.judged import Judged
from tonada.proving.levels import at_level
from tonada.proving.metrics import AnswerScores
from tonada.proving.predictions import Prediction, read_predictions

FIGURES = {"confusion.png", "reliability.png", "abstention.png", "curves.png"}
RECIPE = """
name: tiny
data: {script: folder, folder: songs, folds: 3, deal: official}
features: {segment_seconds: 3.0, num_mel_bins: 16}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Songs of two labels by eight performers with an official split, one of them damaged, and an untrained model that
    was saved with the recipe that split them."""
    home = tmp_path_factory.mktemp("evaluate")
    (home / "songs").mkdir()
    with (home / "songs" / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "label", "artist", "song_id", "split"])
        for index in range(24):
            artist, loud = index // 3, index % 2 == 0
            sound = noise(4, index, 0.3) if loud else tone(200 + 20 * index, 7, amplitude=0.05)
            soundfile.write(home / "songs" / f"{index}.ogg", sound, RATE)
            part = ["train", "train", "test", "validation"][artist % 4]
            table.writerow([f"{index}.ogg", "loud" if loud else "soft", f"Artist {artist}", f"S{index}", part])
    (home / "songs" / "6.ogg").write_text("not a song")
    small = {"conv_channels": [4, 4, 4], "lstm_hidden_size": 8, "attention_heads": 2, "dnn_sizes": [16, 8]}
    models = {"tiny": ["soft", "loud"], "other": ["soft", "middling"], "detector": ["music", "non_music"]}
    for name, labels in models.items():
        config = TonadaConfig(
            id2label=dict(enumerate(labels)), num_mel_bins=16, conformal_quantile=0.9, temperature=1.5, **small
        )
        TonadaForAudioClassification(config).save_pretrained(home / name)
        TonadaFeatureExtractor(segment_seconds=3.0, num_mel_bins=16).save_pretrained(home / name)
    (home / "recipe.yaml").write_text(RECIPE)
    return home


@pytest.fixture(scope="module")
def done(home):
    arguments = ["tiny", "folder", "songs", "--report", "report", "--recipe", "recipe.yaml", "--format", "json"]
    return tonada("evaluate", *arguments, folder=home)


@pytest.fixture(scope="module")
def report(home, done):
    return json.loads(done.stdout)


def test_the_folder_holds_everything_promised(home, report):
    found = {path.relative_to(home / "report").as_posix() for path in (home / "report").rglob("*") if path.is_file()}
    assert found == {
        *FIGURES,
        *("report.md", "report.json", "segments/tiny.csv", "model-index.yaml", ".eval_results/folder.yaml"),
        *(f"songs/{name}.csv" for name in ("tiny", "majority", "logistic-regression")),
        *("gap/random-folds.csv", "gap/disjoint-folds.csv"),
    }
    assert json.loads((home / "report" / "report.json").read_text()) == report


def test_a_damaged_song_is_named_and_in_no_figure(done, report):
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line] == [f"tonada: {report['refused'][0]['message']}"]
    assert report["refused"][0]["song_id"] == "S6"
    assert report["systems"]["tiny"]["songs"]["count"] == 5


def test_only_songs_that_the_recipe_held_out_are_tested(home, report):
    tested = read_predictions(home / "report" / "songs" / "tiny.csv")
    assert {each.group for each in tested} == {"artist 2", "artist 6"}
    assert report["is_test"]
    assert report["warnings"] == []


def test_every_figure_follows_from_the_predictions_beside_it(home, report):
    for name, of_system in report["systems"].items():
        judged = Judged.of(read_predictions(home / "report" / "songs" / f"{name}.csv"))
        found = AnswerScores().compute(predictions=judged.probabilities, references=judged.truth)
        assert {score: of_system["songs"]["scores"][score]["value"] for score in found} == pytest.approx(found)


def test_the_page_shows_the_numbers_of_the_json(home, report):
    page = (home / "report" / "report.md").read_text()
    score = report["systems"]["tiny"]["songs"]["scores"]["macro_f1"]
    assert f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]" in page
    assert "| majority |" in page
    assert "S6: unreadable" in page


def test_a_data_sets_own_options_choose_among_its_songs_and_are_told(home):
    """Eight of twelve songs are of the task asked for."""
    (home / "free").mkdir()
    lines = ["file_name,task,label,package,version,path,licence,sha256"]
    for index in range(12):
        shutil.copy(home / "songs" / f"{index + 12}.ogg", home / "free" / f"{index}.ogg")
        task, label = "music_detect" if index % 3 else "games", ["music", "non_music"][index % 2]
        lines.append(f"{index}.ogg,{task},{label},p{index // 2},1.0,/{index}.ogg,MIT,")
    (home / "free" / "metadata.csv").write_text("\n".join(lines) + "\n")
    arguments = ["detector", "free_audio", "free", "--option", "task=music_detect", "--report", "asked"]
    done = tonada("evaluate", *arguments, folder=home)
    told = json.loads((home / "asked" / "report.json").read_text())
    assert (told["data"]["options"], told["systems"]["detector"]["songs"]["count"]) == (["task=music_detect"], 8)
    assert done.stdout.startswith("# detector on free_audio (task=music_detect)\n")


def test_segments_are_judged_beside_their_songs(home, report):
    segments = read_predictions(home / "report" / "segments" / "tiny.csv")
    assert report["systems"]["tiny"]["segments"]["count"] == len(segments) > 5
    assert {each.song_id for each in segments} == {
        each.song_id for each in read_predictions(home / "report" / "songs" / "tiny.csv")
    }


def test_what_an_answer_costs_is_told_with_the_machine(report):
    cost = report["cost"]
    assert 0 < cost["latency_seconds"]["median"] <= cost["latency_seconds"]["p95"]
    assert cost["peak_memory_bytes"] > 1e8
    assert "cores" in cost["machine"]


def test_the_hubs_own_parsers_read_the_blocks(home, report):
    macro_f1 = round(report["systems"]["tiny"]["songs"]["scores"]["macro_f1"]["value"], 4)
    index = yaml.safe_load((home / "report" / "model-index.yaml").read_text())["model-index"]
    name, results = model_index_to_eval_results(index)
    assert name == "tiny"
    (of_the_index,) = (each for each in results if each.metric_type == "f1")
    low, high = (report["systems"]["tiny"]["songs"]["scores"]["macro_f1"][bound] for bound in ("low", "high"))
    assert (of_the_index.metric_value, of_the_index.metric_name) == (
        macro_f1,
        f"macro-F1, 95 % interval {low:.3f} to {high:.3f}",
    )
    entries = parse_eval_result_entries(yaml.safe_load((home / "report" / ".eval_results" / "folder.yaml").read_text()))
    assert [(each.dataset_id, each.value) for each in entries] == [("folder", macro_f1)]


def test_a_model_that_does_not_say_what_it_learned_from_is_warned_of_and_has_no_blocks(home):
    done = tonada("evaluate", "tiny", "folder", "songs", "--report", "unknown", folder=home)
    assert "does not say which songs it learned from" in done.stderr
    assert not (home / "unknown" / "model-index.yaml").exists()
    assert not (home / "unknown" / ".eval_results").exists()
    assert "flatter" in (home / "unknown" / "report.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["other", "folder", "songs"], "loud, soft; other answers soft, middling"),
        (["tiny", "folders", "songs"], "no data set of that name"),
        (["tiny", "folder", "nowhere"], "nowhere is not a folder"),
        (["nothing", "folder", "songs"], "nothing"),
        (["tiny", "folder", "songs", "--recipe", "missing.yaml"], "no such recipe"),
        (["tiny", "folder", "songs", "--option", "loud=1"], "the data set has no option 'loud'"),
        (["tiny", "free_audio", "songs", "--option", "most=few"], "--option most=few: expected a number"),
        (["tiny", "table", "songs.csv", "--option", "most=1"], "a table has no options"),
        (["tiny", "folder", "songs", "--recipe", ROOT / "recipes" / "emotion.yaml"], "give a recipe of folder"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_two(home, arguments, says):
    done = tonada("evaluate", *arguments, "--report", "wrong", folder=home)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert says in done.stderr


def test_songs_that_taught_the_model_make_no_test():
    known = Sides(["train", "validation", "test", "test"], "dealt")
    assert chosen(known, "test") == ([2, 3], [])
    places, warnings = chosen(known, "all")
    assert places == [0, 1, 2, 3]
    assert "learned from 1 of these 4" in warnings[0]
    assert "flatter" in chosen(known, "validation")[1][0]
    with pytest.raises(EvaluationError, match="the model learned from all of these songs"):
        chosen(Sides(["train"], "dealt"), "test")


def test_the_gap_is_what_sharing_artists_adds():
    """Artists have a sound of their own and a label of their own, and nothing else tells labels apart."""
    random = np.random.default_rng(0)
    sounds = random.normal(size=(20, 8))
    artists = np.repeat(np.arange(20), 5)
    descriptors = sounds[artists] + 0.01 * random.normal(size=(100, 8))
    names = [f"song {number}" for number in range(100)]
    table = Table(list(range(100)), descriptors, artists % 2, [f"artist {each}" for each in artists], names)
    found = {name: Judged.of(each) for name, each in gap(table, ["a", "b"]).items()}
    shared, disjoint = ((each.answers == each.truth).mean() for each in found.values())
    assert shared > disjoint + 0.2


def test_where_nobody_has_two_songs_there_is_no_gap():
    names = [str(number) for number in range(10)]
    assert gap(Table(list(range(10)), np.zeros((10, 2)), np.arange(10) % 2, names, names), ["a", "b"]) == {}


def test_a_model_saved_with_its_split_knows_which_songs_are_new(tmp_path):
    """A song that came after the split is a test, unless the model learned from its performer, by whatever name the
    data set is read."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    Split({"A": "train", "B": "test"}, {"A": "ana", "B": "ben"}).save(tmp_path / "split.json")
    rows = Dataset.from_dict({"song_id": ["A", "B", "C", "D"], "group": ["ana", "ben", "ana", "new"]})
    assert sides(rows, "folder", str(tmp_path), None, None).parts == ["train", "test", "train", "test"]
    assert sides(rows, "emotify", str(tmp_path), None, None).parts == ["train", "test", "train", "test"]
    others = Dataset.from_dict({"song_id": ["A", "E"], "group": ["another", "ana"]})
    assert sides(others, "emotify", str(tmp_path), None, None).parts == ["test"] * 2
    (tmp_path / "split.json").write_text("{}")
    with pytest.raises(EvaluationError, match="is not a saved split"):
        sides(rows, "folder", str(tmp_path), None, None)


def test_a_recipes_saved_split_is_found_from_the_folder_of_all(tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("deal: official", "deal: saved, split: splits/mine.json"))
    (tmp_path / "splits").mkdir()
    Split({"A": "train", "B": "test", "C": "validation"}, {"A": "a", "B": "b", "C": "c"}).save(
        tmp_path / "splits" / "mine.json"
    )
    rows = Dataset.from_dict({"song_id": ["A", "B", "C"], "group": ["a", "b", "c"]})
    dealt = sides(rows, "folder", "", None, tmp_path / "recipe.yaml", tmp_path / "songs")
    assert dealt.parts == ["train", "test", "validation"]


def test_what_a_damaged_model_says_is_in_no_figure(home):
    listener = Listener.from_pretrained(str(home / "tiny"))
    torch.nn.init.constant_(listener.model.classifier.bias, float("nan"))
    heard = hear(listener, data_set("folder").load(home / "songs").select([0, 1]), ["test"] * 2, 0)
    assert heard.songs == []
    assert all("answers with NaN" in each.message for each in heard.refused)


TREE = LabelTree(("pop", "rock", "symphony"), {"pop": "non_classic", "rock": "non_classic", "symphony": "classic"})


def test_at_an_upper_level_labels_that_were_mixed_up_below_it_are_right():
    said = Prediction("s", "g", "test", 0, "pop", {"pop": 0.3, "rock": 0.4, "symphony": 0.3})
    (found,) = at_level([said], TREE, 1)
    assert (found.truth, found.answer, list(found.probabilities)) == (
        "non_classic",
        "non_classic",
        ["non_classic", "classic"],
    )
    assert found.probabilities == pytest.approx({"non_classic": 0.7, "classic": 0.3})
    assert at_level([said], TREE, 2) == [said]


def test_a_level_that_is_not_there_and_a_model_of_many_labels_are_refused():
    moods = {0: "soft", 1: "loud"}
    for settings, level, says in [
        ({"id2label": moods}, 1, "no tree of labels"),
        ({"id2label": moods, "parents": {"soft": "sound", "loud": "sound"}}, 3, "levels 1 to 2"),
        ({"id2label": moods, "problem_type": "multi_label_classification"}, None, "several labels or values a song"),
    ]:
        model = TonadaForAudioClassification(TonadaConfig(branches=("descriptors",), **settings))
        listener = Listener(model, TonadaFeatureExtractor(branches=["descriptors"]), "mine")
        with pytest.raises((EvaluationError, ModelError), match=says):
            load(Asked("emotify", ROOT, "test", "mine", level=level), listener)
