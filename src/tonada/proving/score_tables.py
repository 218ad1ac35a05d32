"""Tables of Markdown made of what was measured."""

from typing import Any

TITLES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted F1",
    "cohen_kappa": "Cohen's kappa",
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "log_loss": "log-loss",
    "brier": "Brier score",
}


def score_table(columns: dict[str, dict[str, Any]]) -> str:
    """
    A row a score, with its interval.

    Args:
        columns: what `measured` says, by the head of the column.
    """
    every = columns.values()
    rows = [[title, *(number(each["scores"][name]) for each in every)] for name, title in TITLES.items()]
    rows += [
        ["calibration error (ECE)", *(f"{each['calibration']['ece']:.3f}" for each in every)],
        ["ECE if calibrated", *(if_calibrated(each["calibration"]) for each in every)],
        ["abstention area", *(f"{each['abstention']['abstention_area']:.3f}" for each in every)],
        ["songs or segments", *(str(each["count"]) for each in every)],
    ]
    return markdown_table(["", *columns], rows)


def gap_table(gap: dict[str, Any]) -> str:
    """Both deals and the difference, from what `gap_between` says."""
    rows = [[name, number(gap[name]["macro_f1"]), number(gap[name]["accuracy"])] for name in gap["folds"]]
    rows.append(["the gap", number(gap["difference"]["macro_f1"], "+"), number(gap["difference"]["accuracy"], "+")])
    return markdown_table(["", "macro-F1", "accuracy"], rows)


def number(score: dict[str, float | None], sign: str = "") -> str:
    """A score and its interval if it has one, with signs where it is a difference."""
    if score["value"] is None:
        return "-"
    if score["low"] is None:
        return f"{score['value']:{sign}.3f} [-]"
    return f"{score['value']:{sign}.3f} [{score['low']:{sign}.3f}, {score['high']:{sign}.3f}]"


def if_calibrated(calibration: dict[str, float]) -> str:
    """The calibration error of a calibrated system, and what one such system in twenty exceeds."""
    return f"{calibration['ece_if_calibrated']:.3f} (95 % below {calibration['ece_if_calibrated_95']:.3f})"


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    """A table of cells."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
