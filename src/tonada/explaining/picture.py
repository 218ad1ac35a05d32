"""An explanation as a picture: the song's timeline, the instants that decided, the descriptors for and against."""

import logging
import os
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tonada.explaining.explanation import Explanation
from tonada.explaining.passages import contribution_until
from tonada.explaining.reasons import Descriptor, Reasons

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FOR, AGAINST, SOUND, DECIDED = "#1f6f8b", "#d1603d", "#9aa5b1", "#f4d35e"
BINS, SHORTEST_BIN = 600, 0.25  # of the timeline; seconds
STRONGEST = 6  # descriptors shown on each side


def draw(explanation: Explanation, waveform: np.ndarray, file: BinaryIO) -> None:
    """
    Draw as PNG.

    Args:
        explanation: of a song.
        waveform: of the song, `(samples,)`.
        file: where to write.
    """
    told = bool(explanation.descriptors)
    figure = _new_figure(6.6 if told else 3.6)
    parts = figure.subfigures(1 + told, 1, squeeze=False, height_ratios=[1.2, 1][: 1 + told])[:, 0]
    figure.suptitle(_title(explanation), parse_math=False)
    sound, instants = parts[0].subplots(2, sharex=True)
    _draw_sound(sound, explanation, waveform)
    _draw_instants(instants, explanation)
    if told:
        _draw_descriptors(parts[1].subplots(), explanation)
    _save(figure, file)


def draw_reasons(reasons: Reasons, file: BinaryIO) -> None:
    """Draw what a model that hears a song as a whole has to say, its descriptors alone, as PNG."""
    figure = _new_figure(3.6)
    figure.suptitle(_title(reasons), parse_math=False)
    _draw_descriptors(figure.subplots(), reasons)
    _save(figure, file)


def clock(seconds: float) -> str:
    """`1:05` for 65 seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _new_figure(height: float) -> "Figure":
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it remarks on the fonts and folders that it lacks
    from matplotlib.figure import Figure

    return Figure(figsize=(9, height), layout="constrained")


def _save(figure: "Figure", file: BinaryIO) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a song may be called anything
        figure.savefig(file, dpi=100, format="png")


def _title(explanation: Reasons) -> str:
    name = os.path.basename(explanation.path) or explanation.path
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)
    if explanation.probability is None:
        return f"{shown}: {explanation.label} {explanation.score:.2f}"
    return f"{shown}: {explanation.label}, {explanation.probability:.0%}"


def _draw_sound(axes: "Axes", explanation: Explanation, waveform: np.ndarray) -> None:
    """The loudest sample of each pixel's time, and the passages that decided."""
    edges = np.linspace(0, len(waveform), min(1500, len(waveform)) + 1).astype(int)
    peaks = np.maximum.reduceat(np.abs(waveform), edges[:-1])
    seconds = np.linspace(0, explanation.duration, len(peaks))
    axes.fill_between(seconds, -peaks, peaks, color=SOUND, linewidth=0)
    top = float(peaks.max()) or 1.0
    for passage in explanation.passages:
        axes.axvspan(passage.start, passage.end, color=DECIDED, alpha=0.6, linewidth=0)
        when = f"{clock(passage.start)}–{clock(passage.end)}"
        axes.text((passage.start + passage.end) / 2, 1.12 * top, when, ha="center", fontsize=8)
    axes.set_ylim(-1.05 * top, 1.4 * top)
    axes.set_title("The song, and the passages that decided", loc="left", fontsize=9)
    axes.set_yticks([])
    _timeline(axes, explanation)


def _draw_instants(axes: "Axes", explanation: Explanation) -> None:
    count = max(1, min(BINS, round(explanation.duration / SHORTEST_BIN)))
    edges = np.linspace(0, explanation.duration, count + 1)
    spoken = np.diff(contribution_until(explanation.instants, edges)) / np.diff(edges)
    axes.stairs(spoken.clip(min=0), edges, fill=True, color=FOR)
    axes.stairs(spoken.clip(max=0), edges, fill=True, color=AGAINST)
    axes.axhline(0, color="black", linewidth=0.5)
    title = f"When it spoke for {explanation.label} (up) and against it (down)"
    axes.set_title(title, loc="left", fontsize=9, parse_math=False)
    axes.set_ylabel(f"{explanation.unit}\na second", fontsize=8)
    _timeline(axes, explanation)


def _draw_descriptors(axes: "Axes", explanation: Reasons) -> None:
    """The strongest on each side, the strongest on top."""
    ranked = explanation.descriptors
    for_it = [each for each in ranked[:STRONGEST] if each.contribution > 0]
    against = [each for each in ranked[::-1][:STRONGEST] if each.contribution < 0]
    shown = [*for_it, *against[::-1]][::-1]
    colours = [FOR if each.contribution > 0 else AGAINST for each in shown]
    axes.barh(range(len(shown)), [each.contribution for each in shown], color=colours)
    labels: list[Any] = [_said(each) for each in shown]
    axes.set_yticks(range(len(shown)), labels, fontsize=8, parse_math=False)
    axes.axvline(0, color="black", linewidth=0.5)
    title = f"What spoke for {explanation.label} (right) and against it (left): the sound beside an average song's"
    axes.set_title(title, loc="left", fontsize=9, parse_math=False)
    together = f"all {len(ranked)} together {explanation.branches['descriptors']:+.2f} of {explanation.score:+.2f}"
    axes.set_xlabel(f"{explanation.unit}; {together}", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)


def _said(descriptor: Descriptor) -> str:
    return f"{descriptor.words}: {descriptor.height}"


def _timeline(axes: "Axes", explanation: Explanation) -> None:
    axes.set_xlim(0, explanation.duration)
    axes.xaxis.set_major_formatter(lambda seconds, _: clock(seconds))
    axes.tick_params(labelsize=8)
