"""TensorFlow checkpoints, made from nothing: what `tonada.embedding.bundles` reads, written as TensorFlow writes it."""

from collections.abc import Iterator, Mapping

import numpy as np

MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
TYPES = {"<f4": 1, "<f8": 2, "<i4": 3, "<i8": 9, "|b1": 10}
HEADER = b"\x08\x01\x1a\x02\x08\x01"  # one piece, version 1


def bundle(tensors: Mapping[str, np.ndarray], keys_in_a_block: int = 40) -> tuple[bytes, bytes]:
    """Content of `.index` and `.data-00000-of-00001`."""
    entries, data = {b"": HEADER}, b""
    for name, array in tensors.items():
        entries[name.encode()] = entry(TYPES[array.dtype.str], array.shape, len(data), array.nbytes)
        data += array.tobytes()
    return table(entries, keys_in_a_block), data


def entry(dtype: int, shape: tuple[int, ...], offset: int, size: int, piece: int = 0) -> bytes:
    """What the index says of a tensor, with a check sum that nobody looks at."""
    dimensions = b"".join(part(2, number(1, length)) for length in shape)
    facts = number(1, dtype) + part(2, dimensions) + number(3, piece) + number(4, offset) + number(5, size)
    return facts + bytes([6 << 3 | 5]) + b"\1\2\3\4"


def table(entries: Mapping[bytes, bytes], keys_in_a_block: int = 40, times_named: int = 1) -> bytes:
    """A sorted table of blocks, each of which it names once."""
    ordered, content, places = sorted(entries.items()), b"", {}
    for start in range(0, len(ordered), keys_in_a_block):
        some = ordered[start : start + keys_in_a_block]
        content, place = _added(content, _block(some))
        places |= {some[-1][0] + bytes(time): place for time in range(times_named)}
    content, empty = _added(content, _block([]))
    content, blocks = _added(content, _block(sorted(places.items())))
    return content + (empty + blocks).ljust(40, b"\0") + MAGIC


def _added(content: bytes, block: bytes) -> tuple[bytes, bytes]:
    """Content with a block and its trailer, and the block's place."""
    return content + block + b"\0" + b"\5\6\7\x08", varint(len(content)) + varint(len(block))


def _block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Keys without what they share with the key before; a restart point every sixteen."""
    content, before, restarts = b"", b"", []
    for index, (key, value) in enumerate(entries):
        if index % 16 == 0:
            before = b""
            restarts.append(len(content))
        shared = _shared(before, key)
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    return content + b"".join(each.to_bytes(4, "little") for each in (*restarts, len(restarts)))


def _shared(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def number(field: int, value: int) -> bytes:
    """A protobuf field; 0 is left out."""
    return varint(field << 3) + varint(value) if value else b""


def part(field: int, message: bytes) -> bytes:
    """A protobuf field that holds a message."""
    return varint(field << 3 | 2) + varint(len(message)) + message


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    groups = list(_groups(value))
    return bytes([*(group | 128 for group in groups[:-1]), groups[-1]])


def _groups(value: int) -> Iterator[int]:
    while value >= 128:
        yield value & 127
        value >>= 7
    yield value


# musicnn's checkpoints, with numbers of chance ------------------------------------------------------------------------

FRONT = [(7, 38, 1, 204), (7, 67, 1, 204), (128, 1, 1, 51), (64, 1, 1, 51), (32, 1, 1, 51)]
MIDDLE = [(7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64)]


def musicnn_tensors() -> dict[str, np.ndarray]:
    """Names and shapes of `MSD_musicnn` and `MTT_musicnn`."""
    kernels = {_name("conv2d", at): shape for at, shape in enumerate([*FRONT, *MIDDLE])}
    kernels |= {"dense": (1506, 200), "dense_1": (200, 50)}
    return _random(kernels, [1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200])


def vgg_tensors() -> dict[str, np.ndarray]:
    """Names and shapes of `MSD_vgg` and `MTT_vgg`."""
    kernels = {f"{at + 1}CNN": (3, 3, 128 if at else 1, 128) for at in range(5)}
    return _random(kernels | {"dense": (256, 50)}, [1, 128, 128, 128, 128, 128])


def _random(kernels: dict[str, tuple[int, ...]], norms: list[int]) -> dict[str, np.ndarray]:
    """Numbers that keep sums near one, the same each time."""
    random, tensors = np.random.default_rng(0), {}
    for name, shape in kernels.items():
        tensors[f"{name}/kernel"] = random.normal(0, np.prod(shape[:-1]) ** -0.5, shape)
        tensors[f"{name}/bias"] = random.normal(0, 0.1, shape[-1])
    for at, width in enumerate(norms):
        name = _name("batch_normalization", at)
        tensors[f"{name}/gamma"] = random.uniform(0.5, 1.5, width)
        tensors[f"{name}/moving_variance"] = random.uniform(0.5, 1.5, width)
        tensors[f"{name}/beta"] = random.normal(0, 0.1, width)
        tensors[f"{name}/moving_mean"] = random.normal(0, 0.1, width)
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def _name(kind: str, at: int) -> str:
    return f"{kind}_{at}" if at else kind
