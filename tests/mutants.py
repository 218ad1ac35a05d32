"""Hostile files: mutants of good recordings, the same for the same seed and number."""

import random
from collections.abc import Callable

from recordings import ENCODERS, OGG, correct_ogg_checksums

EDGES = (0, 1, 2, 255, 2**15, 2**16 - 1, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63, 2**64 - 1)

Mutation = Callable[[bytearray, random.Random], None]


def mutant(recordings: dict[str, bytes], suffix: str, seed: int, number: int) -> bytes:
    """A recording with up to four things wrong; an Ogg file's checksums are often right again, as a liar would."""
    chance = random.Random(f"{seed} {suffix} {number}")
    content = bytearray(recordings[suffix])
    for mutation in chance.choices(MUTATIONS, k=chance.choice((1, 1, 2, 4))):
        mutation(content, chance)
    if chance.random() < 0.1:
        other = recordings[chance.choice(list(ENCODERS))]
        content[_place(content, chance) :] = other[_place(other, chance) :]
    if suffix in OGG and chance.random() < 0.7:
        correct_ogg_checksums(content)
    return bytes(content)


def _place(content: bytes | bytearray, chance: random.Random) -> int:
    """A position, three in four among the first or the last bytes, where headers are."""
    region = chance.choice(((0, 200), (0, 1500), (len(content) - 2000, len(content)), (0, len(content))))
    return chance.randrange(max(0, region[0]), max(1, min(region[1], len(content))))


def _flip_bits(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 16)):
        if content:
            content[_place(content, chance)] ^= 1 << chance.randrange(8)


def _write_an_edge(content: bytearray, chance: random.Random) -> None:
    size = chance.choice((1, 2, 4, 8))
    value = chance.choice(EDGES) % 2 ** (8 * size)
    at = _place(content, chance)
    content[at : at + size] = value.to_bytes(size, chance.choice(("little", "big")))


def _write_noise(content: bytearray, chance: random.Random) -> None:
    at, size = _place(content, chance), chance.randint(1, 300)
    content[at : at + size] = chance.randbytes(size)


def _insert_noise(content: bytearray, chance: random.Random) -> None:
    at = _place(content, chance)
    content[at:at] = chance.randbytes(chance.randint(1, 300))


def _cut_out(content: bytearray, chance: random.Random) -> None:
    at = _place(content, chance)
    del content[at : at + chance.choice((1, 4, 100, 10_000))]


def _repeat(content: bytearray, chance: random.Random) -> None:
    at, size = _place(content, chance), chance.choice((4, 100, 10_000))
    content[at:at] = content[at : at + size] * chance.choice((1, 2, 30))


def _zero(content: bytearray, chance: random.Random) -> None:
    at, size = _place(content, chance), chance.choice((1, 4, 100, 10_000))
    content[at : at + size] = bytes(len(content[at : at + size]))


def _break_off(content: bytearray, chance: random.Random) -> None:
    del content[_place(content, chance) :]


MUTATIONS: list[Mutation] = [
    *3 * [_write_an_edge],
    *2 * [_flip_bits],
    *(_write_noise, _insert_noise, _cut_out, _repeat, _zero, _break_off),
]
