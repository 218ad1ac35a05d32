"""What simpler systems say of the same songs, and what folds that share artists would have made of them."""

import warnings
from collections.abc import Sequence

import numpy as np

from tonada.datasets_scripts.splits import assign_folds
from tonada.evaluating.held_out import EvaluationError
from tonada.evaluating.tables import Table
from tonada.learning.baselines import BASELINES, Baseline
from tonada.proving.measuring import DEALS
from tonada.proving.predictions import Prediction

FOLDS = 5
GAP_OF = "logistic-regression"


def baselines_beside(table: Table, songs: Sequence[Prediction], places: list[int], taught: list[int]) -> dict:
    """
    The baselines' predictions of the songs that a model answered, by name.

    Args:
        table: of all songs.
        songs: the model's predictions.
        places: where their songs stand in the data set.
        taught: places of the songs that the model learned from. The baselines learn from these if there are any and
            none of them is to be answered, and otherwise from folds of the answered songs, disjoint in artists.
    """
    answered = table.at(places)
    return {
        name: _predictions(songs, _values(baseline, table, answered, table.at(taught), len(songs[0].probabilities)))
        for name, baseline in BASELINES.items()
    }


def gap(table: Table, labels: list[str]) -> dict[str, list[Prediction]]:
    """
    Logistic regression's predictions of every song by folds dealt song by song, as if artists did not matter, and by
    folds disjoint in artists. Empty where no artist has two songs, or there are too few songs to deal.
    """
    performers = len(set(table.groups))
    if performers in (1, len(set(table.song_ids))) or np.bincount(table.labels).max() < 2:
        return {}
    by_folds = dict(zip(DEALS, (table.song_ids, table.groups), strict=True))
    everything = np.arange(len(table.labels))
    truths = [
        Prediction(song, group, "fold", 0, labels[label], dict.fromkeys(labels, 0.0))
        for song, group, label in zip(table.song_ids, table.groups, table.labels, strict=True)
    ]
    return {
        name: _predictions(truths, out_of_fold(BASELINES[GAP_OF], table, everything, units, len(labels)))
        for name, units in by_folds.items()
    }


def out_of_fold(baseline: Baseline, table: Table, chosen: np.ndarray, units: Sequence[str], labels: int) -> np.ndarray:
    """
    Probabilities `(chosen, labels)` of songs by a baseline that learned from the others.

    Args:
        baseline: what learns.
        table: of the songs.
        chosen: which of them.
        units: what stays together, a name for each song of the table.
        labels: how many there are.

    Raises:
        EvaluationError: there are too few to learn from some and answer others.
    """
    truth, kept = table.labels[chosen], [units[each] for each in chosen]
    count = min(FOLDS, len(set(kept)), int(np.bincount(truth).max()))
    if count < 2:
        raise EvaluationError(
            f"{len(chosen)} songs of {len(set(kept))} performers cannot be dealt into two folds; give more"
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")  # few songs are better than none
        folds = assign_folds(truth.tolist(), kept, count, seed=0)
    values = np.zeros((len(chosen), labels))
    for fold in range(count):
        learn, answer = chosen[folds != fold], chosen[folds == fold]
        values[folds == fold] = baseline(
            table.descriptors[learn], table.labels[learn], table.descriptors[answer], labels
        )
    return values


def _values(baseline: Baseline, table: Table, answered: np.ndarray, taught: np.ndarray, labels: int) -> np.ndarray:
    if not len(taught) or set(taught) & set(answered):
        return out_of_fold(baseline, table, answered, table.groups, labels)
    return baseline(table.descriptors[taught], table.labels[taught], table.descriptors[answered], labels)


def _predictions(songs: Sequence[Prediction], values: np.ndarray) -> list[Prediction]:
    return [
        Prediction(
            each.song_id,
            each.group,
            each.split,
            each.seed,
            each.truth,
            dict(zip(each.probabilities, map(float, row), strict=True)),
        )
        for each, row in zip(songs, values, strict=True)
    ]
