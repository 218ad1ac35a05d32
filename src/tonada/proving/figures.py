"""The figures of an evaluation: confusion, reliability, abstention, and the ROC and precision-recall of each label."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_curve, roc_curve

from tonada.proving.judged import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SYSTEM, CHANCE = "#1f6f8b", "#9aa5b1"


def draw(songs: dict[str, Any], judged: Judged, folder: Path) -> None:
    """
    Write four PNG files.

    Args:
        songs: what `measured` says of a system's songs.
        judged: the same songs.
        folder: which is there.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it remarks on the fonts and folders that it lacks
    from matplotlib.figure import Figure

    drawings = {"confusion": _confusion, "reliability": _reliability, "abstention": _abstention}
    for name, drawing in drawings.items():
        figure = Figure(figsize=(4.5, 4), layout="constrained")
        drawing(figure.subplots(), songs)
        figure.savefig(folder / f"{name}.png", dpi=120)
    figure = Figure(figsize=(9, 4), layout="constrained")
    _curves(figure, judged)
    figure.savefig(folder / "curves.png", dpi=120)


def _confusion(axes: "Axes", songs: dict[str, Any]) -> None:
    draw_confusion(axes, np.array(songs["confusion"]), list(songs["labels"]))


def draw_confusion(axes: "Axes", counts: np.ndarray, labels: list[str]) -> None:
    """A heat map of answers: counts `(labels, labels)`, a row a truth, coloured by its shares."""
    shares = counts / counts.sum(1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(labels) <= 16:  # more numbers than that cannot be read
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", parse_math=False)
    axes.set_yticks(range(len(labels)), labels, parse_math=False)
    axes.set_xlabel("answered")
    axes.set_ylabel("truth")


def _reliability(axes: "Axes", songs: dict[str, Any]) -> None:
    """Each bin's accuracy with its 95 % interval (Wilson 1927) above its mean probability."""
    found = songs["calibration"]["bins"]
    sure, right = ([each[name] for each in found] for name in ("probability", "accuracy"))
    bounds = np.array([_wilson(round(each["accuracy"] * each["songs"]), each["songs"]) for each in found])
    axes.plot([0, 1], [0, 1], color=CHANCE, linestyle="--", label="exactly true")
    axes.vlines(sure, bounds[:, 0], bounds[:, 1], color=SYSTEM, alpha=0.4)
    axes.plot(sure, right, "o", color=SYSTEM, clip_on=False, label=f"ECE {songs['calibration']['ece']:.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability of the answer", ylabel="share of right answers")
    axes.legend(loc="upper left")


def _abstention(axes: "Axes", songs: dict[str, Any]) -> None:
    curve = songs["abstention"]["curve"]
    axes.plot([each["coverage"] for each in curve], [each["accuracy"] for each in curve], color=SYSTEM)
    axes.axhline(curve[-1]["accuracy"], color=CHANCE, linestyle="--")
    axes.set(
        xlim=(0, 1), ylim=(0, 1.02), xlabel="share of songs answered, the surest first", ylabel="accuracy of these"
    )


def _curves(figure: "Figure", judged: Judged) -> None:
    roc, recall = figure.subplots(1, 2)
    roc.plot([0, 1], [0, 1], color=CHANCE, linestyle="--")
    for number, label in enumerate(judged.labels):
        is_label, probability = judged.truth == number, judged.probabilities[:, number]
        if 0 < is_label.sum() < len(is_label):
            false, true, _ = roc_curve(is_label, probability)
            precision, found, _ = precision_recall_curve(is_label, probability)
            roc.plot(false, true, label=label)
            recall.plot(found, precision, drawstyle="steps-post", label=label)
    roc.set(xlabel="share of other songs taken for it", ylabel="share of the label's songs found", title="ROC")
    recall.set(xlabel="recall", ylabel="precision", title="Precision and recall", ylim=(0, 1.02))
    if len(judged.labels) <= 16:
        for text in recall.legend(loc="lower left").get_texts():
            text.set_parse_math(False)


def _wilson(right: int, songs: int) -> tuple[float, float]:
    bounds = binomtest(right, songs).proportion_ci(method="wilson")
    return bounds.low, bounds.high
