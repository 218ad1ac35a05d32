"""Segments vote, the song is answered: pure functions of segment logits and a mask, and the scorer that weighs them."""

import torch
from torch import nn

from .labels_tonada import MULTI_LABEL, REGRESSION, SINGLE_LABEL

MAJORITY_TIE_BREAK = 1e-4  # the mean probability counts this much beside a share of votes
MAJORITY_FLOOR = 1e-6  # so that a label nobody voted for has a logarithm


class TonadaSegmentScorer(nn.Module):
    """
    How much each segment's word counts under the vote `"attention"`: embeddings `(songs, segments, size)` and their
    mask to log-weights `(songs, segments)`, minus infinity for padding; the weights of a song sum to one.

    One linear score and a softmax over the song, the attention of Chen & Li 2020 a level higher. It starts at zero,
    where every segment counts alike: as `"mean_probability"`.
    """

    def __init__(self, size: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size))

    def forward(self, embeddings: torch.Tensor, segment_mask: torch.Tensor) -> torch.Tensor:
        """Log-weights of segments."""
        return segment_log_weights(embeddings @ self.weight, segment_mask)


def segment_log_weights(scores: torch.Tensor, segment_mask: torch.Tensor) -> torch.Tensor:
    """Scores of segments `(songs, segments)` to log-weights, minus infinity for padding."""
    return scores.float().masked_fill(segment_mask == 0, -torch.inf).log_softmax(1)


def song_scores(
    segment_logits: torch.Tensor,
    segment_mask: torch.Tensor,
    vote: str,
    problem: str,
    log_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    The song's answer `(songs, labels)` by kind of problem: log-probabilities, log-odds, or values.

    Args:
        segment_logits: `(songs, segments, labels)`.
        segment_mask: `(songs, segments)`, 1 for a real segment.
        vote: how segments decide for the song.
        problem: transformers' `problem_type`.
        log_weights: `(songs, segments)`, of the vote `"attention"`.
    """
    if problem == REGRESSION:
        return song_values(segment_logits, segment_mask, log_weights)
    if problem == MULTI_LABEL:
        return song_log_odds(segment_logits, segment_mask, vote, log_weights)
    return song_log_probabilities(segment_logits, segment_mask, vote, log_weights)


def song_log_probabilities(
    segment_logits: torch.Tensor, segment_mask: torch.Tensor, vote: str, log_weights: torch.Tensor | None = None
) -> torch.Tensor:
    """
    The song's log-probabilities, `(songs, …, labels)`, from `(songs, segments, …, labels)` logits and their mask.

    `mean_probability` averages the segments' probabilities. `log_odds` sums their log-probabilities and
    normalises, as if segments were independent witnesses. `majority` is each label's share of the segments it
    wins (Jia 2022), with a trace of the mean probability so that ties have a winner. `attention` averages
    probabilities by learned weights. Where even so two labels are equal, the argmax takes the first.
    """
    real = _beside(segment_mask.float(), segment_logits)
    log_probabilities = segment_logits.float().log_softmax(-1)
    if vote == "log_odds":
        return (log_probabilities * real).sum(1).log_softmax(-1)
    if vote == "attention":
        if log_weights is None:
            raise ValueError("the vote 'attention' weighs segments, but no log_weights came; see TonadaSegmentScorer")
        return (log_probabilities + _beside(log_weights, segment_logits)).logsumexp(1)
    mean = _masked_mean(log_probabilities.exp(), real)
    if vote == "mean_probability":
        return mean.clamp(min=torch.finfo(mean.dtype).tiny).log()
    votes = torch.nn.functional.one_hot(segment_logits.argmax(-1), segment_logits.shape[-1])
    share = _masked_mean(votes.float(), real) + MAJORITY_TIE_BREAK * mean
    share = (share / share.sum(-1, keepdim=True)).clamp(min=MAJORITY_FLOOR)
    return (share / share.sum(-1, keepdim=True)).log()


def song_log_odds(
    segment_logits: torch.Tensor, segment_mask: torch.Tensor, vote: str, log_weights: torch.Tensor | None = None
) -> torch.Tensor:
    """
    The song's log-odds of each label, `(songs, labels)`, from the segments'.

    Each label is a vote of its own between no and yes, whose logits are 0 and `z`: `majority` counts the segments above
    one half (a tie goes to the mean probability), `log_odds` sums the segments' log-odds.
    """
    no_or_yes = torch.stack([torch.zeros_like(segment_logits), segment_logits], dim=-1)
    no, yes = song_log_probabilities(no_or_yes, segment_mask, vote, log_weights).unbind(-1)
    return yes - no


def song_values(
    segment_values: torch.Tensor, segment_mask: torch.Tensor, log_weights: torch.Tensor | None = None
) -> torch.Tensor:
    """The mean of the real segments' values, `(songs, labels)`, weighted where there are weights."""
    weights = segment_mask.float() if log_weights is None else log_weights.exp()
    return _masked_mean(segment_values.float(), _beside(weights, segment_values))


def calibrated(song: torch.Tensor, temperature: float, problem: str) -> torch.Tensor:
    """The song's scores at a temperature, log-probabilities normalised anew; no leaf ever overtakes another."""
    scaled = song / temperature
    return scaled.log_softmax(-1) if problem == SINGLE_LABEL else scaled


def agreement(segment_logits: torch.Tensor, segment_mask: torch.Tensor, winner: torch.Tensor) -> torch.Tensor:
    """Share of a song's real segments that voted for its winner `(songs,)`, in [0, 1]: `(songs,)`."""
    voted = (segment_logits.argmax(-1) == winner.unsqueeze(-1)).float() * segment_mask
    return voted.sum(1) / segment_mask.sum(1).clamp(min=1)


def _masked_mean(values: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    return (values * real).sum(1) / real.sum(1).clamp(min=1)


def _beside(of_segments: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """`(songs, segments)` with ones for the tensor's further dimensions."""
    return of_segments.reshape(*of_segments.shape, *[1] * (tensor.dim() - 2))


__all__ = [
    "TonadaSegmentScorer",
    "agreement",
    "calibrated",
    "segment_log_weights",
    "song_log_odds",
    "song_log_probabilities",
    "song_scores",
    "song_values",
]
