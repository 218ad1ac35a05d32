"""
Which of many fingerprints are of one recording: an inverted index proposes pairs, their bits decide.

Only songs that share keys of the index meet, so that a hundred thousand clips do not need all pairs. Bits of other
recordings differ by half, those of a copy by a seventh at most (`benchmarks/fingerprint.py`). What two recordings share
must be most of the stretch where they lie over each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tonada.proving.auditing.fingerprint import HOP, RATE, Fingerprint

KEPT = 4  # one code in so many is a key of the index: the same ones in every copy, as the code itself chooses
FURTHEST = 32  # entries of one code that each entry meets: what many songs share tells little
VOTES = 2  # keys that must agree on how far one copy is ahead of the other
MOST_ERRORS = 0.35  # share of bits (Haitsma & Kalker 2002)
LEAST_SECONDS = 3.0  # of shared sound
OFFSETS = 2**20  # hops that one copy may be ahead: more than any recording has


@dataclass(frozen=True)
class Match:
    """
    Two recordings that share sound.

    Attributes:
        first, second: their places in the list given, the lower first.
        errors: share of bits that differ where both are heard.
        ahead: seconds of the first before the second begins; negative if the second begins earlier.
        seconds: that both have.
    """

    first: int
    second: int
    errors: float
    ahead: float
    seconds: float


def matches(prints: Sequence[Fingerprint]) -> list[Match]:
    """Pairs of one recording, in the order of the list."""
    found = []
    for first, second, ahead in candidates(prints):
        near = [compare(prints, first, second, ahead + jitter) for jitter in (-1, 0, 1)]
        best = min((each for each in near if each), key=lambda match: match.errors, default=None)
        if best and best.errors <= MOST_ERRORS:
            found.append(best)
    return found


def candidates(prints: Sequence[Fingerprint]) -> list[tuple[int, int, int]]:
    """Pairs whose keys agree, and by how many hops the first is ahead of the second."""
    if len(prints) < 2:
        return []
    codes, songs, frames = _keys(prints)
    ballots = []
    place = np.arange(len(codes))
    for distance in range(1, FURTHEST + 1):
        place = place[place < len(codes) - distance]
        place = place[codes[place] == codes[place + distance]]
        here = place[songs[place] != songs[place + distance]]
        there = here + distance
        pairs = songs[here] * len(prints) + songs[there]
        ballots.append(pairs * 2 * OFFSETS + frames[here] - frames[there] + OFFSETS)
    ballot, votes = np.unique(np.concatenate(ballots), return_counts=True)
    ballot, votes = ballot[votes >= VOTES], votes[votes >= VOTES]
    order = np.lexsort((-votes, ballot // (2 * OFFSETS)))
    pairs, firsts = np.unique(ballot[order] // (2 * OFFSETS), return_index=True)
    ahead = ballot[order][firsts] % (2 * OFFSETS) - OFFSETS
    return list(zip(*(each.tolist() for each in (pairs // len(prints), pairs % len(prints), ahead)), strict=True))


def compare(prints: Sequence[Fingerprint], first: int, second: int, ahead: int) -> Match | None:
    """Two recordings laid over each other, the first `ahead` hops ahead; nothing if they share too little sound."""
    one, other = prints[first], prints[second]
    here, there = max(0, ahead), max(0, -ahead)
    length = max(0, min(len(one.codes) - here, len(other.codes) - there))
    heard = one.is_heard[here : here + length] & other.is_heard[there : there + length]
    seconds = int(heard.sum()) * HOP / RATE
    if seconds < LEAST_SECONDS:
        return None
    wrong = np.bitwise_count(one.codes[here : here + length] ^ other.codes[there : there + length])
    return Match(first, second, float(wrong[heard].mean() / 32), ahead * HOP / RATE, seconds)


def _keys(prints: Sequence[Fingerprint]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes that are keys, in their order, each with its song and frame."""
    parts = []
    for song, each in enumerate(prints):
        mixed = each.codes * np.uint32(2654435761)  # Knuth's multiplicative hash
        frames = np.flatnonzero(each.is_heard & (mixed < 2**32 // KEPT))
        parts.append((each.codes[frames], np.full(len(frames), song), frames))
    codes, songs, frames = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((songs, codes))
    return codes[order], songs[order], frames[order]
