"""An evaluation as a folder: the page, its JSON, every prediction behind it, figures, and blocks for the Hub."""

import json
from pathlib import Path

from tonada.evaluating.evaluation import Evaluated
from tonada.proving.figures import draw
from tonada.proving.hub_blocks import eval_results, model_index
from tonada.proving.judged import Judged
from tonada.proving.page import page
from tonada.proving.predictions import write_predictions


def save(evaluated: Evaluated, folder: Path) -> None:
    """
    Write `report.md`, `report.json`, `songs/` and `segments/` (a CSV a system), `gap/` (a CSV a deal) and four figures;
    of a test, of the model's own labels, also `model-index.yaml` and `.eval_results/`. Files of an earlier report
    are replaced, and none that training left: a report may go into the model's own folder.
    """
    report = evaluated.report
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {"songs": evaluated.songs, "segments": evaluated.segments, "gap": evaluated.folds}
    for kind, systems in kinds.items():
        for name, predictions in systems.items():
            write_predictions(predictions, _made(folder / kind) / f"{_file_name(name)}.csv")
    draw(report["systems"][report["model"]]["songs"], Judged.of(evaluated.songs[report["model"]]), folder)
    blocks = {
        folder / "model-index.yaml": model_index,
        folder / ".eval_results" / f"{report['data']['name']}.yaml": eval_results,
    }
    for path, block in blocks.items():
        path.unlink(missing_ok=True)  # an older report may have been of a test
        if report["is_test"] and report["data"]["level"] is None:
            _made(path.parent)
            path.write_text(block(report), encoding="utf-8")
    (folder / "report.json").write_text(as_json(evaluated), encoding="utf-8")
    (folder / "report.md").write_text(page(report), encoding="utf-8")


def as_json(evaluated: Evaluated) -> str:
    """The report for programs."""
    return json.dumps(evaluated.report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _file_name(system: str) -> str:
    """A system may be a folder or a Hub id; its last word names the file."""
    last = system.replace(":", "/").rstrip("/").rpartition("/")[2]
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in last).lstrip(".") or "model"
