"""What each descriptor of a song spoke for and against: contributions that add up to the change of the score."""

from dataclasses import dataclass

import torch

from tonada.explaining.hearing import HeardSong

STEPS = 256  # points of the integral; the branch is a small network, and its kinks make the error
PASS = 2**12  # segments in flight


@dataclass(frozen=True)
class DescriptorContributions:
    """
    Of one song.

    Attributes:
        contributions: `(segments, columns)`; all of them add up to what the branch does for the score.
        values: `(segments, columns)`, in their own units.
        average: `(columns,)`, over the training songs.
        deviations: `(segments, columns)`, how many standard deviations of the training songs the values lie above it.
    """

    contributions: torch.Tensor
    values: torch.Tensor
    average: torch.Tensor
    deviations: torch.Tensor


def descriptor_contributions(song: HeardSong, steps: int = STEPS) -> DescriptorContributions:
    """
    Integrated gradients (Sundararajan et al. 2017, through captum) over the descriptors of all segments together.

    The path leads straight from the mean of the training songs, which is zero once scaled, to what was heard. On it

        sum of contributions = integral of d score = score(heard) - score(average)

    so that what speaks for a label and against it is complete, whatever the network. All else is as it was heard.

    Args:
        song: of a model with a descriptor branch.
        steps: points of the integral (Gauss-Legendre).
    """
    from captum.attr import IntegratedGradients

    values, encoder = song.given("descriptors"), song.model.base_model.encoders["descriptors"]
    average = song.absent("descriptors").expand(values.shape)
    found = IntegratedGradients(lambda changed: song.what_if("descriptors", changed)).attribute(
        values.unsqueeze(0).requires_grad_(),
        baselines=average.unsqueeze(0),
        n_steps=steps,
        internal_batch_size=max(1, PASS // song.segments),
    )
    deviations = (values - average) / encoder.scale
    return DescriptorContributions(found[0].detach(), values.detach(), average[0].clone(), deviations.detach())
