"""One thing changed at a time: what each part of a system is worth, on the same songs."""

from tonada.proving.intervals import gained, value
from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction
from tonada.proving.score_tables import markdown_table
from tonada.proving.weighted_scores import accuracy, balanced_accuracy, log_loss, macro_f1

COMPARED = {"macro-F1": macro_f1, "accuracy": accuracy}


def ablations_table(systems: dict[str, list[Prediction]], whole: str) -> str:
    """
    A Markdown table, a row a system: `whole`, and those that differ from it in one thing, the best first.

    The share of each label's songs that were answered with it, their mean (source S0's average), cross-entropy in nats,
    and what `whole` has over the row with its 95 % interval, both resampled together by groups.

    Raises:
        ValueError: the systems answered other songs.
    """
    judged = {name: Judged.of(sorted(each, key=lambda each: each.song_id)) for name, each in systems.items()}
    own = judged.pop(whole)
    head = ["system", *own.labels, "mean", "cross-entropy", *(f"{whole} has over it, {name}" for name in COMPARED)]
    others = sorted(judged, key=lambda name: (-value(macro_f1, judged[name]), name))
    rows = [
        [name, *_figures(judged[name]), *(gained(score, own, judged[name]) for score in COMPARED.values())]
        for name in others
    ]
    return markdown_table(head, [[whole, *_figures(own), *("" for _ in COMPARED)], *rows])


def _figures(judged: Judged) -> list[str]:
    is_right = judged.answers == judged.truth
    sides = [is_right[judged.truth == label] for label in range(len(judged.labels))]
    recalls = [f"{side.mean():.3f}" if len(side) else "-" for side in sides]
    return [*recalls, f"{value(balanced_accuracy, judged):.3f}", f"{value(log_loss, judged):.3f}"]
