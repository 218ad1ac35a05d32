"""Segments vote, the song is answered: pure functions of segment logits and a mask."""

import torch

MAJORITY_TIE_BREAK = 1e-4  # the mean probability counts this much beside a share of votes
MAJORITY_FLOOR = 1e-6  # so that a label nobody voted for has a logarithm


def song_log_probabilities(segment_logits: torch.Tensor, segment_mask: torch.Tensor, vote: str) -> torch.Tensor:
    """
    The song's log-probabilities, `(songs, labels)`, from `(songs, segments, labels)` logits and their mask.

    `mean_probability` averages the segments' probabilities. `log_odds` sums their log-probabilities and
    normalises, as if segments were independent witnesses. `majority` is each label's share of the segments it
    wins (Jia 2022), with a trace of the mean probability so that ties have a winner.
    """
    real = segment_mask.unsqueeze(-1).float()
    log_probabilities = segment_logits.float().log_softmax(-1)
    if vote == "log_odds":
        return (log_probabilities * real).sum(1).log_softmax(-1)
    mean = _masked_mean(log_probabilities.exp(), real)
    if vote == "mean_probability":
        return mean.clamp(min=torch.finfo(mean.dtype).tiny).log()
    votes = torch.nn.functional.one_hot(segment_logits.argmax(-1), segment_logits.shape[-1])
    share = _masked_mean(votes.float(), real) + MAJORITY_TIE_BREAK * mean
    share = (share / share.sum(-1, keepdim=True)).clamp(min=MAJORITY_FLOOR)
    return (share / share.sum(-1, keepdim=True)).log()


def agreement(segment_logits: torch.Tensor, segment_mask: torch.Tensor, winner: torch.Tensor) -> torch.Tensor:
    """Share of a song's real segments that voted for its winner `(songs,)`, in [0, 1]: `(songs,)`."""
    voted = (segment_logits.argmax(-1) == winner.unsqueeze(-1)).float() * segment_mask
    return voted.sum(1) / segment_mask.sum(1).clamp(min=1)


def _masked_mean(values: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    return (values * real).sum(1) / real.sum(1).clamp(min=1)


__all__ = ["agreement", "song_log_probabilities"]
