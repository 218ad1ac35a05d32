"""Functionals: what sums up a descriptor's frames in one number a segment."""

from functools import cached_property

import torch

STATISTICS = ("mean", "variance", "standard_deviation", "skewness", "kurtosis", "median", "minimum", "maximum")
CONSTANT = 1e-6  # a standard deviation below this share of the mean is the rounding of float32, not a movement


class Statistics:
    """
    Statistics over the real frames of each segment, each `(segments, columns)`; moments divide by the number of frames.

    Args:
        frames: `(segments, columns, frames)`.
        frame_mask: `(segments, frames)`, 1 for a real frame; each segment has at least one.
    """

    def __init__(self, frames: torch.Tensor, frame_mask: torch.Tensor):
        self.frames = frames
        self.real = frame_mask.unsqueeze(1)

    @cached_property
    def mean(self) -> torch.Tensor:
        """Arithmetic mean."""
        return self._average(self.frames)

    @cached_property
    def variance(self) -> torch.Tensor:
        """Mean square of the deviation from the mean."""
        return self._average(self._deviation.square())

    @property
    def standard_deviation(self) -> torch.Tensor:
        """Square root of the variance."""
        return self.variance.sqrt()

    @property
    def skewness(self) -> torch.Tensor:
        """Third moment over the standard deviation cubed; 0 for a constant."""
        return self._standardised(self._average(self._deviation.pow(3)), 1.5)

    @property
    def kurtosis(self) -> torch.Tensor:
        """Fourth moment over the variance squared, minus the three of a normal distribution; 0 for a constant."""
        return self._standardised(self._average(self._deviation.square().square()), 2.0, excess_over=3.0)

    @property
    def median(self) -> torch.Tensor:
        """Middle value, or the mean of the middle two."""
        ordered = self._filled(torch.inf).sort(-1).values  # what was padded comes last
        count = self.real.sum(-1, keepdim=True).expand(-1, ordered.shape[1], -1)
        middle = torch.cat([(count - 1) // 2, count // 2], dim=-1)
        return ordered.gather(-1, middle).mean(-1)

    @property
    def minimum(self) -> torch.Tensor:
        """Least value."""
        return self._filled(torch.inf).amin(-1)

    @property
    def maximum(self) -> torch.Tensor:
        """Greatest value."""
        return self._filled(-torch.inf).amax(-1)

    @cached_property
    def _deviation(self) -> torch.Tensor:
        return self.frames - self.mean.unsqueeze(-1)

    def _average(self, frames: torch.Tensor) -> torch.Tensor:
        return (frames * self.real).sum(-1) / self.real.sum(-1)

    def _filled(self, value: float) -> torch.Tensor:
        return self.frames.masked_fill(self.real == 0, value)

    def _standardised(self, moment: torch.Tensor, power: float, excess_over: float = 0.0) -> torch.Tensor:
        is_constant = self.variance <= (CONSTANT * self.mean).square()
        shape = moment / torch.where(is_constant, 1.0, self.variance).pow(power) - excess_over
        return torch.where(is_constant, 0.0, shape)


__all__ = ["STATISTICS", "Statistics"]
