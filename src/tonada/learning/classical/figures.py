"""A classical model's figures: what it takes for what, and of the columns worth most how labels differ in them."""

import csv
import logging
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tonada.learning.classical.answering import calibrated_probabilities
from tonada.learning.classical.rows import Rows
from tonada.learning.classical.saving import ClassicalModel
from tonada.proving.auditing.descriptors import correlations, usable
from tonada.proving.auditing.figures import draw_matrix
from tonada.proving.crossvalidated import confusions
from tonada.proving.figures import draw_confusion
from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 6  # columns, of the boxes and of what each does to the answers
CORRELATED = 24  # columns of the heat map
POINTS = 9  # of a column, from its 5th to its 95th percentile
SONGS = 200  # whose other columns are held, drawn from seed 0


def draw_figures(
    model: ClassicalModel, rows: Rows, held_out: Sequence[Prediction], importance: Path, folder: Path
) -> list[str]:
    """
    Draw `confusions.png`, `correlations.png`, `box-plots.png` and `partial-dependence.png`, and return the names of
    those that there are; none where matplotlib is not installed.

    Args:
        model: fitted on the rows.
        rows: its training songs.
        held_out: what the system said of songs that it had not seen.
        importance: the CSV of `write_importance`, whose first columns are shown.
        folder: to write into.
    """
    if find_spec("matplotlib") is None:
        return []
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it remarks on the fonts and folders that it lacks
    with importance.open(newline="", encoding="utf-8") as file:
        order = [rows.columns.index(row["column"]) for row in csv.DictReader(file)]
    drawn = {
        "confusions": _confusions(Judged.of(held_out)),
        "correlations": _correlations(rows, order[:CORRELATED]),
        "box-plots": _box_plots(rows, order[:SHOWN]),
        "partial-dependence": _dependence_figure(model, rows, order[:SHOWN]),
    }
    figures = {f"{name}.png": figure for name, figure in drawn.items() if figure is not None}
    for name, figure in figures.items():
        figure.savefig(folder / name, dpi=100)
    return list(figures)


def partial_dependence(model: ClassicalModel, values: np.ndarray, place: int) -> tuple[np.ndarray, np.ndarray]:
    """
    What a column does to the answers, all else held (Friedman 2001).

    Args:
        model: what answers.
        values: `(songs, columns)`.
        place: of the column.

    Returns:
        Values of the column `(points,)`, and the songs' mean probabilities there `(points, labels)`.
    """
    points = np.nanquantile(values[:, place], np.linspace(0.05, 0.95, POINTS))
    found = []
    for point in points:
        changed = values.copy()
        changed[:, place] = point
        found.append(calibrated_probabilities(model, changed).mean(0))
    return points, np.array(found)


def _confusions(judged: Judged) -> "Figure":
    figure, (axes,) = _grid(1, 4.5)
    draw_confusion(axes, confusions(judged), judged.labels)
    return figure


def _correlations(rows: Rows, places: list[int]) -> "Figure | None":
    """The heat map of source S1, which asks what columns say the same; none where too few of them differ."""
    labels = [rows.names[label] for label in rows.labels]
    table = usable([rows.columns[place] for place in places], rows.values[:, places], labels)
    if table is None:
        return None
    figure, (axes,) = _grid(1, 7)
    draw_matrix(axes, correlations(table), table.names, "RdBu_r", limits=(-1, 1))
    return figure


def _box_plots(rows: Rows, places: list[int]) -> "Figure":
    """A box a label, from quartile to quartile, as sources S1 and S4 draw them."""
    figure, axes = _grid(len(places))
    for axis, place in zip(axes, places, strict=False):
        column = rows.values[:, place]
        by_label = [column[(rows.labels == label) & ~np.isnan(column)] for label in range(len(rows.names))]
        axis.boxplot(by_label, tick_labels=rows.names, showfliers=False)
        axis.set_title(rows.columns[place], fontsize=9, parse_math=False)
        axis.tick_params(labelsize=7, axis="y")
        axis.tick_params(labelsize=7, axis="x", rotation=30)
    return figure


def _dependence_figure(model: ClassicalModel, rows: Rows, places: list[int]) -> "Figure":
    figure, axes = _grid(len(places))
    some = np.random.default_rng(0).permutation(len(rows.values))[:SONGS]
    for axis, place in zip(axes, places, strict=False):
        points, chances = partial_dependence(model, rows.values[some], place)
        for label, line in zip(rows.names, chances.T, strict=True):
            axis.plot(points, line, label=label)
        axis.set_title(rows.columns[place], fontsize=9, parse_math=False)
        axis.tick_params(labelsize=7)
    axes[0].set_ylabel("mean probability", fontsize=8)
    for text in axes[0].legend(fontsize=6).get_texts():
        text.set_parse_math(False)
    return figure


def _grid(count: int, size: float = 3.0) -> "tuple[Figure, list]":
    """So many axes in a figure, each of a width and height of about `size` inches."""
    from matplotlib.figure import Figure

    across = min(3, count)
    figure = Figure(figsize=(size * across, 0.87 * size * -(-count // across)), layout="constrained")
    axes = list(figure.subplots(-(-count // across), across, squeeze=False).flat)
    for unused in axes[count:]:
        unused.axis("off")
    return figure, axes
