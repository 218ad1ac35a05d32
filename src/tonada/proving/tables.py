"""The results page, computed from the predictions kept beside it: `python -m tonada.proving.tables docs/results`."""

import sys
from pathlib import Path

from tonada.proving.intervals import interval, value
from tonada.proving.judged import Judged
from tonada.proving.predictions import HELD_OUT, Prediction, read_predictions
from tonada.proving.weighted_scores import accuracy, macro_f1

HEAD = """# Results

Written by `make results` from the predictions in `docs/results/`, one file a system: song, artist, split, seed, truth
and probabilities. Splits are disjoint in artists, connected artists counting as one; each is one fold of six under one
seed. Validation chose the epoch and fitted the calibration, so its figures flatter; the test songs chose nothing. The
settings of the emotion recipe were chosen on the validation fold of an earlier deal of the same songs, in which 12 of
the 120 test songs were. Brackets are 95 % intervals, resampling artists; the last column resamples both systems'
answers to the same songs together. The weights of emotion learned before the silence around a clip was left out of
it, an offset taken off, and what an epoch draws made to follow from seed and song: the recipe would not make the same
ones today. Its figures are those weights hearing as the package hears now, those of emotion-descriptors are as it heard
then.
"""

GAP = """The gap: logistic regression on the descriptors of all songs, every song answered by a system that did not
learn from it, with folds dealt song by song and with folds disjoint in artists."""


def results_page(folder: Path) -> str:
    """
    Of each subfolder the tables of its systems; it is named after the one that the others in it are compared with. In
    it, `segments` and `gap` are what `tonada evaluate` leaves, if there.
    """
    parts = sorted(path for path in folder.iterdir() if path.is_dir())
    return "\n\n".join([HEAD.rstrip(), *(paragraph for path in parts for paragraph in _paragraphs(path))]) + "\n"


def _paragraphs(folder: Path) -> list[str]:
    from tonada.proving.measuring import gap_between, measured  # seconds that only the page has to wait
    from tonada.proving.score_tables import gap_table, score_table

    systems, folds = load_systems(folder), load_systems(folder / "gap")
    columns = {name: measured(_test(each)) for name, each in systems.items()}
    for name, segments in load_systems(folder / "segments").items():
        columns[f"{name}, segments"] = measured(_test(segments))
    found = [f"## {folder.name}", table(systems, folder.name), "Every score, on the test songs:", score_table(columns)]
    return found if not folds else [*found, GAP, gap_table(gap_between(folds))]


def load_systems(folder: Path) -> dict[str, list[Prediction]]:
    """Predictions by the name of the system."""
    return {path.stem: read_predictions(path) for path in sorted(folder.glob("*.csv"))}


def table(systems: dict[str, list[Prediction]], reference: str) -> str:
    """
    A Markdown table, a row a system, the best validation macro-F1 first.

    The last column is what the `reference` system's test macro-F1 has over the row's.
    """
    rows = [(value(macro_f1, _of_split(each, HELD_OUT[0])), name, each) for name, each in systems.items()]
    lines = [
        f"| system | validation macro-F1 | test macro-F1 | test accuracy | {reference} minus it, on test |",
        "|---|---|---|---|---|",
    ]
    for _, name, predictions in sorted(rows, key=lambda row: (-row[0], row[1])):
        validation, test = (_of_split(predictions, split) for split in HELD_OUT)
        gain = "" if name == reference else _gain(systems[reference], predictions)
        lines.append(f"| {name} | {_figure(validation)} | {_figure(test)} | {value(accuracy, test):.3f} | {gain} |")
    return "\n".join(lines)


def _gain(reference: list[Prediction], other: list[Prediction]) -> str:
    if [each.song_id for each in reference] != [each.song_id for each in other]:
        raise ValueError("the systems answered other songs, or in another order; only the same songs can be compared")
    ours, theirs = _of_split(reference, HELD_OUT[1]), _of_split(other, HELD_OUT[1])
    low, high = interval(macro_f1, ours, theirs)
    return f"{value(macro_f1, ours) - value(macro_f1, theirs):+.3f} [{low:+.3f}, {high:+.3f}]"


def _of_split(predictions: list[Prediction], split: str) -> Judged:
    return Judged.of([each for each in predictions if each.split == split])


def _test(predictions: list[Prediction]) -> list[Prediction]:
    return [each for each in predictions if each.split == HELD_OUT[1]]


def _figure(judged: Judged) -> str:
    low, high = interval(macro_f1, judged)
    return f"{value(macro_f1, judged):.3f} [{low:.3f}, {high:.3f}] (n = {len(judged.truth)})"


if __name__ == "__main__":
    print(results_page(Path(sys.argv[1])), end="")
