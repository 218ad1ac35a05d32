"""What a step makes smaller. Another objective is another function of the model and a batch; the loop knows no more."""

import torch
from torch import nn

from tonada.learning.augmentation import Batch
from tonada.modeling import TonadaConfig, TonadaOutput
from tonada.modeling.losses_tonada import losses_of

TARGETS = ("labels", "other_labels", "share")


class Classification:
    """
    The mean over the batch's songs of what each costs.

    A song costs the mean of its segments' losses, as in the model itself, or the song's loss where votes are learned.
    Each counts alike, however many of its segments were drawn: so the mean over processes, or over batches that are
    accumulated, is that of one large batch.

    Args:
        config: the model's.
        weights: what songs of each label count, `(labels,)`; all alike, if it is not given.
    """

    def __init__(self, config: TonadaConfig, weights: torch.Tensor | None = None):
        self.config, self.tree, self.weights = config, config.tree, weights

    def __call__(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """The loss of a batch as `DrawnSegments` and `collate` make it."""
        output = model(**{name: tensor for name, tensor in batch.items() if name not in TARGETS})
        losses = self._of_songs(output, batch["labels"])
        if "share" in batch:
            losses = batch["share"] * losses + (1 - batch["share"]) * self._of_songs(output, batch["other_labels"])
        return losses.mean()

    def _of_songs(self, output: TonadaOutput, labels: torch.Tensor) -> torch.Tensor:
        if self.config.vote == "attention":
            losses = self._of_rows(output.logits, labels)
        else:
            real = output.segment_mask.bool()
            of_segments = torch.zeros_like(real, dtype=torch.float32)
            of_segments[real] = self._of_rows(
                output.segment_logits[real].float(), labels.repeat_interleave(real.sum(1))
            )
            losses = of_segments.sum(1) / real.sum(1)
        return losses if self.weights is None else losses * self.weights.to(labels.device)[labels]

    def _of_rows(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return losses_of(scores, labels, self.config.problem, self.tree, self.config.label_smoothing)
