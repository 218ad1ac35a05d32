"""The spectrogram branch: convolutions, a BiLSTM and sparse attention over its steps; padding is never heard."""

from itertools import pairwise

import torch
from torch import nn
from transformers.modeling_layers import GradientCheckpointingLayer

from .bilstm_tonada import TonadaBiLSTM
from .sparse_attention_tonada import Heard, attention_over


def channels_last(features: torch.Tensor) -> torch.Tensor:
    """The same numbers in the order that a CPU convolves and pools fastest; a copy of a convolution's is slow."""
    return features.contiguous(memory_format=torch.channels_last)


class TonadaPooling(GradientCheckpointingLayer):
    """
    Zeros for padded frames, max-pooling and ReLU, whose in-between results gradient checkpointing need not keep.

    The largest of four is above zero or not whoever asks first, so ReLU waits for the pooled quarter.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, ceil_mode=True)

    def forward(self, features: torch.Tensor, frame_mask: torch.Tensor | None) -> torch.Tensor:
        heard = features if frame_mask is None else features * frame_mask[:, None, None, :]
        return self.pool(heard).relu()


class TonadaConvBlock(nn.Module):
    """
    Convolution, batch norm, max-pooling and ReLU: `(segments, channels, mels, frames)` to half the mels and frames.

    Padded frames are set to zero before pooling, which after ReLU is what lies beyond the edge of an
    unpadded segment too. Odd sizes round up, so that no real frame falls off the end:

        frames   o o o o o . . .      5 real, 3 padded
        pooled    o   o   o   .       3 real, 1 padded, as 5 frames alone would give
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.pool = TonadaPooling()

    def forward(self, features: torch.Tensor, frame_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = channels_last(self.conv(channels_last(features)))
        if self.training and bool(frame_mask.all()):  # ones would change nothing, and cost time
            return self.pool(self.norm(found), None), frame_mask[:, ::2]
        normalised = self._normalise_real(found, frame_mask.bool()) if self.training else self.norm(found)
        return self.pool(normalised, frame_mask), frame_mask[:, ::2]

    def _normalise_real(self, features: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Batch norm whose statistics come from real frames alone."""
        frames = features.movedim(-1, 1)  # (segments, frames, channels, mels)
        normalised = torch.zeros_like(frames)
        normalised[real] = self.norm(frames[real].unsqueeze(-1)).squeeze(-1)
        return normalised.movedim(1, -1)


class TonadaSpectrogramEncoder(nn.Module):
    """
    Three conv blocks, a BiLSTM and sparse attention over its steps: `(segments, channels, mels, frames)` to
    `(segments, 2 * lstm_hidden_size)` (Jia 2022; sizes of Chen & Li 2020).
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, config):
        super().__init__()
        shape = (config.num_channels, config.num_mel_bins, 1)
        self.register_buffer("mean", torch.zeros(shape))  # of each mel band over the training songs
        self.register_buffer("scale", torch.ones(shape))
        channels = (config.num_channels, *config.conv_channels)
        self.blocks = nn.ModuleList(TonadaConvBlock(*pair, config.conv_kernel_size) for pair in pairwise(channels))
        mels = config.num_mel_bins
        for _ in self.blocks:
            mels = (mels + 1) // 2
        self.lstm = TonadaBiLSTM(channels[-1] * mels, config.lstm_hidden_size)
        self.attention = attention_over(config, config.step_size)

    def forward(
        self, spectrogram: torch.Tensor, frame_mask: torch.Tensor | None = None, with_weights: bool = False
    ) -> Heard:
        """
        Hear segments.

        Args:
            spectrogram: `(segments, channels, mels, frames)`.
            frame_mask: `(segments, frames)`, 1 for a real frame; all are, if it is not given.
            with_weights: whether the attention's weights are wanted.
        """
        if frame_mask is None:
            frame_mask = torch.ones_like(spectrogram[:, 0, 0])
        mask = frame_mask.to(spectrogram.dtype)
        features = (spectrogram - self.mean) / self.scale * mask[:, None, None, :]
        for block in self.blocks:
            features, mask = block(features, mask)
        steps = features.flatten(1, 2).transpose(1, 2)  # (segments, steps, channels * mels)
        steps = self.lstm(steps, mask)
        return self.attention(steps, mask, with_weights)._replace(steps=steps)


__all__ = ["TonadaSpectrogramEncoder"]
