"""Batch norm over the songs of all processes: two of them with half a batch each learn what one does with the whole."""

import torch
import torch.distributed.nn.functional as between_processes
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


class SynchronisedBatchNorm(_BatchNorm):
    """
    torch's SyncBatchNorm, which wants a GPU, in plain words: mean and variance come from sums over all processes.

    Processes may have different numbers of rows, as they do where padding is left out.
    """

    running_mean: torch.Tensor
    running_var: torch.Tensor
    num_batches_tracked: torch.Tensor
    momentum: float

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`(rows, channels, …)` to the same shape."""
        if not self.training:
            return super().forward(features)
        axes = [axis for axis in range(features.ndim) if axis != 1]
        shape = [1, -1] + [1] * (features.ndim - 2)
        exact = features.to(torch.promote_types(features.dtype, torch.float32))  # sums of half precision tell nothing
        rows = exact.new_tensor([exact.numel() / exact.shape[1]])
        summed = between_processes.all_reduce(torch.cat([exact.sum(axes), rows]))
        mean, count = summed[:-1] / summed[-1], summed[-1].detach()
        centred = exact - mean.view(shape)
        variance = between_processes.all_reduce(centred.square().sum(axes)) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        normalised = centred * (variance + self.eps).rsqrt().view(shape)
        return (normalised * self.weight.view(shape) + self.bias.view(shape)).to(features.dtype)

    @torch.no_grad()
    def _remember(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked += 1

    def _check_input_dim(self, features: torch.Tensor) -> None:
        """Any number of dimensions will do."""


def synchronise(model: nn.Module) -> None:
    """Make every batch norm of a model look at all processes in training; weights and names stay."""
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.__class__ = SynchronisedBatchNorm
