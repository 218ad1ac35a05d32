"""
Where the time of training goes: `python benchmarks/training.py DATA [RECIPE]`, by default `recipes/emotion.yaml`.

`DATA` holds the recipe's data set. Features come from the cache, where a first reading puts them. Then an epoch is
timed batch by batch: drawing, disguising and stacking songs, and what the model needs: forward, backward, step.
"""

import os
import platform
import sys
import time
from pathlib import Path

import torch
from tonada.feature_extraction import TonadaFeatureExtractor
from torch.utils.data import DataLoader

from tonada.learning.batches import DrawnSegments, SongOrder, collate
from tonada.learning.lessons import new_model
from tonada.learning.objective import Classification
from tonada.learning.optimisation import optimiser
from tonada.learning.recipes import load_recipe
from tonada.learning.scales import scales_of
from tonada.learning.songs import load_songs
from tonada.memory import keep_freed_memory

RECIPE = Path(__file__).parent.parent / "recipes" / "emotion.yaml"


def main() -> None:
    """Measure and print."""
    recipe = load_recipe(sys.argv[2] if len(sys.argv) > 2 else RECIPE)
    extractor = TonadaFeatureExtractor(**recipe.features)
    songs, labels = load_songs(recipe.data, Path(sys.argv[1]), extractor)
    scales = scales_of(songs["train"])
    objective = Classification(new_model(recipe, extractor, labels, scales)).train()
    optimizer = optimiser(objective, recipe.training)
    dataset, order = DrawnSegments(songs["train"], scales, recipe.training), SongOrder(songs["train"], recipe.training)
    loader = DataLoader(dataset, recipe.training.batch_size, sampler=order, collate_fn=collate, drop_last=True)
    count = len(loader) * recipe.training.batch_size
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__} on {torch.get_num_threads()} threads"
    )
    print("\n| an epoch of | songs a second | share of the time in the model |\n|---|---|---|")
    for way in ("memory given back", "memory kept", "memory kept, bf16"):
        if way == "memory kept":
            keep_freed_memory()
        seconds, of_the_model = _epoch(objective, optimizer, loader, is_half=way.endswith("bf16"))
        print(f"| {recipe.name}, {count} songs, {way} | {count / seconds:.1f} | {of_the_model / seconds:.1%} |")


def _epoch(objective: Classification, optimizer: torch.optim.Optimizer, loader: DataLoader, is_half: bool):
    """Seconds of an epoch, and of the model within it."""
    of_the_model, begun = 0.0, time.perf_counter()
    for batch in loader:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=is_half):
            loss = objective(batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        of_the_model += time.perf_counter() - start
    return time.perf_counter() - begun, of_the_model


if __name__ == "__main__":
    main()
