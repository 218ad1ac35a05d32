"""The table of systems that one fold chose and another tested."""

from tonada.proving.intervals import gained, scored, value
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
    own = _of_split(systems[reference], HELD_OUT[1])
    for _, name, predictions in sorted(rows, key=lambda row: (-row[0], row[1])):
        validation, test = (_of_split(predictions, split) for split in HELD_OUT)
        gain = "" if name == reference else gained(macro_f1, own, test)
        figures = (f"{scored(macro_f1, each)} (n = {len(each.truth)})" for each in (validation, test))
        lines.append(f"| {name} | {' | '.join(figures)} | {value(accuracy, test):.3f} | {gain} |")
    return "\n".join(lines)


def _of_split(predictions: list[Prediction], split: str) -> Judged:
    return Judged.of([each for each in predictions if each.split == split])
