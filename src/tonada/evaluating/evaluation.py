"""A model, a data set and a folder for the report: everything that `tonada evaluate` does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import tonada
from tonada.datasets_scripts.registry import data_set
from tonada.evaluating.asking import Asked, chosen, load
from tonada.evaluating.beside import FOLDS, GAP_OF, baselines_beside, gap
from tonada.evaluating.hearing import Heard, hear, peak_bytes
from tonada.evaluating.held_out import UNKNOWN, EvaluationError, Sides, sides
from tonada.evaluating.tables import descriptors_of
from tonada.learning.baselines import BASELINES
from tonada.listening.listener import Listener
from tonada.proving.cost import cost_of
from tonada.proving.levels import at_level
from tonada.proving.machine import machine
from tonada.proving.measuring import compared, gap_between, measured
from tonada.proving.predictions import Prediction


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
    known = sides(rows, asked.data, asked.source, listener.revision, asked.recipe, asked.folder)
    places, warnings = chosen(known, asked.part)
    heard = hear(listener, rows.select(places), [known.parts[place] for place in places], known.seed)
    memory = peak_bytes()  # before the baselines take some
    if not heard.songs:
        reason = f"; the first: {heard.refused[0].message}" if heard.refused else ""
        raise EvaluationError(f"{asked.folder} has no song of the part {asked.part!r} that can be judged{reason}")
    tree = listener.model.config.tree
    table = descriptors_of(rows, tree.leaves, listener.extractor, listener.limits)
    taught = [place for place, part in enumerate(known.parts) if part == "train"]
    answered = [places[place] for place in heard.places]
    songs = {listener.name: heard.songs, **baselines_beside(table, heard.songs, answered, taught)}
    segments, folds = {listener.name: heard.segments}, gap(table, list(tree.leaves))
    if asked.level is not None:
        songs, segments, folds = (
            {name: at_level(each, tree, asked.level) for name, each in kind.items()}
            for kind in (songs, segments, folds)
        )
    own = songs[listener.name]
    report = {
        "model": listener.name,
        "revision": listener.revision,
        "tonada": tonada.__version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": about_data(asked, known, data_set(asked.data).LICENSE),
        "is_test": not warnings and asked.part == "test",
        "warnings": warnings,
        "taught": taught_by(taught, answered),
        "systems": _systems(listener, songs, segments[listener.name], asked.level),
        "comparisons": {name: compared(own, each) for name, each in songs.items() if name != listener.name},
        "gap": {"of": GAP_OF, **gap_between(folds)} if folds else None,
        "cost": _cost(listener, heard, memory),
        "refused": [asdict(each) for each in heard.refused],
    }
    return Evaluated(report, songs, segments, folds, heard)


def about_data(asked: Asked, known: Sides, licence: str) -> dict[str, Any]:
    """What a report says of its songs."""
    part = "all" if set(known.parts) == {UNKNOWN} else asked.part
    return {
        "name": asked.data,
        "options": asked.said_options,
        "part": part,
        "source": known.source,
        "level": asked.level,
        "licence": licence,
        "hub_dataset": asked.hub_dataset,
    }


def taught_by(taught: Sequence[int], answered: Sequence[int]) -> str:
    """What the baselines learned from, by the places of the songs that the model learned from and answered."""
    if taught and not set(taught) & set(answered):
        return f"The baselines learned from the model's own {len(taught)} training songs."
    return f"The baselines learned from folds of these songs, {FOLDS} at most and disjoint in performers."


def _systems(
    listener: Listener, songs: dict[str, list[Prediction]], segments: list[Prediction], level: int | None
) -> dict[str, Any]:
    quantile = listener.model.config.conformal_quantile if level is None else None  # it was fitted to the leaves
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
