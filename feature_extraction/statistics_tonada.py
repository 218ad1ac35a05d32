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
        self.frames = frames.double()  # the moments of what hardly moves are differences of near equals
        self.weight = frame_mask.unsqueeze(1).double()
        self.weight = self.weight / self.weight.sum(-1, keepdim=True)
        self.padded = frame_mask.unsqueeze(1) == 0

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
        real = self._filled(
            torch.nan
        )  # torch's median is the lower of the middle two, and minus that of minus the upper
        return (real.nanmedian(-1).values - (-real).nanmedian(-1).values) / 2

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
        return (frames @ self.weight.mT).squeeze(-1)

    def _filled(self, value: float) -> torch.Tensor:
        return self.frames.masked_fill(self.padded, value)

    def _standardised(self, moment: torch.Tensor, power: float, excess_over: float = 0.0) -> torch.Tensor:
        is_constant = self.variance <= (CONSTANT * self.mean).square()
        shape = moment / torch.where(is_constant, 1.0, self.variance).pow(power) - excess_over
        return torch.where(is_constant, 0.0, shape)


__all__ = ["STATISTICS", "Statistics"]
