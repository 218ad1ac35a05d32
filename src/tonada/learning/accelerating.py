"""Accelerate as a recipe wants it: precision, accumulation, processes that share each batch, a tracker."""

import logging
from dataclasses import asdict
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration, DistributedDataParallelKwargs, InitProcessGroupKwargs

from tonada.extras import lacking
from tonada.learning.recipes import Recipe, RecipeError

logger = logging.getLogger(__name__)

PATIENCE = timedelta(days=7)  # of the other processes, while the first makes the features of all songs


def accelerator_of(recipe: Recipe, folder: Path | None = None, part: str = "") -> Accelerator:
    """
    The accelerator of a run.

    `batch_size` songs are a batch of all processes together, so that a recipe means the same on any number of them.

    Args:
        recipe: what is run; the tracker is told all that it says.
        folder: where trackers that write files write them; without one nothing is tracked.
        part: of the run, which the tracker is told: a fold.

    Raises:
        RecipeError: the batch cannot be shared, the precision or the tracker cannot be had here.
    """
    training = recipe.training
    handlers: list[Any] = [InitProcessGroupKwargs(timeout=PATIENCE)]
    if training.frozen_epochs:
        handlers.append(DistributedDataParallelKwargs(find_unused_parameters=True))  # those that do not learn yet
    tracker = _tracker(training.tracker) if folder is not None else None
    try:
        accelerator = Accelerator(
            cpu=not torch.accelerator.is_available(),  # else processes on a CPU would each train a model of their own
            mixed_precision="no" if training.mixed_precision == "none" else training.mixed_precision,
            gradient_accumulation_steps=training.accumulate,
            dataloader_config=DataLoaderConfiguration(split_batches=True),
            log_with=tracker,
            project_dir=folder,
            kwargs_handlers=handlers,
        )
    except ValueError as error:
        raise RecipeError(f"training cannot run here as it says: {error}") from error
    if training.batch_size % accelerator.num_processes:
        raise RecipeError(
            f"training has batch_size: {training.batch_size}, which {accelerator.num_processes} processes cannot "
            "share; choose a multiple of their number"
        )
    if tracker is not None:
        accelerator.init_trackers("tonada", {"recipe": recipe.name, "part": part, **_flat(recipe)})
    return accelerator


def _tracker(name: str) -> str | None:
    if name == "none":
        return None
    if name == "trackio":  # which is the default, and so nobody's wish
        if told := lacking("train"):
            logger.warning("Nothing is tracked: tracking %s", told)
        return None if told else name
    if find_spec(name) is None:
        raise RecipeError(f"training has tracker: {name}, which is not installed; run: pip install {name}")
    return name


def _flat(recipe: Recipe) -> dict[str, Any]:
    """All settings by dotted names, as every tracker takes them."""
    parts = asdict(recipe)
    settings = {f"{part}.{name}": value for part in parts if part != "name" for name, value in parts[part].items()}
    return {
        name: value if isinstance(value, (int, float, str, bool)) else str(value) for name, value in settings.items()
    }
