"""The training loop. Accelerate takes care of devices, processes and precision; the objective says what to minimise."""

import copy
import math
import time

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch.utils.data import DataLoader
from tqdm import tqdm

from tonada.learning.batches import DrawnSegments, SongOrder, collate
from tonada.learning.chance import seed_of
from tonada.learning.mixes import Mixes
from tonada.learning.objective import Classification
from tonada.learning.optimisation import freeze, optimiser, schedule
from tonada.learning.outputs import outputs_of
from tonada.learning.recipe_parts import Training
from tonada.learning.saved_state import Run, StateFile
from tonada.learning.songs import Song
from tonada.learning.synchronised_norm import synchronise
from tonada.modeling import TonadaForAudioClassification
from tonada.proving.scores import macro_f1


class Diverged(ValueError):
    """A run whose weights went astray, in one line that says what to do."""


def fit(
    objective: Classification,
    dataset: DrawnSegments | Mixes,
    validation: list[Song],
    training: Training,
    accelerator: Accelerator,
    file: StateFile | None = None,
    part: str = "",
) -> int:
    """
    Teach the model in place, and leave it with the weights of its best epoch by validation macro-F1, which is returned.

    Args:
        objective: around the model; from a batch to what a step makes smaller, a mean over the batch's songs.
        dataset: the training songs, or mixes of songs.
        validation: the songs that choose the epoch; without any, a later one is better.
        training: how.
        accelerator: see `accelerator_of`.
        file: where the run is kept after each epoch, and found again.
        part: of a run of many lessons, which the bar says.
    """
    model, order = objective.model, SongOrder(dataset.labels, training)
    is_enough = len(dataset) >= training.batch_size
    loader = DataLoader(dataset, training.batch_size, sampler=order, collate_fn=collate, drop_last=is_enough)
    optimizer = optimiser(objective, training)
    rates = schedule(optimizer, training, training.epochs * math.ceil(len(loader) / training.accumulate))
    if accelerator.num_processes > 1:
        synchronise(model)
    prepared, optimizer, loader, rates = accelerator.prepare(objective, optimizer, loader, rates)
    others = {"schedule": rates} | ({"scaler": accelerator.scaler} if accelerator.scaler is not None else {})
    run = Run(objective, optimizer, others, best=copy.deepcopy(model.state_dict()))
    if file is not None:
        file.restore(run)
    progress = run.progress
    is_silent = not accelerator.is_main_process
    bar = tqdm(desc=part or None, total=training.epochs, initial=progress.epoch, unit="epoch", disable=is_silent)
    while not progress.is_over(training):
        epoch = dataset.epoch = order.epoch = progress.epoch + 1
        prepared.train()
        freeze(model, epoch <= training.frozen_epochs)
        begun, losses = time.perf_counter(), []
        for step, batch in enumerate(loader):
            torch.manual_seed(seed_of(training.seed, "dropout", epoch, step, accelerator.process_index))
            with accelerator.accumulate(prepared):
                loss = prepared(batch)
                accelerator.backward(loss * training.accumulate / _together(step, len(loader), training.accumulate))
                if accelerator.sync_gradients and training.clip:
                    accelerator.clip_grad_norm_(prepared.parameters(), training.clip)
                rate = rates.get_last_lr()[0]
                optimizer.step()
                rates.step()
                optimizer.zero_grad()
            losses.append(loss.detach())
        told = {
            "loss": float(accelerator.reduce(torch.stack(losses).mean(), "mean")),
            "learning_rate": rate,
            "songs_per_second": min(len(loader) * training.batch_size, len(dataset)) / (time.perf_counter() - begun),
        }
        if not math.isfinite(told["loss"]):
            raise Diverged(f"the loss of epoch {epoch} is {told['loss']}; choose a learning_rate below this {rate:.1e}")
        if validation:
            told["validation_macro_f1"] = validation_score(model, validation, accelerator)
        progress.epoch = epoch
        if (score := told.get("validation_macro_f1", float(epoch))) > progress.best:
            progress.best, progress.best_epoch, run.best = score, epoch, copy.deepcopy(model.state_dict())
        accelerator.log(told, step=epoch)  # before the state, or a kill in between would lose it
        if file is not None and accelerator.is_main_process:
            file.save(run)
        shown = told | ({"best": progress.best} if validation else {})
        bar.set_postfix({name: f"{value:.3g}" for name, value in shown.items()}, refresh=False)
        bar.update()
    bar.close()
    accelerator.unwrap_model(prepared, keep_fp32_wrapper=False)
    model.load_state_dict(run.best)
    model.cpu().eval()
    return progress.best_epoch


def _together(step: int, steps: int, accumulate: int) -> int:
    """How many batches share this one's update; Accelerate divides by `accumulate`, and an epoch's last are fewer."""
    return min(accumulate, steps - step // accumulate * accumulate)


def validation_score(model: TonadaForAudioClassification, songs: list[Song], accelerator: Accelerator) -> float:
    """Macro-F1, each process hearing its share of the songs."""
    mine = songs[accelerator.process_index :: accelerator.num_processes]
    answers = [int(output.logits.argmax()) for output in outputs_of(model, mine)]
    truth, given = zip(*gather_object(list(zip([song.label for song in mine], answers, strict=True))), strict=True)
    return macro_f1(truth, given)
