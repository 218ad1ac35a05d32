"""The `tonada` command, as a person or a program runs it."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import TONADA, tonada
from conftest import LABELS, ROOT

from tonada.checkpoints import tasks


@pytest.fixture(scope="module")
def bad_inputs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "text.mp3").write_text("not a song")
    (folder / "empty.wav").touch()
    (folder / "silent").mkdir()
    (folder / "good.ogg").write_bytes((ROOT / "examples" / "forest-dance.ogg").read_bytes())
    return folder


@pytest.fixture(scope="module")
def mixed(bad_inputs):
    """Good and bad files in one run, as JSON, in a process of its own as a person has it."""
    names = ["text.mp3", "good.ogg", "nowhere.mp3", "silent", "empty.wav"]
    command = [TONADA, "classify", *names, "--format", "json", "--timeline"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    return names, subprocess.run(command, cwd=bad_inputs, env=environment, capture_output=True, text=True, timeout=300)


def test_help_does_not_load_torch():
    heavy = ("torch", "transformers", "tonada", "numpy")
    code = f"import sys, tonada_cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_help_names_every_command_and_each_teaches_by_example():
    assert "classify" in tonada("--help").stdout
    assert "tonada classify song.mp3" in tonada("classify", "--help").stdout
    assert "tonada train recipes/emotion.yaml" in tonada("train", "--help").stdout
    assert "tonada evaluate emotion emopia" in tonada("evaluate", "--help").stdout


@pytest.mark.parametrize("command", ["classify", "evaluate", "explain", "export", "live", "push", "serve"])
def test_help_names_every_model_that_came_with_tonada(command):
    said = " ".join(tonada(command, "--help", COLUMNS="400").stdout.split())
    first, *between, last = tasks()
    assert f"came with Tonada: {', '.join([first, *between])} or {last}." in said


@pytest.mark.parametrize("command", [("data", "audit"), ("evaluate",), ("explain",), ("serve",)], ids=" ".join)
def test_help_names_what_has_to_be_installed_as_pip_takes_it(command):
    assert re.search(r"pip install 'tonada\[\w+]'", " ".join(tonada(*command, "--help", COLUMNS="400").stdout.split()))


def test_json_is_one_list_in_the_order_given(mixed):
    names, done = mixed
    answers = json.loads(done.stdout)
    assert [answer["path"] for answer in answers] == names
    assert [answer["status"] for answer in answers] == ["unreadable", "ok", "missing", "no_audio", "empty"]


def test_an_answer_holds_what_was_promised(mixed):
    answer = json.loads(mixed[1].stdout)[1]
    assert set(answer) == {
        *("path", "status", "message", "label", "parents", "probability", "probabilities"),
        *("agreement", "set", "duration", "segments", "model", "revision"),
    }
    assert answer["label"] in LABELS
    assert set(answer["probabilities"]) == set(LABELS)
    assert set(answer["segments"][0]) == {"start", "end", "label", "probability"}
    assert answer["message"] == ""


def test_each_bad_file_gets_one_line_on_standard_error_and_the_exit_code_is_one(mixed):
    _, done = mixed
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 4
    assert all(line.startswith("tonada: ") for line in lines)
    assert "Traceback" not in done.stderr


def test_csv_has_a_row_a_song_and_quotes_nothing_away(bad_inputs):
    done = tonada("classify", "good.ogg", "text.mp3", "--format", "csv", folder=bad_inputs)
    good, bad = csv.DictReader(io.StringIO(done.stdout))
    assert good["label"] in LABELS
    assert float(good[f"probability of {good['label']}"]) == pytest.approx(float(good["probability"]))
    assert bad["status"] == "unreadable"
    assert bad["label"] == ""


def test_a_table_with_a_timeline_is_for_people(bad_inputs):
    done = tonada("classify", "good.ogg", "--timeline", folder=bad_inputs)
    header, song, *stretches = done.stdout.splitlines()
    assert header.split() == ["label", "probability", "agreement", "song"]
    assert song.endswith("good.ogg")
    assert stretches[0].strip().startswith("0:00 - ")
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["classify", "x.mp3", "--task", "cooking"], "emotion"),
        (["classify", "x.mp3", "--model", "no-such-folder"], "no-such-folder"),
        (["classify", "x.mp3", "--revision", "v2"], "name it with --model"),
        (["classify", "x.mp3", "--model", "music", "--revision", "v2"], "music is not on the Hub"),
        (["train", "nothing.yaml", "--data", "."], "no such recipe"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_two(arguments, says):
    done = tonada(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["classify"], "--max-minutes=0.1"),
        (["classify"], "--max-file-gb=0.001"),
        (["classify"], "--max-decoded-gb=0.001"),
        (["classify"], "--max-channels=1"),
        (["features", "--set=hsf90", "--output=table.parquet"], "--max-minutes=0.1"),
        (["features", "--set=hsf90", "--output=table.parquet"], "--max-channels=1"),
    ],
)
def test_a_limit_is_set_by_the_option_that_its_message_names(tmp_path, command, option):
    soundfile.write(tmp_path / "song.wav", np.full((20 * 44100, 2), 0.1), 44100)
    done = tonada(*command, "song.wav", option, folder=tmp_path)
    assert done.returncode == 1
    assert option.split("=")[0] in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_a_library_remarks_on_an_odd_file_is_not_printed(tmp_path):
    song = (ROOT / "examples" / "island-dreams.mp3").read_bytes()
    (tmp_path / "odd.mp3").write_bytes(song[:200_000] + b"\x01U" * 300 + song[200_000:])
    done = tonada("classify", "odd.mp3", folder=tmp_path)
    assert [line.split(":")[0] for line in done.stderr.splitlines()] in ([], ["tonada"])


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_a_name_that_is_not_utf8_stops_nobody(bad_inputs, tmp_path, format):
    name = os.fsdecode(b"caf\xe9\x1b[31m.ogg")
    (tmp_path / name).write_bytes((bad_inputs / "good.ogg").read_bytes())
    (tmp_path / (name + ".mp3")).write_text("no song")
    done = tonada("classify", tmp_path, "--format", format)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    if format == "json":
        assert [answer["path"] for answer in json.loads(done.stdout)] == [
            str(tmp_path / name),
            str(tmp_path / name) + ".mp3",
        ]
    else:
        assert "udce9" in done.stdout
    if format == "table":
        assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_a_reader_that_leaves_early_sees_no_traceback(bad_inputs):
    command = f"{TONADA} classify good.ogg good.ogg good.ogg | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=bad_inputs, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
