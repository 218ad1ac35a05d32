"""Functionals: what sums up a descriptor's frames in one number a segment."""

from functools import cached_property

import torch

from .movement_tonada import period, slope

STATISTICS = (
    *("mean", "variance", "standard_deviation", "skewness", "kurtosis", "median", "minimum", "maximum"),
    *("sample_standard_deviation", "slope", "period_frequency", "period_amplitude", "period_entropy"),
)
CONSTANT = 1e-6  # a standard deviation below this share of the mean is the rounding of float32, not a movement


class Statistics:
    """
    Statistics over the real frames of each segment, each `(segments, columns)`; moments divide by the number of frames.

    Args:
        frames: `(segments, columns, frames)`.
        frame_mask: `(segments, frames)`, 1 for a real frame; each segment has at least one.
        rate: frames a second, which tells a period from its number of frames; 0 if they are not evenly spaced.
    """

    def __init__(self, frames: torch.Tensor, frame_mask: torch.Tensor, rate: float = 0.0):
        self.frames = frames.double()  # the moments of what hardly moves are differences of near equals
        self.frame_mask, self.rate = frame_mask, rate
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
        # torch's median is the lower of the middle two; minus that of the negative is the upper.
        real = self._filled(torch.nan)
        return (real.nanmedian(-1).values - (-real).nanmedian(-1).values) / 2

    @property
    def minimum(self) -> torch.Tensor:
        """Least value."""
        return self._filled(torch.inf).amin(-1)

    @property
    def maximum(self) -> torch.Tensor:
        """Greatest value."""
        return self._filled(-torch.inf).amax(-1)

    @property
    def sample_standard_deviation(self) -> torch.Tensor:
        """Standard deviation of a sample: the mean square has one frame less; 0 of a single frame."""
        count = self.frame_mask.sum(1, keepdim=True)
        return (self.variance * count / (count - 1).clamp(min=1)).sqrt()

    @property
    def slope(self) -> torch.Tensor:
        """How steeply it climbs from the segment's start to its end, in standard deviations; see `movement_tonada`."""
        return slope(self.frames, self.frame_mask)

    @property
    def period_frequency(self) -> torch.Tensor:
        """Frequency of the main period, hertz; 0 without one."""
        return self._period[0]

    @property
    def period_amplitude(self) -> torch.Tensor:
        """Autocorrelation one main period later; 0 without one."""
        return self._period[1]

    @property
    def period_entropy(self) -> torch.Tensor:
        """Entropy of the autocorrelation, 1 if no lag stands out."""
        return self._period[2]

    @cached_property
    def _period(self) -> tuple[torch.Tensor, ...]:
        return period(self.frames, self.frame_mask, self.rate)

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
