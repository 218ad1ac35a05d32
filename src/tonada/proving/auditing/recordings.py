"""Rows that are one recording: of one id, of equal content, or nearly the same sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonada.proving.auditing.fingerprint import Fingerprint
from tonada.proving.auditing.matching import matches
from tonada.proving.auditing.songs import Song


@dataclass(frozen=True)
class Recording:
    """Rows that are one recording, by number, and in words why (nothing for rows of one id)."""

    rows: tuple[int, ...]
    why: tuple[str, ...]


def recordings(
    songs: Sequence[Song], identities: Mapping[str, Sequence[str]], prints: Mapping[int, Fingerprint]
) -> list[Recording]:
    """
    The recordings that several rows are of, in the order of their first rows.

    Args:
        songs: the rows.
        identities: by what rows are equal: a string a row, empty where nothing is known.
        prints: of the rows that have a fingerprint; of equal rows only the first is compared.
    """
    leader = list(range(len(songs)))
    why: dict[int, list[str]] = {}

    def find(row: int) -> int:
        while leader[row] != row:
            row = leader[row]
        return row

    def join(one: int, other: int, reason: str) -> None:
        first, second = sorted((find(one), find(other)))
        if first != second:
            leader[second] = first
            why[first] = [*why.get(first, []), *why.pop(second, []), *([reason] if reason else [])]

    equal: set[int] = set()  # to an earlier row
    for reason, keys in {"": [song.song_id for song in songs], **identities}.items():
        met: dict[str, int] = {}
        for row, key in enumerate(keys):
            if key and (first := met.setdefault(key, row)) != row:
                join(first, row, reason)
                equal |= {row} if reason else set()
    kept = [row for row in prints if row not in equal]
    for match in matches([prints[row] for row in kept]):
        told = f"nearly the same sound ({match.errors:.1%} of bits differ over {match.seconds:.1f} s)"
        join(kept[match.first], kept[match.second], told)
    members: dict[int, list[int]] = {}
    for row in range(len(songs)):
        members.setdefault(find(row), []).append(row)
    return [
        Recording(tuple(rows), tuple(dict.fromkeys(why.get(first, []))))
        for first, rows in members.items()
        if len(rows) > 1
    ]
