"""
A split is data: which part each song and its group of performers stand on, dealt, saved, hashed, reloaded and checked.

No group stands on two parts, nor do segments of one song: rows of one song id are one song. Three deals and what each
promises when songs are added (a fourth, `random`, is there to be compared with them):

- `even`: labels in the most even shares, by scikit-learn; dealt anew, songs move.
- `hashed`: a song's fold follows from its group's name and the seed alone, so no other song can ever move it; labels
  are even in expectation only, as of anything that looks at no other song.
- `extended`: an earlier split, kept, and new groups dealt where their labels are fewest. From nothing it is a deal of
  its own, never less even than `hashed` is on average: over folds and labels, squared differences from even shares
  add up to at most (1 - 1 / folds) times the squared counts of each label in each group.

In all of them, a new song that joins two groups (`A and B`) makes one of them; where they stood on two parts, that one
has to move. `extended` moves the part with fewer songs, `hashed` those whose group lost its name.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

SIDES = {0: "test", 1: "validation"}
"""What the first folds are for; the others are to learn from."""


class SplitError(ValueError):
    """A split that leaks, was changed, or is not of these songs."""


@dataclass(frozen=True)
class Split:
    """
    The part and the group of each song.

    Attributes:
        parts: by song id: a fold's number, or one of `train`, `validation`, `test`.
        groups: by song id.

    Raises:
        SplitError: a group stands on two parts.
    """

    parts: dict[str, str]
    groups: dict[str, str]

    def __post_init__(self) -> None:
        home: dict[str, str] = {}
        for song, group in self.groups.items():
            if home.setdefault(group, self.parts[song]) != self.parts[song]:
                raise SplitError(f"the group {group!r} stands on {home[group]!r} and {self.parts[song]!r}: a leak")

    @property
    def hash(self) -> str:
        """SHA-256 of the songs with their groups and parts, whatever their order."""
        lines = sorted([song, self.groups[song], part] for song, part in self.parts.items())
        return hashlib.sha256(json.dumps(lines).encode()).hexdigest()

    def sides(self) -> "Split":
        """
        Folds as `test`, `validation` and `train`: fold 0, fold 1 and the rest.

        Raises:
            SplitError: parts are no folds, or no fold is left to learn from.
        """
        found = {_number(part) for part in self.parts.values()}
        if found and max(found) < len(SIDES):
            named = " and ".join(map(str, sorted(found)))
            raise SplitError(
                f"there are folds {named} alone, for test and validation, none to learn from; deal 3 or more"
            )
        return Split({song: SIDES.get(_number(part), "train") for song, part in self.parts.items()}, self.groups)

    def leaving_out(self, part: str) -> "Split":
        """One fold as `test` and all others as `train`; of a part that no song stands on, all are."""
        return Split({song: "test" if own == part else "train" for song, own in self.parts.items()}, self.groups)

    def of(self, song_ids: Iterable[str]) -> list[str]:
        """
        The part of each row.

        Raises:
            SplitError: a song was never dealt.
        """
        try:
            return [self.parts[song] for song in song_ids]
        except KeyError as error:
            raise SplitError(f"the song {error} is not in the split; deal it with `extended`") from None

    def save(self, path: str | Path) -> None:
        """Write JSON, a line a song in the order of ids, headed by the hash."""
        songs = [json.dumps([song, self.groups[song], self.parts[song]]) for song in sorted(self.parts)]
        text = f'{{"hash": "{self.hash}",\n"songs": [\n' + ",\n".join(songs) + "\n]}\n"
        Path(path).write_text(text, encoding="utf-8")


def load(path: str | Path) -> Split:
    """
    Read what `Split.save` wrote.

    Raises:
        SplitError: it is no split, a group stands on two parts, or it is not what was hashed.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = [(str(song), str(group), str(part)) for song, group, part in content["songs"]]
        written = content["hash"]
    except (ValueError, KeyError, TypeError) as error:
        raise SplitError(f"{path} is not a saved split: {error!r}; write one with Split.save") from error
    split = Split({song: part for song, _, part in rows}, {song: group for song, group, _ in rows})
    if split.hash != written or len(rows) != len(split.parts):
        raise SplitError(f"{path} was changed after it was saved: its hash is {split.hash}, it says {written}")
    return split


def official(rows: Any) -> Split:
    """
    The split that the data set comes with, from its column `split`.

    Raises:
        SplitError: it has none, or it leaks: a group or the segments of a song stand on two parts.
    """
    if "split" not in rows.features:
        raise SplitError(f"there is no official split here, only {', '.join(rows.features)}; deal one")
    parts: dict[str, str] = {}
    for song, part in zip(rows["song_id"], rows["split"], strict=True):
        if parts.setdefault(song, part) != part:
            raise SplitError(f"the song {song!r} stands on {parts[song]!r} and {part!r}: a leak")
    return Split(parts, dict(zip(rows["song_id"], rows["group"], strict=True)))


def with_validation(split: Split, rows: Any, folds: int, seed: int = 0) -> Split:
    """An official split; where nothing of it validates, one of so many folds of what is to learn from does."""
    if "validation" in split.parts.values() or "train" not in split.parts.values():
        return split
    learned = rows.select([place for place, part in enumerate(split.of(rows["song_id"])) if part == "train"])
    validating = {song: "validation" for song, fold in even(learned, folds, seed).parts.items() if fold == "0"}
    return Split(split.parts | validating, split.groups)


def even(rows: Any, folds: int, seed: int = 0) -> Split:
    """Folds of a stratified k-fold over groups: each label in shares as even as groups allow."""
    return _even(rows, units(rows["song_id"], rows["group"]), folds, seed)


def random(rows: Any, folds: int, seed: int = 0) -> Split:
    """Folds as `even` would deal if every song were a group: they leak, and so show how much a leak flatters."""
    return _even(rows, rows["song_id"], folds, seed)


def _even(rows: Any, groups: Sequence[str], folds: int, seed: int) -> Split:
    assigned = assign_folds(rows["label"], groups, folds, seed)
    return Split(
        {song: str(fold) for song, fold in zip(rows["song_id"], assigned, strict=True)},
        dict(zip(rows["song_id"], groups, strict=True)),
    )


def assign_folds(labels: Sequence[int], groups: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """The fold of each row, `(rows,)`: labels in even shares, each group in one fold only."""
    if folds > len(set(groups)):
        raise SplitError(f"{folds} folds of {len(set(groups))} groups; there can be no more folds than groups")
    if folds > (most := max(Counter(labels).values())):
        raise SplitError(f"{folds} folds, but no label has more than {most} songs; deal fewer, or with `extended`")
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    assigned = np.empty(len(labels), dtype=int)
    for fold, (_, members) in enumerate(splitter.split(np.zeros(len(labels)), labels, groups)):
        assigned[members] = fold
    return assigned


def hashed(rows: Any, folds: int, seed: int = 0) -> Split:
    """Folds by a hash of the group and the seed: adding songs moves no other."""
    groups = dict(zip(rows["song_id"], units(rows["song_id"], rows["group"]), strict=True))
    return Split({song: str(int(draw(group, seed) * folds)) for song, group in groups.items()}, groups)


DEALS = {"even": even, "hashed": hashed, "random": random}
"""By the names that recipes and audits use."""


def extended(rows: Any, folds: int, seed: int = 0, earlier: Split | None = None) -> Split:
    """
    Folds that keep those of an earlier split, with each new group where its labels are fewest.

    Args:
        rows: all songs, those of the earlier split among them.
        folds: how many.
        seed: decides the order in which new groups of one size are dealt, the largest first.
        earlier: folds by number, of the same count.
    """
    groups = units(rows["song_id"], rows["group"])
    home = _homes(rows["song_id"], groups, earlier)
    if home and max(home.values()) >= folds:
        raise SplitError(f"the earlier split has a fold {max(home.values())}; give folds={max(home.values()) + 1}")
    counts: dict[str, Counter] = {group: Counter() for group in groups}
    for label, group in zip(rows["label"], groups, strict=True):
        counts[group][label] += 1
    dealt: list[Counter] = [Counter() for _ in range(folds)]
    for group in sorted(counts, key=lambda group: (group not in home, -counts[group].total(), draw(group, seed))):
        if group not in home:
            home[group] = _emptiest(dealt, counts[group])
        dealt[home[group]].update(counts[group])
    return Split(
        {song: str(home[group]) for song, group in zip(rows["song_id"], groups, strict=True)},
        dict(zip(rows["song_id"], groups, strict=True)),
    )


def units(song_ids: Sequence[str], groups: Sequence[str]) -> list[str]:
    """The group of each row, where groups that share a song id are one: segments of a song stay together."""
    leader = {group: group for group in groups}
    first: dict[str, str] = {}

    def find(group: str) -> str:
        while leader[group] != group:
            group = leader[group]
        return group

    for song, group in zip(song_ids, groups, strict=True):
        low, high = sorted((find(first.setdefault(song, group)), find(group)))
        leader[high] = low
    return [find(group) for group in groups]


def unevenness(labels: Iterable[Hashable], parts: Iterable[str], folds: int) -> float:
    """Squared differences of each label's count in each fold from its even share, added up."""
    cells = Counter(zip(labels, parts, strict=True))
    totals: Counter = Counter()
    for (label, _), count in cells.items():
        totals[label] += count
    return sum(count**2 for count in cells.values()) - sum(count**2 for count in totals.values()) / folds


def _homes(song_ids: Sequence[str], groups: Sequence[str], earlier: Split | None) -> dict[str, int]:
    """The fold of each group that was dealt before: where most of its songs stood, the lower fold in a tie."""
    votes: dict[str, Counter] = {}
    for song, group in dict(zip(song_ids, groups, strict=True)).items():
        if earlier and song in earlier.parts:
            votes.setdefault(group, Counter())[_number(earlier.parts[song])] += 1
    return {group: min(count, key=lambda fold: (-count[fold], fold)) for group, count in votes.items()}


def _number(part: str) -> int:
    if not part.isdecimal():
        raise SplitError(f"the part {part!r} is no fold's number; only folds can be extended, or made into sides")
    return int(part)


def _emptiest(dealt: list[Counter], wanted: Counter) -> int:
    """The fold in which the group's labels meet fewest of their own; in a tie, the one with fewest songs."""

    def crowd(fold: int) -> tuple[int, int, int]:
        meets = sum(count * dealt[fold][label] for label, count in wanted.items())
        return meets, dealt[fold].total(), fold

    return min(range(len(dealt)), key=crowd)


def draw(group: str, seed: int) -> float:
    """A number in [0, 1) that looks random and never changes."""
    digest = hashlib.sha256(f"{seed}\n{group}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
