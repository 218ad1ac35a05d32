"""TFRecord files of SequenceExamples, written as TensorFlow writes AudioSet's."""

import struct
from collections.abc import Iterable
from pathlib import Path

from tonada.datasets_scripts.tfrecord import masked_crc


def write(path: Path, records: Iterable[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(framed(record) for record in records))
    return path


def framed(record: bytes) -> bytes:
    size = struct.pack("<Q", len(record))
    return size + struct.pack("<I", masked_crc(size)) + record + struct.pack("<I", masked_crc(record))


def clip(video: str, labels: Iterable[int], steps: Iterable[bytes]) -> bytes:
    context = {
        "video_id": _part(1, _part(1, video.encode())),
        "start_time_seconds": _part(2, _part(1, struct.pack("<f", 30))),
        "labels": _part(3, _part(1, b"".join(map(_varint, labels)))),
    }
    embeddings = b"".join(_part(1, _part(1, _part(1, step))) for step in steps)
    lists = _part(1, _part(1, b"audio_embedding") + _part(2, embeddings))
    pairs = (_part(1, _part(1, key.encode()) + _part(2, value)) for key, value in context.items())
    return _part(1, b"".join(pairs)) + _part(2, lists)


def _part(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    return bytes([value & 127 | 128]) + _varint(value >> 7) if value > 127 else bytes([value])
