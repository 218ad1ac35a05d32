"""A model, a data set and a folder for the report: everything that `tonada evaluate` does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

import tonada
from tonada.datasets_scripts.registry import data_set
from tonada.evaluating.beside import FOLDS, GAP_OF, baselines_beside, gap
from tonada.evaluating.hearing import Heard, hear, peak_bytes
from tonada.evaluating.held_out import UNKNOWN, EvaluationError, Sides, sides
from tonada.evaluating.tables import descriptors_of
from tonada.learning.baselines import BASELINES
from tonada.listening.listener import Listener
from tonada.modeling.labels_tonada import SINGLE_LABEL
from tonada.proving.cost import cost_of
from tonada.proving.machine import machine
from tonada.proving.measuring import compared, gap_between, measured
from tonada.proving.predictions import Prediction


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
    """

    data: str
    folder: Path
    part: str
    source: str
    recipe: Path | None = None
    hub_dataset: str | None = None


@dataclass(frozen=True)
class Evaluated:
    """
    What came of it.

    Attributes:
        report: plain facts, for JSON and for the page.
        songs: predictions of songs, by system.
        segments: predictions of the model's segments, by its name.
        folds: predictions behind the gap, by how the folds were dealt.
        heard: what the model heard.
    """

    report: dict[str, Any]
    songs: dict[str, list[Prediction]]
    segments: dict[str, list[Prediction]]
    folds: dict[str, list[Prediction]]
    heard: Heard


def evaluate(listener: Listener, asked: Asked) -> Evaluated:
    """
    Hear the songs asked for, the baselines beside them, and measure all of it.

    Raises:
        EvaluationError: model and data set do not fit, or no song of the part can be judged.
    """
    if Path(listener.name).name in BASELINES:
        raise EvaluationError(f"{listener.name} is called as a baseline is; rename its folder")
    rows = load(asked, listener)
    known = sides(rows, asked.data, asked.source, listener.revision, asked.recipe)
    places, warnings = chosen(known, asked.part)
    heard = hear(listener, rows.select(places), [known.parts[place] for place in places], known.seed)
    memory = peak_bytes()  # before the baselines take some
    if not heard.songs:
        reason = f"; the first: {heard.refused[0].message}" if heard.refused else ""
        raise EvaluationError(f"{asked.folder} has no song of the part {asked.part!r} that can be judged{reason}")
    labels = list(listener.model.config.tree.leaves)
    table = descriptors_of(rows, labels, listener.extractor, listener.limits)
    taught = [place for place, part in enumerate(known.parts) if part == "train"]
    answered = [places[place] for place in heard.places]
    songs = {listener.name: heard.songs, **baselines_beside(table, heard.songs, answered, taught)}
    folds = gap(table, labels)
    report = {
        "model": listener.name,
        "revision": listener.revision,
        "tonada": tonada.__version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": _data(asked, known),
        "is_test": not warnings and asked.part == "test",
        "warnings": warnings,
        "taught": _taught(taught, answered),
        "systems": _systems(listener, songs, heard.segments),
        "comparisons": {name: compared(heard.songs, each) for name, each in songs.items() if name != listener.name},
        "gap": {"of": GAP_OF, **gap_between(folds)} if folds else None,
        "cost": _cost(listener, heard, memory),
        "refused": [asdict(each) for each in heard.refused],
    }
    return Evaluated(report, songs, {listener.name: heard.segments}, folds, heard)


def load(asked: Asked, listener: Listener) -> Dataset:
    """
    The data set's rows, if the model can answer them.

    Raises:
        EvaluationError: it cannot.
    """
    if (problem := listener.model.config.problem) != SINGLE_LABEL:
        raise EvaluationError(f"{listener.name} answers a {problem}; only models of one label a song are evaluated yet")
    try:
        rows = data_set(asked.data).load(asked.folder)
    except (ValueError, OSError) as error:
        raise EvaluationError(str(error)) from error
    if "audio" not in rows.features:
        raise EvaluationError(f"{asked.data} has no audio, and {listener.name} hears audio; give a data set of songs")
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
    places = [place for place, each in enumerate(known.parts) if part in ("all", each)]
    if not places:
        raise EvaluationError(f"no song is of the part {part!r}; there are {', '.join(sorted(set(known.parts)))}")
    warnings = []
    if taught := sum(known.parts[place] == "train" for place in places):
        warnings.append(f"the model learned from {taught} of these {len(places)} songs: this is no test")
    if any(known.parts[place] == "validation" for place in places):
        warnings.append("validation songs chose the epoch and fitted the calibration: figures on them flatter")
    return places, warnings


def _data(asked: Asked, known: Sides) -> dict[str, Any]:
    facts = data_set(asked.data)
    part = "all" if set(known.parts) == {UNKNOWN} else asked.part
    return {
        "name": asked.data,
        "part": part,
        "source": known.source,
        "licence": facts.LICENSE,
        "hub_dataset": asked.hub_dataset,
    }


def _taught(taught: Sequence[int], answered: Sequence[int]) -> str:
    if taught and not set(taught) & set(answered):
        return f"The baselines learned from the model's own {len(taught)} training songs."
    return f"The baselines learned from folds of these songs, {FOLDS} at most and disjoint in performers."


def _systems(listener: Listener, songs: dict[str, list[Prediction]], segments: list[Prediction]) -> dict[str, Any]:
    quantile = listener.model.config.conformal_quantile
    own = {"songs": measured(songs[listener.name], quantile), "segments": measured(segments, quantile)}
    return {listener.name: own} | {
        name: {"songs": measured(each)} for name, each in songs.items() if name != listener.name
    }


def _cost(listener: Listener, heard: Heard, memory: int) -> dict[str, Any]:
    parts = cost_of(listener.model, listener.one_segment())
    median, high = np.quantile(heard.took, [0.5, 0.95])
    return {
        "machine": machine(),
        "songs": len(heard.took),
        "latency_seconds": {"median": float(median), "p95": float(high)},
        "real_time_factor": sum(heard.took) / sum(heard.durations),
        "peak_memory_bytes": memory,
        "parameters": sum(each.numel() for each in listener.model.parameters()),
        "multiply_adds_a_segment": sum(part.multiply_adds for part in parts),
    }
