"""How weights move: the optimiser, the learning rate's way, and what does not move yet."""

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR
from transformers import get_cosine_schedule_with_warmup

from tonada.learning.recipe_parts import Training
from tonada.modeling import TonadaForAudioClassification

WARM_UP = 0.1  # of the steps


def optimiser(objective: nn.Module, training: Training) -> torch.optim.Optimizer:
    """AdamW over all that may ever learn."""
    return torch.optim.AdamW(objective.parameters(), training.learning_rate, weight_decay=training.weight_decay)


def schedule(optimizer: torch.optim.Optimizer, training: Training, steps: int) -> LRScheduler:
    """The learning rate over a number of steps."""
    if training.schedule == "one_cycle":
        return OneCycleLR(optimizer, training.learning_rate, total_steps=steps)
    if training.schedule == "cosine":
        return get_cosine_schedule_with_warmup(optimizer, round(WARM_UP * steps), steps)
    return LambdaLR(optimizer, lambda step: 1.0)


def freeze(model: TonadaForAudioClassification, is_frozen: bool) -> None:
    """
    Let what an encoder inside the model, or all that a start gave, has learned before not learn yet, or learn: of a
    model in training, whose frozen part then hears as it will.
    """
    if (branch := model.tonada.waveform_encoder) is None:
        model.tonada.requires_grad_(not is_frozen).train(not is_frozen)
        return
    branch.freeze()
    if is_frozen:
        branch.encoder.requires_grad_(False)
