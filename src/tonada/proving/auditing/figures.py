"""The figures of an audit's report, as PNG files."""

import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tonada.proving.auditing.audit import Audit
from tonada.proving.auditing.descriptors import Descriptors, correlations, most_telling, principal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 100
BOXES = 6
NAMED = 24  # names that fit beside a picture
Draw = Callable[["Figure"], None]


def draw_figures(audit: Audit, folder: Path) -> list[str]:
    """Draw what there is to draw into the folder; the names of the files, without their suffix."""
    drawings: dict[str, Draw] = {"classes": lambda figure: _classes(figure, audit)}
    if any(each.seconds for each in audit.heard):
        drawings["files"] = lambda figure: _files(figure, audit)
    if len(audit.labels) > 1:
        drawings["together"] = lambda figure: draw_matrix(figure.subplots(), audit.together[1], audit.labels, "Blues")
    if (table := audit.descriptors) is not None:
        drawings["correlations"] = lambda figure: _correlations(figure, table)
        drawings["variance"] = lambda figure: _variance(figure, table)
        drawings["boxes"] = lambda figure: _boxes(figure, table, audit.labels)
    for name, draw in drawings.items():
        _save(draw, folder / f"{name}.png")
    return list(drawings)


def _save(draw: Draw, path: Path) -> None:
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it remarks on the fonts and folders that it lacks
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    draw(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a label may be called anything
        figure.savefig(path, dpi=DPI)


def _classes(figure: "Figure", audit: Audit) -> None:
    """Bars a label, a colour a side."""
    axes = figure.subplots()
    parts, counts = audit.balance
    left = np.zeros(len(audit.labels))
    for part, values in zip(parts, counts.T, strict=True):
        axes.barh(range(len(audit.labels)), values, left=left, label=part)
        left += values
    _name(axes.set_yticks, audit.labels)
    axes.invert_yaxis()
    axes.set_xlabel("rows")
    axes.legend(fontsize=8)


def _files(figure: "Figure", audit: Audit) -> None:
    heard = [each for each in audit.heard if each.seconds]
    length, rate = figure.subplots(1, 2)
    length.hist([each.seconds for each in heard], bins=40)
    length.set_xlabel("seconds")
    length.set_ylabel("files")
    rate.hist([each.bit_rate for each in heard], bins=40)
    rate.set_xlabel("kbit/s")


def _correlations(figure: "Figure", table: Descriptors) -> None:
    """The matrix, and how many pairs there are of each strength (source S3)."""
    matrix = correlations(table)
    heat, spread = figure.subplots(1, 2, width_ratios=[1.3, 1])
    draw_matrix(heat, matrix, table.names, "RdBu_r", limits=(-1, 1))
    spread.hist(np.abs(matrix[np.triu_indices(len(matrix), 1)]), bins=40)
    spread.set_xlabel("correlation, without its sign")
    spread.set_ylabel("pairs of descriptors")


def _variance(figure: "Figure", table: Descriptors) -> None:
    """The explained variance added up (source S1), and the songs on the first two components (S3)."""
    shares, places = principal(table)
    summed, songs = figure.subplots(1, 2)
    summed.plot(range(1, len(shares) + 1), np.cumsum(shares), marker=".")
    summed.axhline(0.9, color="grey", linewidth=0.5)
    summed.set_ylim(0, 1.02)
    summed.set_xlabel("components")
    summed.set_ylabel("share of the variance explained")
    for label in dict.fromkeys(table.labels):
        mine = np.array([each == label for each in table.labels])
        songs.scatter(*places[mine].T, s=6, label=label)
    songs.set_xlabel("first component")
    songs.set_ylabel("second component")
    songs.legend(fontsize=7)


def _boxes(figure: "Figure", table: Descriptors, labels: Sequence[str]) -> None:
    """The descriptors that tell classes best apart, by class (sources S1 and S4)."""
    present = [label for label in labels if label in table.labels]
    of_label = {label: np.array([each == label for each in table.labels]) for label in present}
    shown = most_telling(table, BOXES)
    for axes, column in zip(figure.subplots(2, BOXES // 2).flat, shown, strict=False):
        axes.boxplot([table.values[of_label[label], column] for label in present], sym=".")
        _name(axes.set_xticks, present, start=1)
        axes.tick_params(axis="x", rotation=30 if len(present) < 6 else 90)
        axes.set_title(table.names[column], fontsize=7, parse_math=False)


def draw_matrix(
    axes: "Axes", matrix: np.ndarray, names: Sequence[str], colours: str, limits: tuple[float, float] | None = None
) -> None:
    """A square of numbers as colours, and written out where they are few."""
    low, high = limits or (0, float(matrix.max()))
    image = axes.imshow(matrix, cmap=colours, vmin=low, vmax=high)
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
    if len(names) <= NAMED:
        _name(axes.set_yticks, names)
        _name(axes.set_xticks, names)
        axes.tick_params(axis="x", rotation=90)


def _name(set_ticks: Callable[..., Any], names: Sequence[str], start: int = 0) -> None:
    set_ticks(range(start, start + len(names)), list(names), fontsize=8, parse_math=False)
