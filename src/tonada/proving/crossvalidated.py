"""Systems that answered every song out of fold: accuracy, F1 and kappa with intervals, and what a fold's noise is."""

from collections.abc import Sequence

import numpy as np

from tonada.proving.predictions import Prediction
from tonada.proving.scores import CONFIDENCE, RESAMPLES

BASELINE = "logistic-regression"
FIGURES = ("accuracy", "macro-F1", "weighted F1", "kappa")


def crossvalidated_table(systems: dict[str, list[Prediction]]) -> str:
    """
    A Markdown table, a row a system, the most accurate first.

    Brackets are 95 % intervals, resampling groups with all their answers over the repeats. The last column is what the
    row's accuracy has over that of `BASELINE`, both resampled together.
    """
    drawn = _draws(systems[BASELINE])
    confusions = {name: _confusions(predictions) for name, predictions in systems.items()}
    found = {name: _figures(_total(each)) for name, each in confusions.items()}
    lines = [
        f"| system | {' | '.join(FIGURES)} | between folds | accuracy over {BASELINE} |",
        "|---|---|---|---|---|---|---|",
    ]
    base = _figures(_resampled(drawn, confusions[BASELINE]))[:, 0]
    for name in sorted(systems, key=lambda name: (-found[name][0, 0], name)):
        resampled = _figures(_resampled(drawn, confusions[name]))
        cells = [_cell(value, resampled[:, place]) for place, value in enumerate(found[name][0])]
        gain = "" if name == BASELINE else _gain(found[name][0, 0] - found[BASELINE][0, 0], resampled[:, 0] - base)
        lines.append(f"| {name} | {' | '.join(cells)} | ±{_between_folds(systems[name]):.3f} | {gain} |")
    return "\n".join(lines)


def best_of(systems: dict[str, list[Prediction]]) -> str:
    """The name of the most accurate system."""
    return max(systems, key=lambda name: _figures(_total(_confusions(systems[name])))[0, 0])


def by_label(predictions: Sequence[Prediction]) -> str:
    """A Markdown table of a system's confusions: a row a truth, how many were answered with each label, and recall."""
    labels = sorted({each.truth for each in predictions})
    counts = _total(_confusions(predictions))[0]
    lines = [f"| truth | {' | '.join(labels)} | right |", f"|---|{'---|' * len(labels)}---|"]
    for label, row in zip(labels, counts, strict=True):
        cells = " | ".join(f"{count:g}" for count in row)
        lines.append(f"| {label} | {cells} | {row[labels.index(label)] / row.sum():.1%} |")
    return "\n".join(lines)


def _draws(predictions: Sequence[Prediction]) -> np.ndarray:
    """How often each resample draws each group, `(resamples, groups)`."""
    count = len({each.group for each in predictions})
    return np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)


def _confusions(predictions: Sequence[Prediction]) -> np.ndarray:
    """Answers by group, truth and answer, `(groups, labels, labels)`."""
    labels = {label: place for place, label in enumerate(sorted(predictions[0].probabilities))}
    groups = {group: place for place, group in enumerate(sorted({each.group for each in predictions}))}
    counts = np.zeros((len(groups), len(labels), len(labels)))
    for each in predictions:
        counts[groups[each.group], labels[each.truth], labels[each.answer]] += 1
    return counts


def _total(confusions: np.ndarray) -> np.ndarray:
    return confusions.sum(0, keepdims=True)


def _resampled(drawn: np.ndarray, confusions: np.ndarray) -> np.ndarray:
    return np.einsum("rg,gta->rta", drawn, confusions)


def _figures(confusions: np.ndarray) -> np.ndarray:
    """`FIGURES` of confusions `(many, labels, labels)`: `(many, figures)`."""
    total = confusions.sum((1, 2))
    occurs, given, right = confusions.sum(2), confusions.sum(1), np.einsum("rtt->rt", confusions)
    accuracy = right.sum(1) / total
    f1 = 2 * right / np.maximum(occurs + given, 1)
    macro = (f1 * (occurs > 0)).sum(1) / (occurs > 0).sum(1)
    chance = (occurs * given).sum(1) / total**2
    kappa = (accuracy - chance) / np.maximum(1 - chance, 1e-12)
    return np.stack([accuracy, macro, (f1 * occurs).sum(1) / total, kappa], 1)


def _between_folds(predictions: Sequence[Prediction]) -> float:
    """Standard deviation of accuracy between single folds: what one deal of one test fold would be worth."""
    folds: dict[tuple[int, str], list[bool]] = {}
    for each in predictions:
        folds.setdefault((each.seed, each.split), []).append(each.answer == each.truth)
    return float(np.std([np.mean(each) for each in folds.values()], ddof=1))


def _interval(values: np.ndarray) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _cell(value: float, resampled: np.ndarray) -> str:
    low, high = _interval(resampled)
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _gain(value: float, resampled: np.ndarray) -> str:
    low, high = _interval(resampled)
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"
