"""TensorFlow checkpoints are read without TensorFlow, and whatever else the bytes are, they cost nothing."""

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_bundles import HEADER, MAGIC, bundle, entry, part, table, varint

from tonada.embedding.bundles import MAX_INDEX_BYTES, read_bundle
from tonada.embedding.errors import EmbeddingError

TENSORS = {
    "conv2d/bias": np.arange(3, dtype="<f4"),
    "conv2d/kernel": np.arange(24, dtype="<f4").reshape(2, 3, 4),
    "conv2d_1/bias": np.array([0.5], "<f8"),
    "global_step": np.array(7, "<i8"),
    "ñandú": np.array([[1, 2]], "<i4"),
}
MEGABYTE = 1 << 20


@pytest.mark.parametrize("keys_in_a_block", [1, 2, 40])
def test_every_tensor_comes_back_by_name_with_its_shape_and_numbers(keys_in_a_block):
    read = read_bundle(*bundle(TENSORS, keys_in_a_block))
    assert set(read) == set(TENSORS)
    for name, array in TENSORS.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)
        assert read[name].shape == array.shape


def test_many_names_that_begin_alike_are_told_apart():
    tensors = {f"layer/{number}/kernel": np.full(2, number, "<f4") for number in range(100)}
    read = read_bundle(*bundle(tensors))
    assert all((read[name] == array).all() for name, array in tensors.items())


def test_arrays_are_views_of_the_data_and_take_no_memory_of_their_own():
    index, data = bundle(TENSORS)
    read = read_bundle(index, data)
    whole = np.frombuffer(data, np.uint8)
    assert all(np.shares_memory(array, whole) for array in read.values())


def test_tensors_of_other_types_are_left_out():
    read = read_bundle(*bundle({**TENSORS, "is_training": np.array([True])}))
    assert set(read) == set(TENSORS)


def index_of(*facts: bytes) -> bytes:
    """An index of the header and a tensor that is said to be so."""
    return table({b"": HEADER, b"tensor": b"".join(facts)})


GOOD_INDEX, GOOD_DATA = bundle(TENSORS)
DAMAGED = {
    "nothing": (b"", b""),
    "another magic number": (GOOD_INDEX[:-8] + bytes(8), GOOD_DATA),
    "an index that is cut": (GOOD_INDEX[7:], GOOD_DATA),
    "data that are cut": (GOOD_INDEX, GOOD_DATA[:-1]),
    "a compressed block": (GOOD_INDEX.replace(b"\0\5\6\7\x08", b"\1\5\6\7\x08"), GOOD_DATA),
    "highest byte first": (table({b"": HEADER + b"\x10\1"}), b""),
    "two pieces": (table({b"": b"\x08\2"}), b""),
    "a second piece": (index_of(entry(1, (2,), 0, 8, piece=1)), bytes(8)),
    "a tensor behind the data": (index_of(entry(1, (2,), 4, 8)), bytes(8)),
    "a size that is not the shape's": (index_of(entry(1, (2,), 0, 4)), bytes(8)),
    "2 ** 62 numbers": (index_of(entry(1, (2**31, 2**31), 0, 8)), bytes(8)),
    "a length of nought": (index_of(entry(1, (0, 2**62), 0, 0)), bytes(8)),
    "a hundred dimensions": (index_of(entry(1, (1,) * 100, 0, 4)), bytes(8)),
    "a number where a shape is expected": (index_of(b"\x08\1\x10\1"), bytes(8)),
    "a shape where a number is expected": (index_of(part(1, b"\x08\1")), bytes(8)),
    "a number without an end": (index_of(b"\x08" + b"\xff" * 12), bytes(8)),
    "a field of an unknown kind": (index_of(b"\x0b"), bytes(8)),
    "a field that is cut": (index_of(b"\x12\x7f"), bytes(8)),
    "a name that is no text": (table({b"": HEADER, b"\xff": entry(1, (2,), 0, 8)}), bytes(8)),
    "a footer that points out of the index": (
        bytes(8) + (varint(0) * 2 + varint(2**40) * 2).ljust(40, b"\0") + MAGIC,
        b"",
    ),
    "an index too large": (bytes(MAX_INDEX_BYTES) + GOOD_INDEX, GOOD_DATA),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_no_checkpoint_is_refused_in_one_line(damage):
    with pytest.raises(EmbeddingError, match=r"TensorFlow checkpoint.*get them again") as error:
        read_bundle(*DAMAGED[damage])
    assert "\n" not in str(error.value)


def test_a_block_that_is_named_twice_is_refused_so_that_no_index_makes_more_work_than_its_bytes():
    entries = {b"": HEADER, b"tensor": entry(1, (2,), 0, 8)}
    assert set(read_bundle(table(entries), bytes(8))) == {"tensor"}
    with pytest.raises(EmbeddingError, match="blocks overlap"):
        read_bundle(table(entries, times_named=2), bytes(8))


def read_cheaply(index: bytes, data: bytes) -> None:
    """Read or be refused, within a megabyte."""
    tracemalloc.start()
    try:
        read = read_bundle(index, data)
    except EmbeddingError:
        read = {}
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < MEGABYTE
    assert all(array.nbytes <= len(data) for array in read.values())


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_changed_bytes_are_read_or_refused_and_take_no_memory(seed, changes):
    chance, index = random.Random(seed), bytearray(GOOD_INDEX)
    for _ in range(changes):
        index[chance.randrange(len(index) - len(MAGIC))] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    read_cheaply(bytes(index), GOOD_DATA)


@settings(max_examples=300)
@given(st.binary(max_size=300), st.binary(max_size=40))
def test_bytes_of_chance_behind_a_good_end_are_read_or_refused(content, footer):
    read_cheaply(content + footer.ljust(40, b"\0") + MAGIC, GOOD_DATA)


@settings(max_examples=200)
@given(st.binary(max_size=64))
def test_an_entry_of_chance_is_read_or_refused(facts):
    read_cheaply(index_of(facts), GOOD_DATA)
