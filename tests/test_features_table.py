"""A table of features: what is in it, and that nothing but the songs decides it, however it came about."""

import json
import multiprocessing
import os
import random
import re
import signal
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from conftest import RATE, noise, tone
from hypothesis import given, settings
from hypothesis import strategies as st
from tonada.feature_extraction import DESCRIPTOR_SETS, TonadaFeatureExtractor

import tonada
from tonada.cataloguing import features, hearing, parts
from tonada.cataloguing.features import SetError, extract, extractor_of
from tonada.cataloguing.hearing import SongFeatures, hear
from tonada.cataloguing.parts import Parts
from tonada.cataloguing.tables import TableError, describe, table_of, table_schema
from tonada.listening.decoding import decode
from tonada.listening.files import find_audio

DEADLY_SECONDS = 7


class Deadly(TonadaFeatureExtractor):
    """Ends its process as a fault in native code would, when it hears seven seconds."""

    def __call__(self, waveforms, *args, **kwargs):
        if round(len(waveforms) / RATE) == DEADLY_SECONDS:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().__call__(waveforms, *args, **kwargs)


@pytest.fixture
def folder(tmp_path) -> Path:
    songs = tmp_path / "songs"
    songs.mkdir()
    for number, seconds in enumerate([4, 12, 3.5, 26, 5]):
        soundfile.write(songs / f"{number}.wav", tone(220 * (number + 1), seconds) + noise(seconds, number), RATE)
    (songs / "3a.mp3").write_text("not a song")
    return songs


@pytest.fixture
def heard(monkeypatch) -> list[str]:
    """Hear in this process, which is faster, and keep a list of what was heard."""
    names = []

    def hear_here(paths, extractor, limits, workers):
        for path in paths:
            names.append(Path(path).name)
            yield hear(path, extractor, limits)

    monkeypatch.setattr(features, "hear_all", hear_here)
    return names


def table_made(paths, output, extractor=None, **settings) -> pa.Table:
    list(extract(find_audio(paths), extractor or extractor_of("bag32"), output, **settings))
    return pq.read_table(output)


def test_a_row_holds_a_songs_descriptors_under_their_names(folder, tmp_path, heard):
    table = table_made([folder], tmp_path / "t.parquet")
    extractor = extractor_of("bag32")
    assert table.column_names == [
        *("path", "status", "message", "bytes", "modified", "duration"),
        *extractor.descriptors.columns,
    ]
    rows = [row for row in table.to_pylist() if row["status"] == "ok"]
    assert [Path(row["path"]).name for row in rows] == ["0.wav", "1.wav", "2.wav", "3.wav", "4.wav"]
    for row in rows:
        waveform = decode(row["path"], RATE)
        expected = extractor(waveform, sampling_rate=RATE)["descriptors"][0, 0]
        assert [row[column] for column in extractor.descriptors.columns] == expected.tolist()
        assert row["duration"] == len(waveform) / RATE
        assert row["bytes"] == os.stat(row["path"]).st_size


def test_a_row_for_each_segment_says_when_it_is(folder, tmp_path, heard):
    extractor = extractor_of("hsf90", segment_seconds=5.0, segment_overlap=0.5)
    table = table_made([folder / "1.wav"], tmp_path / "t.parquet", extractor)
    times = list(zip(table["start"].to_pylist(), table["end"].to_pylist(), strict=True))
    assert times == extractor.segment_times(decode(folder / "1.wav", RATE))
    expected = extractor(decode(folder / "1.wav", RATE), sampling_rate=RATE)["descriptors"][0]
    made = np.stack([table[column].to_numpy() for column in extractor.descriptors.columns], axis=1)
    assert np.array_equal(made, expected)


@pytest.mark.parametrize("cut", [{}, {"segment_seconds": 5.0}], ids=["song", "segment"])
def test_what_could_not_be_read_is_named_with_the_reason_and_has_no_numbers(folder, tmp_path, heard, cut):
    (tmp_path / "bare").mkdir()
    table = table_made([folder, "nowhere.ogg", tmp_path / "bare"], tmp_path / "t.parquet", extractor_of("bag32", **cut))
    rows = [row for row in table.to_pylist() if row["status"] != "ok"]
    assert [row["status"] for row in rows] == ["unreadable", "missing", "no_audio"]
    for row in rows:
        assert row["path"] in row["message"]
        assert all(row[name] is None for name in [*extractor_of("bag32").descriptors.columns, "duration"])


def test_the_metadata_says_what_the_numbers_are(folder, tmp_path, heard):
    extractor = extractor_of("bag32", segment_seconds=5.0)
    about = json.loads(table_made([folder], tmp_path / "t.parquet", extractor).schema.metadata[b"tonada"])
    assert (about["version"], about["rows"], about["set"]) == (tonada.__version__, "segment", "bag32")
    assert about["feature_schema"]["hash"] == extractor.feature_schema["hash"]
    assert about["feature_schema"]["versions"] == extractor.feature_schema["versions"]
    again = TonadaFeatureExtractor(**about["extractor"])
    assert again.to_dict() == extractor.to_dict()


@pytest.mark.parametrize("name", DESCRIPTOR_SETS)
def test_every_published_set_can_be_written(name, folder, tmp_path, heard):
    table = table_made([folder / "0.wav"], tmp_path / "t.parquet", extractor_of(name))
    assert all(np.isfinite(table[column][0].as_py()) for column in DESCRIPTOR_SETS[name].columns)


@pytest.mark.slow
def test_the_number_of_workers_does_not_change_the_table(folder, tmp_path):
    alone, together = (table_made([folder], tmp_path / f"{count}.parquet", workers=count) for count in (1, 3))
    assert alone.equals(together, check_metadata=True)


@pytest.mark.slow
def test_a_file_that_kills_its_process_is_named_and_costs_no_other(folder, tmp_path):
    for name in ("0a", "9"):
        soundfile.write(folder / f"{name}.wav", noise(DEADLY_SECONDS), RATE)
    deadly = Deadly(**extractor_of("bag32").to_dict())
    table = table_made([folder], tmp_path / "t.parquet", deadly, workers=2)
    statuses = {Path(row["path"]).name: row["status"] for row in table.to_pylist()}
    assert [name for name, status in statuses.items() if status == "crashed"] == ["0a.wav", "9.wav"]
    assert [name for name, status in statuses.items() if status == "ok"] == [f"{number}.wav" for number in range(5)]


def test_a_second_run_hears_only_what_is_new_or_changed_or_failed(folder, tmp_path, heard):
    table_made([folder], tmp_path / "t.parquet")
    heard.clear()
    soundfile.write(folder / "1.wav", noise(6), RATE)
    soundfile.write(folder / "1b.wav", noise(6), RATE)
    os.utime(folder / "2.wav", (1, 1))
    table = table_made([folder], tmp_path / "t.parquet")
    assert heard == ["1.wav", "1b.wav", "2.wav", "3a.mp3"]
    assert table.equals(table_made([folder], tmp_path / "afresh.parquet"), check_metadata=True)


def test_songs_that_are_elsewhere_stay_and_old_failures_go(folder, tmp_path, heard):
    table_made([folder, "nowhere.ogg"], tmp_path / "t.parquet")
    (folder / "0.wav").rename(tmp_path / "moved.wav")
    table = table_made([folder / "4.wav", tmp_path / "moved.wav"], tmp_path / "t.parquet")
    names = [Path(path).name for path in table["path"].to_pylist()]
    assert names == ["4.wav", "moved.wav", "0.wav", "1.wav", "2.wav", "3.wav"]


def test_a_file_given_twice_has_one_row(folder, tmp_path, heard):
    table = table_made([folder / "0.wav", folder, folder / "0.wav"], tmp_path / "t.parquet")
    assert len(table) == 6


@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"\xff\xfe.mp3"])
def test_a_name_that_is_not_utf8_is_written_out(name, folder, tmp_path, heard):
    path = folder / os.fsdecode(name)
    (folder / "0.wav").rename(path)
    row = table_made([path], tmp_path / "t.parquet").to_pylist()[0]
    assert (
        row["path"]
        == str(folder) + "/" + name.decode("utf-8", "surrogateescape").encode("ascii", "backslashreplace").decode()
    )
    heard.clear()
    table_made([path], tmp_path / "t.parquet")
    assert heard == []


def test_other_features_are_refused_and_both_named(folder, tmp_path, heard):
    output = tmp_path / "t.parquet"
    before = table_made([folder], output)
    for other in (extractor_of("hsf90"), extractor_of("bag32", segment_seconds=5.0)):
        with pytest.raises(TableError, match=r"holds bag32 .* of each song, and these would be"):
            table_made([folder], output, other)
    segments = tmp_path / "s.parquet"
    with closing(extract(find_audio([folder]), extractor_of("bag32", segment_seconds=5.0), segments)) as songs:
        next(songs)
    with pytest.raises(TableError, match=r"000000.parquet holds bag32 .* segment of 5 s .* segment of 6 s"):
        table_made([folder], segments, extractor_of("bag32", segment_seconds=6.0))
    assert pq.read_table(output).equals(before, check_metadata=True)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"precious", None])
def test_a_file_that_is_no_such_table_is_left_alone(content, folder, tmp_path, heard):
    output = tmp_path / "t.parquet"
    if content is None:
        pq.write_table(pa.table({"path": ["mine"]}), output)
        content = output.read_bytes()
    output.write_bytes(content)
    with pytest.raises(TableError, match="left alone"):
        table_made([folder], output)
    assert output.read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["songs", "t.parquet"]


def test_two_at_once_do_not_write_one_table(folder, tmp_path, heard):
    output = tmp_path / "t.parquet"
    with closing(extract(find_audio([folder]), extractor_of("bag32"), output)) as songs:
        next(songs)
        with pytest.raises(TableError, match="another process"):
            table_made([folder], output)


def test_whoever_stops_early_keeps_what_was_heard(folder, tmp_path, heard):
    output = tmp_path / "t.parquet"
    with closing(extract(find_audio([folder]), extractor_of("bag32"), output)) as songs:
        for _ in range(3):
            next(songs)
    assert not output.exists()
    table = table_made([folder], output)
    assert heard == ["0.wav", "1.wav", "2.wav", "3.wav", "3a.mp3", "4.wav"]
    assert table.equals(table_made([folder], tmp_path / "afresh.parquet"), check_metadata=True)
    assert not (tmp_path / "t.parquet.parts").exists()


def test_the_summary_counts_what_the_table_holds(folder, tmp_path, heard):
    output = tmp_path / "t.parquet"
    table_made([folder], output, extractor_of("bag32", segment_seconds=5.0))
    said = f"{output}: 5 songs, 10 rows, 32 columns of bag32; 1 could not be read"
    assert describe(output) == (said, 1)


def test_a_set_of_ones_own_is_a_list_in_a_file(folder, tmp_path, heard):
    blocks = [{"descriptor": "mfcc", "count": 20, "statistics": ["mean", "variance"]}]
    for number, content in enumerate([blocks, {"descriptor_set": blocks}]):
        file = tmp_path / f"{number}.yaml"
        file.write_text(yaml.safe_dump(content))
        table = table_made([folder / "0.wav"], tmp_path / f"{number}.parquet", extractor_of(str(file)))
        assert table.column_names[6:] == [
            f"mfcc_{number}_{statistic}" for statistic in ("mean", "variance") for number in range(1, 21)
        ]
        assert json.loads(table.schema.metadata[b"tonada"])["extractor"]["descriptor_set"] == blocks


PLAIN = st.none() | st.integers(-2, 40) | st.text(max_size=5) | st.sampled_from(["mfcc", "mean", "descriptor"])
NESTED = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["descriptor", "statistics", "count", "name"]) | st.text(max_size=3), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(content=NESTED.map(yaml.safe_dump) | st.text(max_size=40))
def test_any_file_is_a_set_or_one_line_that_names_it(content, tmp_path_factory):
    file = tmp_path_factory.mktemp("own") / "own.yaml"
    file.write_text(content, encoding="utf-8", errors="replace")
    with suppress(SetError):
        assert extractor_of(str(file)).descriptors.columns
        return
    with pytest.raises(SetError, match=rf"^{re.escape(str(file))}: [^\n]+$"):
        extractor_of(str(file))


# Kills ----------------------------------------------------------------------------------------------------------------

SEED = 20


def test_ctrl_c_while_rows_are_indexed_stays_ctrl_c_and_keeps_them(tmp_path, monkeypatch):
    index = parts._places_in

    def interrupted(*arguments):
        yield from index(*arguments)
        monkeypatch.setattr(parts, "_places_in", index)
        raise KeyboardInterrupt

    output, schema = tmp_path / "t.parquet", table_schema(extractor_of("bag32"))
    song = SongFeatures("a.wav", "ok", "", (1, 1), 10.0, ((0, 10.0),), np.zeros((1, 32), np.float32))

    def stopped() -> None:
        with Parts(output, schema, table_of) as made:
            made.want("a.wav")
            monkeypatch.setattr(parts, "_places_in", interrupted)
            made.add(song, parts.ROWS_OF_A_GROUP)

    with pytest.raises(KeyboardInterrupt):
        stopped()
    with Parts(output, schema, table_of) as made:
        made.want("a.wav")
        made.join()
    assert pq.read_table(output)["path"].to_pylist() == ["a.wav"]


def work(folder: Path, output: Path, log: Path, schema: pa.Schema) -> None:
    """What `extract` does, with numbers in place of hearing; each song that is heard leaves a byte in the log."""
    parts.SHORTEST_WAIT = parts.SHARE_AT_RISK = 0.0  # each song is written at once
    with Parts(output, schema, table_of) as made, log.open("ab", buffering=0) as lines:
        for path, _ in find_audio([folder]):
            made.want(path)
        for path in made.waiting():
            lines.write(b".")
            values = np.full((1, 32), int(Path(path).stem), np.float32)
            made.add(SongFeatures(path, "ok", "", hearing.file_state(path), 10.0, ((0, 10.0),), values))
        made.join()


def killed_after(seconds: float | None, *arguments: Path | pa.Schema) -> bool:
    """Work in a process of its own and kill it after some seconds; whether it had ended before."""
    # Forked, for a fresh one takes seconds; so it must not use torch, whose threads do not come along.
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0


def stage(output: Path) -> str:
    """How far a killed process had come."""
    if output.exists():
        return "table there, parts not yet gone"
    if output.with_name("t.parquet.unfinished").exists():
        return "joining"
    return "parts" if any(output.with_name("t.parquet.parts").glob("0*.parquet")) else "nothing yet"


@pytest.mark.parametrize("count", [10, pytest.param(60, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_loses_nothing(count, tmp_path, capsys):
    songs, log, output = tmp_path / "songs", tmp_path / "log", tmp_path / "t.parquet"
    songs.mkdir()
    for number in range(30):
        (songs / f"{number:02}.wav").touch()
    schema = table_schema(extractor_of("bag32"))
    begin = time.monotonic()
    work(songs, output, log, schema)
    whole = time.monotonic() - begin
    expected = pq.read_table(output)

    moments, outcomes = random.Random(SEED), Counter[str]()
    while outcomes.total() < count:
        output.unlink()
        log.write_bytes(b"")
        kills = 0
        while not killed_after(moments.uniform(0, whole), songs, output, log, schema):
            outcomes[stage(output)] += 1
            kills += 1
            assert kills < 10 * count, "it never comes to its end"
        assert pq.read_table(output).equals(expected, check_metadata=True)
        assert log.stat().st_size <= len(expected) + kills  # each kill costs one song at most
        assert not output.with_name("t.parquet.parts").exists()
    with capsys.disabled():
        print(f"\n{outcomes.total()} kills (seed {SEED}) left: {dict(outcomes)}; each table whole and the same")
    assert outcomes["parts"]
