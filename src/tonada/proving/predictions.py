"""Predictions as a table anyone can check: one row a song, kept behind every reported figure."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HELD_OUT = ("validation", "test")
FACTS = ("song_id", "group", "split", "seed", "truth")


@dataclass(frozen=True)
class Prediction:
    """What one system said of one song, beside the truth."""

    song_id: str
    group: str
    split: str
    seed: int
    truth: str
    probabilities: dict[str, float]

    @property
    def answer(self) -> str:
        """The most probable label."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


def write_predictions(predictions: Iterable[Prediction], path: Path) -> None:
    """Write predictions as CSV: the facts, then a probability for each label."""
    rows = list(predictions)
    labels = list(rows[0].probabilities)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FACTS, *labels])
        for row in rows:
            values = [f"{row.probabilities[label]:.9g}" for label in labels]
            writer.writerow([*(getattr(row, fact) for fact in FACTS), *values])


def read_predictions(path: Path) -> list[Prediction]:
    """
    Read what `write_predictions` wrote, by position: a label may be called as a fact is.

    Raises:
        ValueError: the first columns are not the facts.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        head = next(rows, [])
        if tuple(head[: len(FACTS)]) != FACTS:
            raise ValueError(
                f"{path} has {', '.join(head[: len(FACTS)]) or 'nothing'} as its first columns; expected "
                f"{', '.join(FACTS)}: give a file that write_predictions wrote"
            )
        return [_prediction(row, head[len(FACTS) :]) for row in rows if row]


def _prediction(row: list[str], labels: list[str]) -> Prediction:
    song_id, group, split, seed, truth, *values = row
    by_label = {label: float(value) for label, value in zip(labels, values, strict=True)}
    return Prediction(song_id, group, split, int(seed), truth, by_label)
