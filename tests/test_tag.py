"""A table of tags: what is in it, and that nothing but the songs and the models decides it, however it came about."""

import hashlib
import json
import os
from contextlib import closing
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from commands import tonada
from conftest import LABELS, RATE, noise, tone

from tonada.cataloguing.processes import Crew, Lost
from tonada.cataloguing.tables import TableError
from tonada.cataloguing.tag import describe_tags, local_engine, open_tags, tag
from tonada.cataloguing.tag_tables import tags_schema, tags_table
from tonada.cataloguing.tagging import tag_batch
from tonada.cataloguing.tasks import Task, fingerprint, listeners_of
from tonada.listening import decoding, together
from tonada.listening.files import find_audio
from tonada.listening.limits import Limits
from tonada.listening.listener import Listener, ModelError
from tonada.proving.drift import drifts
from tonada.proving.number_tables import read_table

TASKS = [Task("emotion")]


@pytest.fixture(scope="module")
def listeners() -> dict[str, Listener]:
    return listeners_of(TASKS)


@pytest.fixture
def folder(tmp_path) -> Path:
    songs = tmp_path / "songs"
    songs.mkdir()
    for number, seconds in enumerate([4, 12, 3.5]):
        soundfile.write(songs / f"{number}.wav", tone(220 * (number + 1), seconds) + noise(seconds, number), RATE)
    (songs / "1a.mp3").write_text("not a song")
    return songs


class Here:
    """An engine of this process, which keeps a list of what it heard."""

    def __init__(self, listeners):
        self.listeners = listeners
        self.heard = []

    def __call__(self, paths):
        for path in paths:
            self.heard.append(Path(path).name)
            yield from tag_batch([path], self.listeners)


@pytest.fixture
def here(listeners) -> Here:
    return Here(listeners)


def table_made(folder, output, engine, resume=False) -> pa.Table:
    with open_tags(find_audio([folder]), TASKS, output, resume) as parts, closing(tag(parts, engine)) as rows:
        list(rows)
    return lasting(pq.read_table(output))


def lasting(table: pa.Table) -> pa.Table:
    """Without what differs from run to run."""
    return table.drop_columns(["seconds", "tagged"])


def test_a_row_says_what_classify_says_and_of_which_bytes(listeners, examples):
    song = str(examples[0])
    [row] = tag_batch([song], listeners)
    answer = listeners["emotion"].listen(song, song)
    assert row["emotion_label"] == answer.label
    assert {label: row[f"emotion_probability_{label}"] for label in LABELS} == answer.probabilities
    assert row["emotion_probability"] == answer.probability
    assert (row["emotion_agreement"], row["emotion_set"]) == (answer.agreement, answer.set)
    assert (row["duration"], row["emotion_revision"]) == (answer.duration, answer.revision)
    assert row["content"] == hashlib.sha256(examples[0].read_bytes()).hexdigest()
    assert row["emotion_embedding"] == np.float16(answer.embedding).tolist()
    assert "embedding" not in answer.to_dict()
    assert row["seconds"] > 0


def test_a_row_does_not_depend_on_what_stands_beside_it(listeners, examples):
    names = [str(path) for path in examples[:3]]
    alone = [tag_batch([name], listeners)[0] for name in names]
    for row, company in zip(alone, reversed(tag_batch(names[::-1], listeners)), strict=True):
        assert {**row, "seconds": 0, "tagged": 0} == {**company, "seconds": 0, "tagged": 0}


def test_the_table_has_each_number_in_single_precision_exactly(listeners, folder, here, tmp_path):
    made = table_made(folder, tmp_path / "t.parquet", here).to_pylist()
    for row in tag_batch([str(folder / f"{number}.wav") for number in range(3)], listeners):
        [kept] = [each for each in made if each["path"] == row["path"]]
        assert all(kept[f"emotion_probability_{label}"] == row[f"emotion_probability_{label}"] for label in LABELS)


def test_tasks_that_hear_alike_share_one_decoding_and_one_extraction(model, extractor, folder, monkeypatch):
    decoded, extracted = [], []
    monkeypatch.setattr(together, "decode_at", lambda *given: decoded.append(given) or {RATE: noise(4)})
    hear = Listener.hear
    monkeypatch.setattr(Listener, "hear", lambda *given: extracted.append(given) or hear(*given))
    several = {name: Listener(model, extractor, name) for name in ("a", "b", "c")}
    answers = together.listen_together(folder / "0.wav", several)
    assert (len(decoded), len(extracted)) == (1, 1)
    assert [answer.model for answer in answers.values()] == ["a", "b", "c"]


def test_tasks_at_two_rates_share_one_decoding_and_hear_what_each_hears_alone(folder, monkeypatch):
    opened = []
    open_recording = decoding.open_recording
    monkeypatch.setattr(decoding, "open_recording", lambda *given: opened.append(given) or open_recording(*given))
    both = listeners_of([Task("emotion"), Task("music")])
    answers = together.listen_together(folder / "0.wav", both)
    assert len(opened) == 1
    for task, listener in both.items():
        assert answers[task].probabilities == listener.listen(folder / "0.wav").probabilities


def test_what_cannot_be_tagged_is_named_with_the_reason_and_has_no_numbers(folder, here, tmp_path):
    (folder / "1b.wav").symlink_to(tmp_path / "nowhere.wav")
    os.mkfifo(folder / "1c.wav")  # nobody writes to it: whoever opens it waits for ever
    output = tmp_path / "t.parquet"
    rows = [row for row in table_made(folder, output, here).to_pylist() if row["status"] != "ok"]
    assert [row["status"] for row in rows] == ["unreadable", "missing", "unreadable"]
    assert all(row["path"] in row["message"] and row["emotion_label"] is None for row in rows)
    assert describe_tags(output) == (f"{output}: 3 songs tagged by emotion; 3 could not be tagged", 3)


def test_whoever_stops_early_keeps_what_was_tagged_and_nothing_is_done_twice(folder, here, tmp_path):
    output = tmp_path / "t.parquet"
    with open_tags(find_audio([folder]), TASKS, output) as parts, closing(tag(parts, here)) as rows:
        for _ in range(3):
            next(rows)
    assert not output.exists()
    table = table_made(folder, output, here, resume=True)
    assert here.heard == ["0.wav", "1.wav", "1a.mp3", "2.wav"]
    assert table.equals(table_made(folder, tmp_path / "afresh.parquet", here), check_metadata=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["afresh.parquet", "songs", "t.parquet"]


def test_a_finished_table_is_continued_with_what_is_new_or_changed_or_failed(folder, here, tmp_path):
    output = tmp_path / "t.parquet"
    table_made(folder, output, here)
    here.heard.clear()
    soundfile.write(folder / "1.wav", noise(6), RATE)
    soundfile.write(folder / "9.wav", noise(6), RATE)
    table = table_made(folder, output, here, resume=True)
    assert here.heard == ["1.wav", "1a.mp3", "9.wav"]
    assert [Path(path).name for path in table["path"].to_pylist()] == ["0.wav", "1.wav", "1a.mp3", "2.wav", "9.wav"]


def lost(paths):
    """An engine of processes that a disk holds, each of them for ever."""
    with patch.object(Crew, "each", lambda crew, paths: ((path, Lost("timeout", f"{path}: late")) for path in paths)):
        yield from local_engine(TASKS, Limits(), 1, 1.0)(paths)


@pytest.fixture
def dead_disk(monkeypatch):
    """A file in a folder that can be listed; whoever asks its disk of it would wait for ever."""
    stat = os.stat

    def asked(path, **options):
        if str(path).endswith("1.wav"):
            pytest.fail("the disk was asked")
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", asked)


def test_the_command_itself_asks_no_disk_of_a_song_that_was_lost(folder, tmp_path, dead_disk):
    rows = table_made(folder, tmp_path / "t.parquet", lost).to_pylist()
    assert [(row["status"], row["bytes"], row["modified"]) for row in rows] == [("timeout", None, None)] * 4


@pytest.mark.parametrize("begun", [True, False])
def test_a_song_that_was_lost_waits_again_and_no_disk_is_asked_of_it(begun, folder, tmp_path, dead_disk):
    output = tmp_path / "t.parquet"
    with open_tags(find_audio([folder]), TASKS, output) as parts, closing(tag(parts, lost)) as rows:
        list(islice(rows, 2 if begun else None))
    with open_tags(find_audio([folder]), TASKS, output, resume=True) as parts:
        assert [Path(path).name for path in parts.waiting()] == ["0.wav", "1.wav", "1a.mp3", "2.wav"]


def test_a_song_without_a_path_is_missing_and_costs_no_other(listeners, folder):
    rows = tag_batch([None, str(folder / "0.wav")], listeners)
    assert [row["status"] for row in tags_table(rows, tags_schema(listeners)).to_pylist()] == ["missing", "ok"]
    assert (rows[0]["path"], "no path" in rows[0]["message"]) == (None, True)


def test_songs_that_failed_elsewhere_stay_and_count(folder, here, tmp_path, monkeypatch):
    monkeypatch.setattr("tonada.cataloguing.tag.local_engine", lambda *given: here)
    other, output = tmp_path / "other", tmp_path / "t.parquet"
    other.mkdir()
    (folder / "2.wav").rename(other / "2.wav")
    command = ["tag", "--output", output, "--task", "emotion"]
    assert tonada(*command, folder).returncode == 1
    said = tonada(*command, other, "--resume")
    assert (said.returncode, "3 songs tagged by emotion; 1 could not be tagged" in said.stdout) == (1, True)
    names = [Path(path).name for path in pq.read_table(output)["path"].to_pylist()]
    assert names == ["2.wav", "0.wav", "1.wav", "1a.mp3"]


def test_a_song_that_failed_and_is_gone_from_where_it_was_looked_for_leaves_the_table(folder, here, tmp_path):
    output = tmp_path / "t.parquet"
    table_made(folder, output, here)
    (folder / "1a.mp3").unlink()
    with open_tags(find_audio([folder]), TASKS, output, True, [folder]) as parts, closing(tag(parts, here)) as rows:
        assert list(rows) == []
    assert describe_tags(output) == (f"{output}: 3 songs tagged by emotion; 0 could not be tagged", 0)


@pytest.mark.parametrize("begun", [True, False])
def test_nothing_is_continued_that_nobody_asked_to(begun, folder, here, tmp_path):
    output = tmp_path / "t.parquet"
    with open_tags(find_audio([folder]), TASKS, output) as parts, closing(tag(parts, here)) as rows:
        next(rows) if begun else list(rows)
    with pytest.raises(TableError, match="--resume"), open_tags(find_audio([folder]), TASKS, output):
        pass


def test_tags_of_other_models_are_not_mixed(folder, here, tmp_path, model, extractor):
    table_made(folder, tmp_path / "t.parquet", here)
    model.save_pretrained(tmp_path / "other")
    extractor.save_pretrained(tmp_path / "other")
    other = [Task("emotion", str(tmp_path / "other"))]
    with pytest.raises(TableError, match="not mixed"), open_tags([], other, tmp_path / "t.parquet", resume=True):
        pass
    [listener] = listeners_of(other).values()
    assert listener.revision == fingerprint(listener)


def test_two_tasks_of_one_name_are_refused():
    with pytest.raises(ModelError, match="two tasks are called emotion"):
        listeners_of([*TASKS, *TASKS])


def test_the_metadata_says_which_models_the_answers_are_of(listeners):
    about = json.loads(tags_schema(listeners).metadata[b"tonada"])
    assert about["tasks"]["emotion"]["model"] == "bundled:emotion"
    assert about["tasks"]["emotion"]["labels"] == LABELS


def test_a_task_without_a_name_is_refused(folder, tmp_path):
    said = tonada("tag", folder, "--output", tmp_path / "t.parquet", "--task", "=mine")
    assert said.returncode == 2
    assert said.stderr.startswith("tonada: --task names a task, or NAME=MODEL")


def test_ray_that_is_not_installed_is_named_with_its_extra(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("tonada.extras.find_spec", lambda library: None)
    said = tonada("tag", folder, "--output", tmp_path / "t.parquet", "--engine", "ray")
    assert said.returncode == 2
    assert said.stderr == "tonada: --engine ray needs ray; run: pip install 'tonada[ray]'\n"


def test_tags_feed_the_monitor(folder, here, tmp_path):
    table_made(folder, tmp_path / "t.parquet", here)
    tags = read_table(tmp_path / "t.parquet")
    names = {each.name for each in drifts(tags, tags)}
    assert {"emotion_label", "emotion_probability", "seconds"} <= names
    assert not names & {"bytes", "duration", "emotion_agreement", "emotion_embedding"}
