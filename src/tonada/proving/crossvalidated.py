"""Systems that answered every song out of fold: scores with intervals, and what one fold's noise is."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from tonada.proving.intervals import gained, scored, value
from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction
from tonada.proving.weighted_scores import accuracy, cohen_kappa, macro_f1, weighted_f1

BASELINE = "logistic-regression"
LARGE = 10  # songs of a group that has a row of its own
SCORES = {"accuracy": accuracy, "macro-F1": macro_f1, "weighted F1": weighted_f1, "kappa": cohen_kappa}


def crossvalidated_table(systems: dict[str, list[Prediction]]) -> str:
    """
    A Markdown table, a row a system, the most accurate first.

    Brackets are 95 % intervals, resampling groups with all their answers over the deals. The label that fares worst
    stands with the share of its songs that were answered with it. The last column is what the row's accuracy has over
    that of `BASELINE`, where it is among them, both resampled together.
    """
    judged = {name: Judged.of(predictions) for name, predictions in systems.items()}
    lines = [
        f"| system | {' | '.join(SCORES)} | worst label | between folds | accuracy over {BASELINE} |",
        f"|---|{'---|' * len(SCORES)}---|---|---|",
    ]
    for name in sorted(judged, key=lambda name: (-value(accuracy, judged[name]), name)):
        cells = [scored(score, judged[name]) for score in SCORES.values()]
        gain = "" if name == BASELINE or BASELINE not in judged else gained(accuracy, judged[name], judged[BASELINE])
        ends = [worst_label(judged[name]), f"±{_between_folds(systems[name]):.3f}", gain]
        lines.append(f"| {name} | {' | '.join([*cells, *ends])} |")
    return "\n".join(lines)


def best_of(systems: dict[str, list[Prediction]]) -> str:
    """The name of the most accurate system."""
    return max(systems, key=lambda name: value(accuracy, Judged.of(systems[name])))


def by_label(predictions: Sequence[Prediction]) -> str:
    """A Markdown table of a system's confusions: a row a truth, how many were answered with each label, and recall."""
    judged = Judged.of(predictions)
    counts = confusions(judged)
    lines = [f"| truth | {' | '.join(judged.labels)} | right |", f"|---|{'---|' * len(counts)}---|"]
    for place, (label, row) in enumerate(zip(judged.labels, counts, strict=True)):
        recall = f"{row[place] / row.sum():.1%}" if row.any() else "-"
        lines.append(f"| {label} | {' | '.join(map(str, row))} | {recall} |")
    return "\n".join(lines)


def confusions(judged: Judged) -> np.ndarray:
    """How many songs of each truth were answered with each label, `(truths, answers)`."""
    counts = np.zeros((len(judged.labels), len(judged.labels)), dtype=int)
    np.add.at(counts, (judged.truth, judged.answers), 1)
    return counts


def by_group(predictions: Sequence[Prediction], label: str) -> str:
    """
    A Markdown table of how the songs of a label were answered: a row a group of at least `LARGE` of them, the others
    together in the last.
    """
    songs = [each for each in predictions if each.truth == label]
    counts = Counter(each.group for each in songs)
    large = [group for group, count in counts.most_common() if count >= LARGE]
    rows = [(group, [each for each in songs if each.group == group]) for group in large]
    rows.append((f"{len(counts) - len(large)} others", [each for each in songs if each.group not in large]))
    lines = [f"| group | {label} | answered otherwise | share |", "|---|---|---|---|"]
    for name, members in rows:
        wrong = sum(each.answer != label for each in members)
        lines.append(f"| {name} | {len(members)} | {wrong} | {wrong / max(len(members), 1):.1%} |")
    return "\n".join(lines)


def fold_by_fold(predictions: Sequence[Prediction], chosen_on: Collection[str] = ()) -> str:
    """Sentences: macro-F1 in each fold, and over those on which nothing was chosen."""
    folds = sorted({each.split for each in predictions})
    scores = [value(macro_f1, Judged.of([each for each in predictions if each.split == fold])) for fold in folds]
    told = f"Macro-F1 by fold: {', '.join(f'{fold} {score:.3f}' for fold, score in zip(folds, scores, strict=True))}."
    if not chosen_on:
        return told
    untouched = Judged.of([each for each in predictions if each.split not in chosen_on])
    names = " and ".join(chosen_on)
    return f"{told} Settings were chosen on {names}; the other folds together have {scored(macro_f1, untouched)}."


def worst_label(judged: Judged) -> str:
    """The label with the least recall, and its recall; the first of several."""
    is_right = judged.answers == judged.truth
    recalls = [float(is_right[judged.truth == label].mean()) for label in np.unique(judged.truth)]
    place = int(np.argmin(recalls))
    return f"{judged.labels[np.unique(judged.truth)[place]]} {recalls[place]:.0%}"


def _between_folds(predictions: Sequence[Prediction]) -> float:
    """Standard deviation of accuracy between single folds: what one deal of one test fold would be worth."""
    folds: dict[tuple[int, str], list[bool]] = {}
    for each in predictions:
        folds.setdefault((each.seed, each.split), []).append(each.answer == each.truth)
    return float(np.std([np.mean(each) for each in folds.values()], ddof=1))
