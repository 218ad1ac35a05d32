"""What a step makes smaller: a module around the model, from a batch to a loss. The loop knows no more of it."""

import torch
from torch import nn

from tonada.learning.augmentation import Batch
from tonada.modeling import TonadaForAudioClassification, TonadaOutput
from tonada.modeling.losses_tonada import losses_of

TARGETS = ("labels", "other_labels", "share", "teachers")
NO_LABEL = -100
"""Stands for the label of a song without one, as in PyTorch's losses."""


class Classification(nn.Module):
    """
    The mean over the batch's songs of what each costs.

    A song costs the mean of its segments' losses, as in the model itself, or the song's loss where votes are learned; a
    song without a label costs nothing. Each counts alike, however many of its segments were drawn: so the mean over
    processes, or over batches that are accumulated, is that of one large batch.

    Args:
        model: that learns.
        weights: what songs of each label count, `(labels,)`; all alike, if it is not given.
    """

    def __init__(self, model: TonadaForAudioClassification, weights: torch.Tensor | None = None):
        super().__init__()
        self.model, self.tree, self.weights = model, model.config.tree, weights

    def forward(self, batch: Batch) -> torch.Tensor:
        """The loss of a batch as `DrawnSegments` and `collate` make it."""
        return self.of(self.heard(batch), batch)

    def heard(self, batch: Batch) -> TonadaOutput:
        """What the model says of a batch."""
        return self.model(**{name: tensor for name, tensor in batch.items() if name not in TARGETS})

    def of(self, output: TonadaOutput, batch: Batch) -> torch.Tensor:
        """The loss of what the model said."""
        losses = self._of_songs(output, batch["labels"])
        if "share" in batch:
            losses = batch["share"] * losses + (1 - batch["share"]) * self._of_songs(output, batch["other_labels"])
        return losses.mean()

    def _of_songs(self, output: TonadaOutput, labels: torch.Tensor) -> torch.Tensor:
        is_known = labels != NO_LABEL
        labels = labels.clamp(min=0)
        if self.model.config.vote == "attention":
            losses = self._of_rows(output.logits, labels)
        else:
            real = output.segment_mask.bool()
            of_segments = torch.zeros_like(real, dtype=torch.float32)
            of_segments[real] = self._of_rows(
                output.segment_logits[real].float(), labels.repeat_interleave(real.sum(1))
            )
            losses = of_segments.sum(1) / real.sum(1)
        return losses * is_known if self.weights is None else losses * is_known * self.weights.to(labels.device)[labels]

    def _of_rows(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        config = self.model.config
        return losses_of(scores, labels, config.problem, self.tree, config.label_smoothing)


class Distillation(Classification):
    """
    Classification, and beside it that a song's embedding tells what published networks hear in it
    (regression onto a teacher's hidden layer: Romero et al. 2015, "hint").

    Args:
        model: that learns.
        importance: what each component of `LessonsOfTeachers` counts, `(components,)`, on average 1.
        weight: what this counts beside the classification.
        weights: as of `Classification`.
    """

    def __init__(
        self,
        model: TonadaForAudioClassification,
        importance: torch.Tensor,
        weight: float,
        weights: torch.Tensor | None = None,
    ):
        super().__init__(model, weights)
        self.importance, self.weight = importance, weight
        self.head = nn.Linear(model.config.embedding_size, len(importance))

    def forward(self, batch: Batch) -> torch.Tensor:
        """The loss of a batch whose `teachers` are `(songs, components)`."""
        output = self.heard(batch)
        missed = (self.head(output.embedding).float() - batch["teachers"]).square()
        return self.of(output, batch) + self.weight * (missed * self.importance.to(missed.device)).mean()
