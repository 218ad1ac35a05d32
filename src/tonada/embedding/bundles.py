"""
TensorFlow checkpoints read with numpy alone.

A checkpoint ("bundle") is two files. `….index` is a sorted table of keys as LevelDB writes it, each value a protobuf
that says where a tensor lies; `….data-00000-of-00001` is the tensors' bytes. Nothing in them is run, every length is
checked against what is there before it is used, and arrays are views of the data: reading them takes no memory worth
mentioning, whatever the bytes are. Check sums are not looked at.

    index:  block | block | … | block of the blocks' places | footer: two places, padding, magic number
    block:  entry | entry | … | restart points, uint32 | their number, uint32 || compression, 1 byte | check sum
    entry:  bytes shared with the key before | bytes that follow | bytes of the value || rest of the key | value
"""

import math
from collections.abc import Iterator

import numpy as np

from tonada.embedding.errors import EmbeddingError

MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
FOOTER_BYTES = 48
TRAILER_BYTES = 5  # compression and check sum behind each block
MAX_INDEX_BYTES = 1 << 20  # musicnn's largest has five thousand
MAX_KEY_BYTES = 1 << 10
MAX_DIMENSIONS = 8
TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}  # TensorFlow's numbers

VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5  # protobuf's wire types


def read_bundle(index: bytes, data: bytes) -> dict[str, np.ndarray]:
    """
    The tensors of a checkpoint that lies in one piece.

    Args:
        index: content of the `.index` file.
        data: content of the `.data-00000-of-00001` file.

    Returns:
        Arrays by name, views of `data`. Tensors of other types than `TYPES`, and those that are cut into slices, are
        left out.

    Raises:
        EmbeddingError: the bytes are no such checkpoint, or damaged.
    """
    tensors = {}
    for key, value in _table(index):
        if not key:
            _check_header(value)
            continue
        array = _tensor(value, data)
        if array is not None:
            tensors[_text(key)] = array
    return tensors


def _check_header(message: bytes) -> None:
    """Fields 1 number of pieces, 2 order of bytes, 0 for the lowest first."""
    facts = dict(_fields(message))
    if _number(facts, 1) != 1 or _number(facts, 2) != 0:
        raise _damaged("it is not one little-endian piece")


def _tensor(message: bytes, data: bytes) -> np.ndarray | None:
    """What an entry points to: fields 1 type, 2 shape, 3 piece, 4 offset, 5 size in bytes, 7 slices."""
    facts = dict(_fields(message))
    if _number(facts, 1) not in TYPES or 7 in facts:
        return None
    dtype = np.dtype(TYPES[_number(facts, 1)])
    shape, offset, size = _shape(_message(facts.get(2, b""))), _number(facts, 4), _number(facts, 5)
    if _number(facts, 3) != 0 or math.prod(shape) * dtype.itemsize != size or offset + size > len(data):
        raise _damaged(f"a tensor of shape {shape} is said to lie at {offset} in {len(data)} bytes of data")
    return np.frombuffer(data, dtype, math.prod(shape), offset).reshape(shape)


def _shape(message: bytes) -> tuple[int, ...]:
    """Field 2, once a dimension: a message whose field 1 is the length."""
    dimensions = [_message(value) for number, value in _fields(message) if number == 2]
    lengths = tuple(_number(dict(_fields(dimension)), 1) for dimension in dimensions)
    if len(lengths) > MAX_DIMENSIONS or 0 in lengths:
        raise _damaged(f"a tensor has shape {lengths}")
    return lengths


def _table(index: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a sorted table, in order."""
    if not FOOTER_BYTES <= len(index) <= MAX_INDEX_BYTES or not index.endswith(MAGIC):
        raise _damaged("its index does not end as an index does")
    footer = index[-FOOTER_BYTES:]
    _, at = _place(footer, 0)  # of a block that is always empty here
    place, _ = _place(footer, at)
    done = 0
    for _, value in _block(index, *place):
        (offset, size), _ = _place(value, 0)
        if offset < done:  # no block twice, so that the work is bounded by the bytes
            raise _damaged("its blocks overlap")
        done = offset + size
        yield from _block(index, offset, size)


def _block(index: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    if offset + size + TRAILER_BYTES > len(index) - FOOTER_BYTES or size < 4:
        raise _damaged("a block lies outside of its index")
    if index[offset + size] != 0:
        raise _damaged("its index is compressed, which TensorFlow never writes")
    block = index[offset : offset + size]
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")
    if end < 0:
        raise _damaged("a block has more restart points than bytes")
    key, at = b"", 0
    while at < end:
        shared, at = _varint(block, at)
        rest, at = _varint(block, at)
        length, at = _varint(block, at)
        if shared > len(key) or shared + rest > MAX_KEY_BYTES or at + rest + length > end:
            raise _damaged("an entry lies outside of its block")
        key = key[:shared] + block[at : at + rest]
        at += rest + length
        yield key, block[at - length : at]


def _place(content: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and where what follows begins."""
    offset, at = _varint(content, at)
    size, at = _varint(content, at)
    return (offset, size), at


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a protobuf message's fields."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == BYTES:
            length, at = _varint(message, at)
        elif kind in (FIXED_32, FIXED_64):
            length = 4 if kind == FIXED_32 else 8
        else:
            raise _damaged("an entry is no protobuf")
        if at + length > len(message):
            raise _damaged("an entry is cut off")
        at += length
        yield number, message[at - length : at]


def _number(facts: dict[int, int | bytes], field: int) -> int:
    """A field's number; 0 is what protobuf leaves out."""
    value = facts.get(field, 0)
    if not isinstance(value, int):
        raise _damaged("an entry has bytes where a number is expected")
    return value


def _message(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise _damaged("an entry has a number where bytes are expected")
    return value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and where what follows begins."""
    number = 0
    for position, byte in enumerate(content[at : at + 10]):
        number |= (byte & 127) << 7 * position
        if byte < 128:
            return number, at + position + 1
    raise _damaged("a number does not end")


def _text(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise _damaged("a name is not text") from error


def _damaged(reason: str) -> EmbeddingError:
    return EmbeddingError(
        f"these are not the two files of a TensorFlow checkpoint, or damaged: {reason}; get them again"
    )
