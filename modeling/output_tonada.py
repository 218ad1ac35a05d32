"""What a model says of songs."""

from dataclasses import dataclass

import torch
from transformers.utils import ModelOutput


@dataclass
class TonadaOutput(ModelOutput):
    """
    What the model says of a batch of songs. Every tensor has the song on its first dimension.

    Attributes:
        loss: where labels were given; see [`TonadaForAudioClassification.forward`].
        logits: `(songs, labels)`, the song's log-probabilities: their softmax is the song's probability. Of labels that
            occur together log-odds, whose sigmoid is the probability; under regression the values.
        segment_logits: `(songs, segments, labels)`, before the vote; zero for padding.
        segment_mask: `(songs, segments)`, 1 for a real segment.
        segment_weights: `(songs, segments)`, what each segment counted under the vote `"attention"`, in all 1.
        agreement: `(songs,)`, share of the segments that voted for the winner, the most probable label; none under
            regression.
        embedding: `(songs, embedding_size)`, mean over the real segments.
        segment_embeddings: `(songs, segments, embedding_size)`.
        kept_steps: `(songs, segments, steps)`, the share of all attention that went to each step; exactly zero
            for a step that no query of any head kept. Of the first branch that attends; a step of the spectrogram is
            as long as 2 ** len(conv_channels) frames.
        hidden_states: of each branch `(songs, segments, steps, width)`, what its attention chose from, if
            `output_hidden_states` was set.
        attentions: of each branch that attends `(songs, segments, heads, queries, steps)`, if `output_attentions` was
            set.
    """

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    segment_logits: torch.Tensor | None = None
    segment_mask: torch.Tensor | None = None
    segment_weights: torch.Tensor | None = None
    agreement: torch.Tensor | None = None
    embedding: torch.Tensor | None = None
    segment_embeddings: torch.Tensor | None = None
    kept_steps: torch.Tensor | None = None
    hidden_states: tuple[torch.Tensor, ...] | None = None
    attentions: tuple[torch.Tensor, ...] | None = None


__all__ = ["TonadaOutput"]
