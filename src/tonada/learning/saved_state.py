"""
All that a run needs to go on where it was killed, in one safetensors file that is whole or not there.

Draws, disguises and dropout follow from seed, epoch and step (`chance.py`), so that no state of a random generator has
to be kept.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tonada.learning.recipe_parts import Recipe, Training
from tonada.learning.songs import Song
from tonada.listening.kept_arrays import whole_file

Tensors = dict[str, torch.Tensor]


class StateError(ValueError):
    """A run that cannot be gone on with."""


@dataclass
class Progress:
    """How far a run is: epochs done, and the best of them by its validation score."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = -1.0

    def is_over(self, training: Training) -> bool:
        """Whether all epochs are done, or the last ones were no better for too long."""
        waited = self.epoch - self.best_epoch
        return self.epoch >= training.epochs or (waited > 0 and waited >= training.patience)


@dataclass
class Run:
    """
    What changes while a run goes.

    Attributes:
        model: with the weights as they are.
        best: the weights of the best epoch so far.
        others: by name, what else has a `state_dict`, of numbers and lists alone: schedule, scaler of fp16.
    """

    model: torch.nn.Module
    optimizer: Any
    others: dict[str, Any]
    best: Tensors
    progress: Progress = field(default_factory=Progress)


class StateFile:
    """
    Where a run is kept.

    Args:
        path: the file.
        fingerprint: of the run, see `fingerprint`.
        resume: whether to go on from the file, if it is there.
    """

    def __init__(self, path: Path, fingerprint: str, resume: bool = False):
        self.path, self.fingerprint, self.resume = path, fingerprint, resume

    def save(self, run: Run) -> None:
        """Replace what was kept before."""
        moments = run.optimizer.state_dict()
        tensors = {f"model.{name}": value for name, value in run.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in run.best.items()}
        for index, values in moments["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
        facts = {
            "fingerprint": self.fingerprint,
            "param_groups": moments["param_groups"],
            "others": {name: other.state_dict() for name, other in run.others.items()},
            "progress": asdict(run.progress),
        }
        own = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}  # safetensors shares no memory
        with whole_file(self.path) as unfinished:
            save_file(own, unfinished, {"facts": json.dumps(facts)})

    def restore(self, run: Run) -> None:
        """
        Bring a run where it was; one that is not resumed, or was not kept, stays at its beginning.

        Raises:
            StateError: the file is no state, or of another recipe or other songs.
        """
        if not self.resume or not self.path.exists():
            return
        facts, parts = self._read()
        if facts["fingerprint"] != self.fingerprint:
            raise StateError(f"{self.path} is of another recipe or other songs; start anew without --resume")
        moments: dict[int, Tensors] = {}
        for name, tensor in parts["optimizer"].items():
            index, moment = name.split(".", 1)
            moments.setdefault(int(index), {})[moment] = tensor
        run.model.load_state_dict(parts["model"])
        run.optimizer.load_state_dict({"state": moments, "param_groups": facts["param_groups"]})
        for name, other in run.others.items():
            other.load_state_dict(facts["others"][name])
        run.best, run.progress = parts["best"], Progress(**facts["progress"])

    def _read(self) -> tuple[dict[str, Any], dict[str, Tensors]]:
        parts: dict[str, Tensors] = {"model": {}, "best": {}, "optimizer": {}}
        try:
            with safe_open(self.path, framework="pt") as file:
                facts = json.loads(file.metadata()["facts"])
                for full in file.keys():  # noqa: SIM118, it is no dictionary
                    part, name = full.split(".", 1)
                    parts[part][name] = file.get_tensor(full)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise StateError(f"{self.path} is no state of a run ({error}); start anew without --resume") from error
        return facts, parts


def fingerprint(recipe: Recipe, songs: dict[str, list[Song]]) -> str:
    """What two runs have in common that end with the same weights: the recipe, and which songs are on which side."""
    sides = {part: [song.song_id for song in members] for part, members in songs.items()}
    return hashlib.sha256(json.dumps([asdict(recipe), sides], sort_keys=True, default=str).encode()).hexdigest()
