"""The table of systems that one fold chose and another tested."""

from tonada.proving.intervals import interval, value
from tonada.proving.judged import Judged
from tonada.proving.predictions import HELD_OUT, Prediction
from tonada.proving.weighted_scores import accuracy, macro_f1


def held_out_table(systems: dict[str, list[Prediction]], reference: str) -> str:
    """
    A Markdown table, a row a system, the best validation macro-F1 first.

    The last column is what the `reference` system's test macro-F1 has over the row's.

    Raises:
        ValueError: the systems answered other songs.
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
    ours, theirs = _of_split(reference, HELD_OUT[1]), _of_split(other, HELD_OUT[1])
    low, high = interval(macro_f1, ours, theirs)
    return f"{value(macro_f1, ours) - value(macro_f1, theirs):+.3f} [{low:+.3f}, {high:+.3f}]"


def _of_split(predictions: list[Prediction], split: str) -> Judged:
    return Judged.of([each for each in predictions if each.split == split])


def _figure(judged: Judged) -> str:
    low, high = interval(macro_f1, judged)
    return f"{value(macro_f1, judged):.3f} [{low:.3f}, {high:.3f}] (n = {len(judged.truth)})"
