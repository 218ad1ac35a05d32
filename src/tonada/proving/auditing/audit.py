"""All that an audit of one data set finds, before it is written down."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import datasets
import numpy as np

from tonada.datasets_scripts import form, registry
from tonada.proving.auditing import labels, leaks
from tonada.proving.auditing.descriptors import Descriptors, usable
from tonada.proving.auditing.files import Heard
from tonada.proving.auditing.leaks import Finding
from tonada.proving.auditing.matching import LEAST_SECONDS
from tonada.proving.auditing.recordings import recordings
from tonada.proving.auditing.songs import Song, identities, songs_of


@dataclass(frozen=True)
class Audit:
    """
    What was found.

    Attributes:
        name: of the data set.
        deal: how it was split, in words.
        songs: its rows.
        heard: their files; none where it has no audio.
        left_out: what its reader could make no row of, a line each.
        findings: what is wrong with who stands where.
        labels: names, in the order of their ids.
        tree: lines that draw it; none without one.
        levels: by level, which of its names each label is under.
        together: of what labels occur together, in words, and how often, `(labels, labels)`.
        descriptors: numbers of the songs, if there are any.
    """

    name: str
    deal: str
    songs: list[Song]
    heard: list[Heard]
    left_out: list[str]
    findings: list[Finding]
    labels: list[str]
    tree: list[str]
    levels: dict[str, Counter]
    together: tuple[str, np.ndarray]
    descriptors: Descriptors | None

    @property
    def leaks(self) -> list[Finding]:
        """What makes scores on this split unbelievable."""
        return [each for each in self.findings if each.is_leak]

    @property
    def unheard(self) -> list[Heard]:
        """Missing and corrupt files."""
        return [each for each in self.heard if each.status != "ok"]

    @property
    def fingerprinted(self) -> int:
        """Rows that have sound enough to be found again by their fingerprints."""
        return sum(each.print is not None and each.print.seconds >= LEAST_SECONDS for each in self.heard)

    @cached_property
    def balance(self) -> tuple[list[str], np.ndarray]:
        """The sides, and how many rows of each label stand on each, `(labels, sides)`."""
        return labels.balance(self.songs, self.labels)


def audit(
    name: str,
    folder: Path,
    rows: datasets.Dataset,
    deal: str,
    parts: Sequence[str],
    heard: Sequence[Heard] = (),
    features: tuple[list[str], np.ndarray] | None = None,
) -> Audit:
    """
    Audit the rows of a data set.

    Args:
        name: in the registry.
        folder: that the rows came from.
        rows: as the data set's `load` gives them.
        deal: how they were split, in words.
        parts: the side of each row, see `parts_of`.
        heard: the file of each row, see `hear`; empty where there is no audio.
        features: names and values `(rows, columns)` of descriptors computed from the audio.
    """
    songs = songs_of(rows, parts)
    prints = {row: each.print for row, each in enumerate(heard) if each.print is not None}
    known = rows.features["label"].names
    facts = registry.data_set(name)
    if features is None and "descriptors" in rows.features:
        values = np.asarray(rows["descriptors"][:], float)
        stated = getattr(facts, "COLUMNS", [])
        names = stated if len(stated) == values.shape[1] else [f"{place}" for place in range(values.shape[1])]
        features = names, values
    of_what, bags = labels.bags_of(name, folder, songs)
    return Audit(
        name,
        deal,
        songs,
        list(heard),
        form.left_out(rows),
        leaks.find(songs, recordings(songs, identities(rows, heard), prints)),
        known,
        labels.tree(known, facts.PARENTS, Counter(song.label for song in songs)),
        {level: _pairs(rows, level) for level in rows.features if level.startswith("level_")},
        (of_what, labels.together(bags, known)),
        features and usable(*features, [song.label for song in songs]),
    )


def _pairs(rows: datasets.Dataset, level: str) -> Counter:
    """How often each label stands under each name of a level."""
    above, below = rows.features[level].int2str, rows.features["label"].int2str
    return Counter(zip(map(above, rows[level]), map(below, rows["label"]), strict=True))
