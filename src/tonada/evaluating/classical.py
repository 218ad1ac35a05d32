"""A classical model, labelled songs or a labelled table, and the report: `tonada evaluate` of a skops folder."""

import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import tonada
from tonada.datasets_scripts.registry import data_set
from tonada.evaluating.asking import TABLE, Asked, chosen
from tonada.evaluating.beside import GAP_OF, baselines_beside, gap
from tonada.evaluating.evaluation import Evaluated, about_data, taught_by
from tonada.evaluating.hearing import Heard, Refused, peak_bytes
from tonada.evaluating.held_out import EvaluationError, Sides
from tonada.evaluating.labelled import Labelled, labelled, options_of, sides_of
from tonada.evaluating.tables import Table
from tonada.learning.baselines import BASELINES
from tonada.learning.classical.answering import calibrated_probabilities
from tonada.learning.classical.listening import ClassicalListener
from tonada.listening.limits import AudioError
from tonada.modeling.tree_tonada import LabelTree
from tonada.proving.levels import at_level
from tonada.proving.machine import machine
from tonada.proving.measuring import compared, gap_between, measured
from tonada.proving.predictions import Prediction
from tonada.proving.thresholds import measured_from


def evaluate_classically(listener: ClassicalListener, asked: Asked) -> Evaluated:
    """
    Hear the songs asked for, or read the table's rows, the baselines beside them, and measure all of it.

    A song is heard as a whole, so that the report has no segments. A model with a threshold is measured by its
    probabilities, as every other is, and by its answers from there on beside.

    Raises:
        EvaluationError: model and data do not fit, or no song of the part can be judged.
    """
    if Path(listener.name).name in BASELINES:
        raise EvaluationError(f"{listener.name} is called as a baseline is; rename its folder")
    _check_level(listener, asked.level)
    asked = replace(asked, options=options_of(listener, asked))
    songs = labelled(listener, asked)
    known = sides_of(listener, asked, songs)
    places, warnings = chosen(known, asked.part)
    heard, table = _hear(listener, songs, places, known)
    memory = peak_bytes()  # before the baselines take some
    if not heard.songs:
        reason = f"; the first: {heard.refused[0].message}" if heard.refused else ""
        raise EvaluationError(f"{asked.folder} has no song of the part {asked.part!r} that can be judged{reason}")
    taught = [place for place, part in enumerate(known.parts) if part == "train"]
    systems = {listener.name: heard.songs, **baselines_beside(table, heard.songs, heard.places, taught)}
    folds = gap(table, list(listener.model.labels))
    if asked.level is not None:
        tree = LabelTree(listener.model.labels, listener.model.parents)
        systems, folds = (
            {name: at_level(each, tree, asked.level) for name, each in kind.items()} for kind in (systems, folds)
        )
    own = systems[listener.name]
    quantile = {listener.name: None if asked.level is not None else listener.model.conformal_quantile}
    report = {
        "model": listener.name,
        "revision": listener.revision,
        "tonada": tonada.__version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": about_data(asked, known, "your own" if asked.data == TABLE else data_set(asked.data).LICENSE),
        "is_test": not warnings and asked.part == "test",
        "warnings": warnings,
        "taught": taught_by(taught, heard.places),
        "systems": {name: {"songs": measured(each, quantile.get(name))} for name, each in systems.items()},
        "threshold": _from_threshold(listener, own) if asked.level is None else None,
        "comparisons": {name: compared(own, each) for name, each in systems.items() if name != listener.name},
        "gap": {"of": GAP_OF, **gap_between(folds)} if folds else None,
        "cost": _cost(heard, memory),
        "refused": [asdict(each) for each in heard.refused],
    }
    return Evaluated(report, systems, {}, folds, heard)


def _check_level(listener: ClassicalListener, level: int | None) -> None:
    try:
        listener.labels(level)
    except ValueError as error:
        raise EvaluationError(str(error)) from error


def _hear(listener: ClassicalListener, songs: Labelled, places: list[int], known: Sides) -> tuple[Heard, Table]:
    """Answers to the songs at `places`, one by one as somebody waits for them; and every song's numbers."""
    heard, asked = Heard(), set(places)
    there, values = [], []
    for place, song_id in enumerate(songs.ids):
        begun = time.perf_counter()
        try:
            song = songs.hear(place)
        except AudioError as error:
            if place in asked:
                heard.refused.append(Refused(song_id, error.status, str(error)))
            continue
        there.append(place)
        values.append(song.values)
        if place not in asked:
            continue
        chances = calibrated_probabilities(listener.model, song.values[None])[0]
        heard.took.append(time.perf_counter() - begun)
        if song.duration is not None:
            heard.durations.append(song.duration)
        heard.places.append(place)
        by_label = dict(zip(listener.model.labels, map(float, chances), strict=True))
        facts = song_id, songs.groups[place], known.parts[place], known.seed, songs.truth[place]
        heard.songs.append(Prediction(*facts, by_label))
    return heard, _table(listener, songs, there, values)


def _table(listener: ClassicalListener, songs: Labelled, there: list[int], values: list[np.ndarray]) -> Table:
    """What the baselines learn from: the model's own columns, and where a number is missing, the training songs'."""
    numbers = np.array(values).reshape(len(there), len(listener.model.columns))
    usual = np.array(listener.model.scaling["mean"])
    labels = np.array([listener.model.labels.index(songs.truth[place]) for place in there], dtype=int)
    groups, ids = ([each[place] for place in there] for each in (songs.groups, songs.ids))
    return Table(there, np.where(np.isnan(numbers), usual, numbers), labels, groups, ids)


def _from_threshold(listener: ClassicalListener, answers: list[Prediction]) -> dict[str, Any] | None:
    threshold = listener.model.threshold
    return None if threshold is None else measured_from(threshold, answers)


def _cost(heard: Heard, memory: int) -> dict[str, Any]:
    median, high = np.quantile(heard.took, [0.5, 0.95])
    seconds = sum(heard.durations)
    return {
        "machine": machine(),
        "songs": len(heard.took),
        "latency_seconds": {"median": float(median), "p95": float(high)},
        "real_time_factor": sum(heard.took) / seconds if seconds else None,
        "peak_memory_bytes": memory,
    }
