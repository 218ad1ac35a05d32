"""AudioSet is read without TensorFlow, a damaged file is named, and music is what S2 or the ontology says it is."""

import json
import shutil
import struct

import numpy as np
import pytest
import tfrecords
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from tonada.datasets_scripts import audioset_vggish, tfrecord
from tonada.datasets_scripts.tfrecord import RecordError

SAMPLE = ROOT / "tests" / "data" / "audioset_vggish"


def test_the_checksum_is_that_of_rfc_3720():
    crc = 0xE3069283  # of "123456789"
    assert tfrecord.masked_crc(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_clip_is_its_video_its_classes_and_its_seconds(tmp_path):
    steps = [bytes(range(128)), bytes(range(128, 256))]
    path = tfrecords.write(tmp_path / "a.tfrecord", [tfrecords.clip("abc", [1, 522, 11], steps), b""])
    first, second = tfrecord.records(path)
    context, lists = tfrecord.sequence_example(first)
    assert context["video_id"] == [b"abc"]
    assert context["labels"] == [1, 522, 11]
    assert lists["audio_embedding"] == [[step] for step in steps]
    assert second == b""


def test_what_is_music_by_words_and_by_the_ontology():
    classes = {
        row["mid"]: int(row["index"]) for row in audioset_vggish.tables.read(SAMPLE / "class_labels_indices.csv")
    }
    by_words, below = audioset_vggish.music_classes(SAMPLE), audioset_vggish.music_classes(SAMPLE, "subtree")
    assert by_words - below == {classes["/m/bird"]}, "its description says song"
    assert below == {classes["/m/04rlf"], classes["/m/guitar"]}


def test_clips_have_the_label_of_their_classes_and_the_official_split(tmp_path):
    rows = audioset_vggish.load(SAMPLE, cache_dir=tmp_path)
    names = rows.features["label"].names
    assert [(row["song_id"], names[row["label"]], row["split"], len(row["embeddings"])) for row in rows] == [
        ("speech", "non_music", "train", 10),
        ("guitar", "music", "train", 10),
        ("birdsong", "music", "test", 10),
        ("short", "non_music", "test", 3),
    ]
    clean = audioset_vggish.load(SAMPLE, cache_dir=tmp_path, rule="subtree")
    assert [names[label] for label in clean["label"]] == ["non_music", "music", "non_music", "non_music"]


def test_the_network_of_s2_is_given_ten_steps_from_minus_one_to_one(tmp_path):
    short = audioset_vggish.scaled([[0] * 128, [255] * 128])
    assert short.shape == (10, 128)
    assert short[:2].min() == -1
    assert short[:2].max() == 1
    assert not short[2:].any()
    assert audioset_vggish.scaled([]).dtype == np.float32


@given(st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_a_damaged_file_is_whole_or_named(tmp_path_factory, at, change, cut):
    path = tfrecords.write(tmp_path_factory.mktemp("damage") / "a.tfrecord", [bytes(range(40)), b"x" * 30])
    whole = path.read_bytes()
    at %= len(whole)
    path.write_bytes(whole[:at] if cut else whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
    if cut and at in (0, 56):
        assert len(list(tfrecord.records(path))) == at // 56
    else:
        with pytest.raises(RecordError, match=r"a\.tfrecord, byte"):
            list(tfrecord.records(path))


@given(st.integers(tfrecord.BYTES + 1, 2**64 - 1))
def test_an_absurd_length_is_refused_before_it_is_read(tmp_path_factory, size):
    head = struct.pack("<Q", size)
    path = tmp_path_factory.mktemp("long") / "a.tfrecord"
    path.write_bytes(head + struct.pack("<I", tfrecord.masked_crc(head)) + b"x")
    with pytest.raises(RecordError, match=r"at most 1,000,000 were expected"):
        list(tfrecord.records(path))


@given(st.binary(max_size=60) | st.integers(0, 200).map(lambda at: tfrecords.clip("abc", [1, 300], [b"x" * 128])[:at]))
def test_any_bytes_are_a_clip_or_an_error(record):
    with pytest.raises(ValueError, match="no clip of AudioSet"):
        audioset_vggish._clip(record, "a.tfrecord")


def test_another_width_is_named(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "copy")
    path = tmp_path / "copy" / "audioset_v1_embeddings" / "eval" / "aa.tfrecord"
    tfrecords.write(path, [tfrecords.clip("abc", [0], [b"x" * 64])])
    with pytest.raises(ValueError, match=r"abc has 1 steps; expected 10 at most, of 128 bytes each"):
        audioset_vggish.load(tmp_path / "copy", cache_dir=tmp_path / "cache")


def test_a_missing_part_says_what_to_unpack(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no audioset_v1_embeddings/unbal_train"):
        audioset_vggish.load(SAMPLE, cache_dir=tmp_path, parts=("unbal_train",))
    with pytest.raises(ValueError, match="'balanced'; expected one of bal_train"):
        audioset_vggish.load(SAMPLE, cache_dir=tmp_path, parts=("balanced",))


@pytest.mark.parametrize("rule", audioset_vggish.RULES)
@pytest.mark.parametrize("ontology", ["[", "[{}]", '[{"id": "/m/a"}]', "[1]", "[" * 100_000, '{"a": 1}'])
def test_another_ontology_is_named(tmp_path, rule, ontology):
    shutil.copy(SAMPLE / "class_labels_indices.csv", tmp_path)
    (tmp_path / "ontology.json").write_text(ontology)
    with pytest.raises(ValueError, match=r"ontology\.json is not AudioSet's"):
        audioset_vggish.music_classes(tmp_path, rule)


def test_an_index_that_is_no_number_is_named(tmp_path):
    shutil.copy(SAMPLE / "ontology.json", tmp_path)
    (tmp_path / "class_labels_indices.csv").write_text("index,mid,display_name\nx,/m/04rlf,Music\n")
    with pytest.raises(ValueError, match=r"class_labels_indices\.csv: .*'x'"):
        audioset_vggish.music_classes(tmp_path)


def test_the_ontology_is_read_by_its_own_words():
    assert {"id", "name", "description", "child_ids"} <= json.loads((SAMPLE / "ontology.json").read_text())[0].keys()
