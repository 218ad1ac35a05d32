"""How a descriptor moves along a segment: its slope, and the period at which it repeats; MIRtoolbox's `mirstat`."""

import torch

TINY = torch.finfo(torch.float64).tiny
FLOOR = 1e-12  # share, so that an empty lag has a logarithm


def slope(frames: torch.Tensor, frame_mask: torch.Tensor) -> torch.Tensor:
    """
    How steeply each column climbs, `(segments, columns)`, in standard deviations: 0.87 times its correlation with time.

    MIRtoolbox fits the standardised column z by a line through the origin over time t from 0 to 1, sum z t / sum t^2,
    up to its version 1.7.1. Later ones centre time, which makes it four times as much.

    Args:
        frames: `(segments, columns, frames)`.
        frame_mask: `(segments, frames)`, 1 for a real frame, which all lie before the padded ones.
    """
    frames, real, count = _real(frames, frame_mask)
    mean = frames.sum(-1, keepdim=True) / count
    deviation = (frames - mean) * real
    spread = (deviation.square().sum(-1) / (count - 1).clamp(min=1).squeeze(-1)).sqrt()
    time = torch.arange(frames.shape[-1], dtype=frames.dtype, device=frames.device) / (count - 1).clamp(min=1) * real
    climb = (deviation * time).sum(-1) / time.square().sum(-1).clamp(min=TINY)
    is_constant = spread <= 1e-6 * mean.abs().squeeze(-1)
    return torch.where(is_constant, 0.0, climb / spread.clamp(min=TINY))


def period(frames: torch.Tensor, frame_mask: torch.Tensor, rate: float) -> tuple[torch.Tensor, ...]:
    """
    Frequency in hertz and height of the main peak of each column's autocorrelation, and the entropy of that curve.

    The autocorrelation is of the column as it is, its mean included, and scaled to one at lag 0. What comes before it
    first rises is no period; 0 and 0 where it never does.

    Args:
        frames: `(segments, columns, frames)`.
        frame_mask: `(segments, frames)`, 1 for a real frame, which all lie before the padded ones.
        rate: frames a second.
    """
    frames, real, count = _real(frames, frame_mask)
    samples = frames.shape[-1]
    transformed = torch.fft.rfft(frames, n=2 * samples)
    likeness = torch.fft.irfft(transformed.abs().square(), n=2 * samples)[..., :samples] * real
    likeness = likeness / likeness[..., :1].clamp(min=TINY)

    rises = (likeness[..., 1:] > likeness[..., :-1]) & real[..., 1:].bool()
    has_risen = torch.nn.functional.pad(rises.cumsum(-1) > 0, (1, 0))
    height, lag = likeness.masked_fill(~has_risen, 0.0).max(-1)

    share = likeness.abs() / likeness.abs().sum(-1, keepdim=True).clamp(min=TINY)
    entropy = -(share * (share + FLOOR).log() * real).sum(-1) / count.squeeze(-1).clamp(min=2).log()
    return torch.where(lag > 0, rate / lag.clamp(min=1), 0.0), height, entropy.clamp(min=0)


def _real(frames: torch.Tensor, frame_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    real = frame_mask.unsqueeze(1).double()
    return frames.double() * real, real, real.sum(-1, keepdim=True)


__all__ = ["period", "slope"]
