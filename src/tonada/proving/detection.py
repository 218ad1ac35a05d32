"""How well systems find one of two labels, as in source S2's table: F1, precision, recall, PR-AUC, and thresholds."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction
from tonada.proving.thresholds import threshold_for

HEAD = ("system", "F1", "precision", "recall", "PR-AUC")


def detection_table(systems: dict[str, list[Prediction]], wanted: float) -> str:
    """
    A Markdown table of the first of two labels, a row a system, the largest PR-AUC first.

    The last two columns are answers from a threshold on: each fold's is the lowest that reached the precision wanted on
    the answers to the other folds of its deal, so that no song chooses what it is judged by. A dash if a fold has none.

    Args:
        systems: predictions out of fold, by name.
        wanted: precision of the first label.
    """
    rows = sorted(((name, _scores(each), _from_thresholds(each, wanted)) for name, each in systems.items()), key=_order)
    lines = [
        f"| {' | '.join(HEAD)} | precision, {wanted:.0%} wanted | recall there |",
        f"|---|{'---|' * (len(HEAD) + 1)}",
    ]
    lines += [f"| {name} | {' | '.join(f'{each:.3f}' for each in scores)} | {end} |" for name, scores, end in rows]
    return "\n".join(lines)


def _order(row: tuple[str, list[float], str]) -> tuple[float, str]:
    return -row[1][-1], row[0]


def _scores(predictions: Sequence[Prediction]) -> list[float]:
    judged = Judged.of(predictions)
    truth, answers = judged.truth == 0, judged.answers == 0
    found = [score(truth, answers, zero_division=0) for score in (f1_score, precision_score, recall_score)]
    return [*found, average_precision_score(truth, judged.probabilities[:, 0])]


def _from_thresholds(predictions: Sequence[Prediction], wanted: float) -> str:
    judged = Judged.of(predictions)
    folds, deals = np.array([each.split for each in predictions]), np.array([each.seed for each in predictions])
    truth, chances = judged.truth == 0, judged.probabilities[:, 0]
    found = np.zeros(len(truth), dtype=bool)
    for deal, fold in sorted(set(zip(deals.tolist(), folds.tolist(), strict=True))):
        here, others = ((deals == deal) & is_in for is_in in (folds == fold, folds != fold))
        try:
            found[here] = chances[here] >= threshold_for(wanted, truth[others], chances[others])
        except ValueError:
            return "- | -"
    return f"{precision_score(truth, found, zero_division=0):.3f} | {recall_score(truth, found):.3f}"
