"""TFRecord files and the SequenceExamples in them, without TensorFlow: checksums and lengths come before any use."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BYTES = 1_000_000
"""Of a record, at most: ten seconds of AudioSet's embeddings have less than two thousand."""
MASK = 0xA282EAD8
KINDS: dict[int, Any] = {0: "varint", 1: 8, 2: "bytes", 5: 4}


class RecordError(ValueError):
    """A file that is damaged, or no TFRecord."""


def records(path: Path) -> Iterator[bytes]:
    """
    The records of a file: each is a length, its masked CRC-32C, the bytes, and theirs (tensorflow/core/lib/io).

    Raises:
        RecordError: a checksum is wrong, a record is longer than `BYTES`, or the file ends within one.
    """
    with path.open("rb") as file:
        while head := file.read(12):
            where = f"{path.name}, byte {file.tell() - len(head)}"
            if len(head) < 12:
                raise RecordError(f"{where}: the file ends within a record's length")
            size, check = struct.unpack("<QI", head)
            if check != masked_crc(head[:8]):
                raise RecordError(
                    f"{where}: the checksum of a record's length is wrong; the file is damaged or no TFRecord"
                )
            if size > BYTES:
                raise RecordError(f"{where}: a record of {size:,} bytes; at most {BYTES:,} were expected")
            content, check = file.read(size), file.read(4)
            if len(content) < size or len(check) < 4:
                raise RecordError(f"{where}: the file ends within a record of {size:,} bytes")
            if struct.unpack("<I", check)[0] != masked_crc(content):
                raise RecordError(f"{where}: a record's checksum is wrong; the file is damaged")
            yield content


def masked_crc(content: bytes) -> int:
    """CRC-32C, rotated and shifted as TFRecord has it."""
    import google_crc32c  # only TFRecord needs it

    crc = google_crc32c.value(content)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def sequence_example(message: bytes) -> tuple[dict[str, list], dict[str, list[list]]]:
    """
    The context and the feature lists of a `tensorflow.SequenceExample`, by name.

    Values are bytes or integers; lists of floats are left as their bytes.

    Raises:
        RecordError: it is no such message.
    """
    try:
        parts = list(_fields(message))
        context = {key: _values(value) for number, part in parts if number == 1 for key, value in _entries(part)}
        lists = {
            key: [_values(feature) for _, feature in _fields(value)]
            for number, part in parts
            if number == 2
            for key, value in _entries(part)
        }
    except (IndexError, AttributeError, UnicodeDecodeError, TypeError) as error:
        raise RecordError(f"a record is no SequenceExample ({error})") from error
    return context, lists


def _entries(part: bytes) -> Iterator[tuple[str, bytes]]:
    """The pairs of a map: messages of a key and a value."""
    for _, entry in _fields(part):
        pair = dict(_fields(entry))
        yield pair.get(1, b"").decode(), pair.get(2, b"")


def _values(feature: bytes) -> list:
    """What a `tensorflow.Feature` lists: kind 1 bytes, kind 2 floats, kind 3 integers, packed or not."""
    found: list = []
    for kind, listed in _fields(feature):
        for _, value in _fields(listed):
            found += list(_integers(value)) if kind == 3 and isinstance(value, bytes) else [value]
    return found


def _integers(packed: bytes) -> Iterator[int]:
    at = 0
    while at < len(packed):
        value, at = _varint(packed, at)
        yield value


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a protocol buffer (protobuf.dev/programming-guides/encoding)."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = KINDS.get(tag & 7)
        if kind is None:
            raise RecordError(f"a record is no SequenceExample (a field of kind {tag & 7})")
        value, at = _varint(message, at) if kind in ("varint", "bytes") else (kind, at)
        if kind != "varint":
            if value > len(message) - at:
                raise RecordError("a record is no SequenceExample (a field is longer than what is left)")
            yield tag >> 3, message[at : at + value]
            at += value
        else:
            yield tag >> 3, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        byte = message[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise RecordError("a record is no SequenceExample (a number without end)")
