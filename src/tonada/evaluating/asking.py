"""What is asked of a model: which songs, and whether it can answer them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset

from tonada.datasets_scripts.registry import data_set
from tonada.evaluating.held_out import UNKNOWN, EvaluationError, Sides
from tonada.listening.listener import Listener
from tonada.modeling.labels_tonada import SINGLE_LABEL

TABLE = "table"
"""Said instead of a data set's name: the folder is then a CSV or Parquet file."""


@dataclass(frozen=True)
class Asked:
    """
    What to evaluate on.

    Attributes:
        data: name of a data set in the registry.
        folder: where it lies.
        part: `test`, `validation` or `all`.
        source: the model's folder or Hub id, where its recipe and its split are looked for.
        recipe: deals the songs instead.
        hub_dataset: what the Hub calls the data set.
        level: of the model's tree of labels, 1 for the roots; the leaves if not given.
        options: of the data set's `load`, such as `task: games` of free_audio.
    """

    data: str
    folder: Path
    part: str
    source: str
    recipe: Path | None = None
    hub_dataset: str | None = None
    level: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def said_options(self) -> list[str]:
        """The options as `--option` takes them, several values with commas."""
        plain = {name: value if isinstance(value, tuple) else (value,) for name, value in self.options.items()}
        return [f"{name}={','.join(map(str, values))}" for name, values in plain.items()]


def load(asked: Asked, listener: Listener) -> Dataset:
    """
    The data set's rows, if the model can answer them.

    Raises:
        EvaluationError: it cannot.
        ModelError: it has no such level.
    """
    if (problem := listener.model.config.problem) != SINGLE_LABEL:
        raise EvaluationError(
            f"{listener.name} answers several labels or values a song ({problem}), and the data sets tell one label; "
            "give a model of one label a song, with or without a tree of labels"
        )
    listener.labels(asked.level)
    try:
        rows = data_set(asked.data).load(asked.folder, **asked.options)
    except (ValueError, OSError) as error:
        raise EvaluationError(str(error)) from error
    if "audio" not in rows.features:
        raise EvaluationError(f"{asked.data} has no audio, and networks are asked of recordings; give songs")
    theirs, ours = rows.features["label"].names, listener.model.config.tree.leaves
    if set(theirs) != set(ours):
        raise EvaluationError(
            f"{asked.data} has the labels {', '.join(theirs)}; {listener.name} answers {', '.join(ours)}: "
            "give a data set of the model's labels"
        )
    return rows


def chosen(known: Sides, part: str) -> tuple[list[int], list[str]]:
    """
    Which rows a part is, and what has to be said of figures on them.

    Raises:
        EvaluationError: no song is of the part.
    """
    if set(known.parts) == {UNKNOWN}:
        warning = f"{known.source}: these are all songs, and figures flatter if it learned from some (see --recipe)"
        return list(range(len(known.parts))), [warning]
    if part == "test" and set(known.parts) == {"train"}:
        raise EvaluationError(
            "the model learned from all of these songs; how others of its recipe answered those that they had not "
            "heard stands in its card. Give other songs, or --split all"
        )
    places = [place for place, each in enumerate(known.parts) if part in ("all", each)]
    if not places:
        raise EvaluationError(f"no song is of the part {part!r}; there are {', '.join(sorted(set(known.parts)))}")
    warnings = []
    if taught := sum(known.parts[place] == "train" for place in places):
        warnings.append(f"the model learned from {taught} of these {len(places)} songs: this is no test")
    if any(known.parts[place] == "validation" for place in places):
        warnings.append("validation songs chose the epoch and fitted the calibration: figures on them flatter")
    return places, warnings
