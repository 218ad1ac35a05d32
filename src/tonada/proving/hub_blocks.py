"""An evaluation as the Hub reads it: the `model-index` of a model card, and a file of `.eval_results`."""

from typing import Any

import yaml
from huggingface_hub import EvalResult, EvalResultEntry, eval_result_entries_to_yaml
from huggingface_hub.repocard_data import eval_results_to_model_index

from tonada.proving.score_tables import TITLES

HUB_TYPES = {"macro_f1": "f1"}  # what the Hub calls a metric, where that is another word than ours
LEADING = "macro_f1"


def model_index(report: dict[str, Any]) -> str:
    """The YAML block for the head of a model card: every score of the songs, with its interval."""
    scores = report["systems"][report["model"]]["songs"]["scores"]
    data = report["data"]
    results = [
        EvalResult(
            task_type="audio-classification",
            dataset_type=data["hub_dataset"] or data["name"],
            dataset_name=data["name"],
            dataset_args=dict(option.split("=", 1) for option in data["options"]) or None,
            dataset_split=data["part"],
            metric_type=HUB_TYPES.get(name, name),
            metric_name=f"{title}, 95 % interval {_bounds(scores[name])}",
            metric_value=round(scores[name]["value"], 4),
        )
        for name, title in TITLES.items()
        if scores[name]["value"] is not None
    ]
    return yaml.safe_dump({"model-index": eval_results_to_model_index(report["model"], results)}, sort_keys=False)


def eval_results(report: dict[str, Any]) -> str:
    """A file of `.eval_results/`: the songs' macro-F1, the one value that a leaderboard of the data set takes."""
    songs, data = report["systems"][report["model"]]["songs"], report["data"]
    score = songs["scores"][LEADING]
    count = f"{songs['count']} songs of {songs['groups']} performers"
    entry = EvalResultEntry(
        dataset_id=data["hub_dataset"] or data["name"],
        task_id=LEADING,
        value=round(score["value"], 4),
        date=report["date"],
        notes=", ".join([*data["options"], f"{data['part']} part", count, f"95 % interval {_bounds(score)}"]),
    )
    return yaml.safe_dump(eval_result_entries_to_yaml([entry]), sort_keys=False)


def _bounds(score: dict[str, float | None]) -> str:
    return "unknown" if score["low"] is None else f"{score['low']:.3f} to {score['high']:.3f}"
