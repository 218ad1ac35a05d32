"""Why a classical model answered as it did: of a recording, or of each row of a table, the descriptors that spoke."""

import numpy as np

from tonada.explaining.reasons import Reasons, ranked
from tonada.explaining.shapley import shapley_values
from tonada.explaining.targets import ExplainError
from tonada.extras import lacking
from tonada.learning.classical.answering import answer_of, calibrated_probabilities
from tonada.learning.classical.listening import ClassicalListener, HeardSong
from tonada.learning.classical.saving import ClassicalModel
from tonada.modeling.tree_tonada import LabelTree

METHOD = "shapley"


def check_explainable(model: ClassicalModel, label: str | None = None) -> None:
    """
    Refuse at once what no song could be asked.

    Raises:
        ExplainError: matplotlib is missing, the model has no such label or no other, or does not say what is usual.
    """
    if told := lacking("explain", "matplotlib"):
        raise ExplainError(f"explaining {told}")
    if {len(model.scaling.get(each, ())) for each in ("mean", "scale")} != {len(model.columns)}:
        raise ExplainError("the model does not say what songs are like on average; train it anew")
    known = LabelTree(model.labels, model.parents).nodes
    if label is not None and label not in known:
        raise ExplainError(f"the model has no label {label!r}; choose among {', '.join(known)}")
    if label is not None and _members(model, label).all():
        raise ExplainError(f"every song is {label!r} to this model, so that nothing decides it; choose another")


def explain_song(listener: ClassicalListener, song: HeardSong, label: str | None = None) -> Reasons:
    """
    Explain one song.

    Args:
        listener: with the model to explain.
        song: as it was heard. A number that is missing speaks neither for nor against, and is not told of.
        label: what to explain; if not given, what the model answers, heeding its threshold.

    Raises:
        ExplainError: the song has no number.
    """
    model, there = listener.model, ~np.isnan(song.values)
    if not there.any():
        raise ExplainError(f"{song.path}: has none of the {len(model.columns)} numbers")
    chances = calibrated_probabilities(model, song.values[None])[0]
    label = label or str(answer_of(model, chances).label)  # which a model of one label a song always has
    members = _members(model, label)

    def score(rows: np.ndarray) -> np.ndarray:
        by_label = calibrated_probabilities(model, rows)
        return np.log(by_label[:, members].sum(1)) - np.log(by_label[:, ~members].sum(1))

    average = np.where(there, np.array(model.scaling["mean"], dtype=float), np.nan)
    spoken = shapley_values(score, song.values, average)
    own, usual = score(np.stack([song.values, average]))
    spread = np.array(model.scaling["scale"], dtype=float)
    scale = np.where(spread > 0, spread, 1.0)  # as StandardScaler does with a column that was the same in all songs
    columns = [column for column, is_there in zip(model.columns, there, strict=True) if is_there]
    told = (each[there].tolist() for each in (song.values, average, (song.values - average) / scale, spoken))
    return Reasons(
        path=song.path,
        model=listener.name,
        revision=listener.revision,
        label=label,
        probability=float(chances[members].sum()),
        unit="log-odds",
        score=float(own),
        method=METHOD,
        branches={"descriptors": float(own - usual)},
        descriptors=ranked(columns, *told),
    )


def _members(model: ClassicalModel, label: str) -> np.ndarray:
    """Which leaves are a label or below it, bool `(labels,)`."""
    return LabelTree(model.labels, model.parents).members([label])[0].numpy()
