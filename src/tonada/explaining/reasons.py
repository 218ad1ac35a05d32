"""What spoke for and against an answer: the descriptors of a song, beside those of an average one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tonada.explaining.words import height, in_words


@dataclass(frozen=True)
class Descriptor:
    """
    One descriptor of a song.

    Attributes:
        name: of its column.
        words: what people call it.
        value: mean over the song's segments, in its own unit.
        average: over the training songs.
        deviations: standard deviations of the training songs by which the value lies above it.
        height: those in a word.
        contribution: positive where it spoke for the label.
    """

    name: str
    words: str
    value: float
    average: float
    deviations: float
    height: str
    contribution: float


@dataclass(frozen=True)
class Reasons:
    """
    What decided a song.

    Attributes:
        path: as the caller gave it.
        model: its name or folder.
        revision: which edition of it.
        label: what is explained.
        probability: of the label; `None` of a value.
        unit: of score and contributions, `log-odds` of the label, or `value`.
        score: of the label.
        method: how it was found: of the instants a key of `METHODS` or `descriptors`, of a classical model `shapley`.
        branches: of each branch, how far the score would fall if it heard nothing of the song's own.
        descriptors: the strongest for the label first; their contributions add up to their branch's. Empty where the
            model hears none.
    """

    path: str
    model: str
    revision: str | None
    label: str
    probability: float | None
    unit: str
    score: float
    method: str
    branches: dict[str, float]
    descriptors: list[Descriptor]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def ranked(
    columns: Iterable[str],
    values: Iterable[float],
    average: Iterable[float],
    deviations: Iterable[float],
    contributions: Iterable[float],
) -> list[Descriptor]:
    """The descriptors of a song, an entry a column in each argument; the strongest for the label first."""
    rows = zip(columns, values, average, deviations, contributions, strict=True)
    found = [
        Descriptor(name, in_words(name), value, mean, deviation, height(deviation), contribution)
        for name, value, mean, deviation, contribution in rows
    ]
    return sorted(found, key=lambda each: -each.contribution)
