"""The audio half of OpenL3 (Cramer et al., Look, listen and learn more, ICASSP 2019), under torchopenl3's names."""

import torch
from torch import nn

from tonada.embedding.log_mel import OpenL3Decibels

CHANNELS = [(1, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512)]
KERAS_EPSILON = 1e-3


class OpenL3(nn.Module):
    """
    Seconds of sound at 48 kHz, `(stretches, 48000)`, to embeddings `(stretches, 512)` or `(stretches, 6144)`.

    Args:
        pool: bands and frames of the last maximum: (32, 24) leaves one instant of 512 channels, (8, 8) twelve.
    """

    def __init__(self, pool: tuple[int, int]):
        super().__init__()
        self.pool = pool
        self.speclayer = OpenL3Decibels()
        for number, (channels_in, channels_out) in enumerate(CHANNELS, 1):
            self.add_module(f"batch_normalization_{number}", nn.BatchNorm2d(channels_in, eps=KERAS_EPSILON))
            self.add_module(f"conv2d_{number}", nn.Conv2d(channels_in, channels_out, 3, padding=1))
        self.batch_normalization_8 = nn.BatchNorm2d(512, eps=KERAS_EPSILON)
        self.audio_embedding_layer = nn.Conv2d(512, 512, 3, padding=1)

    def forward(self, stretches: torch.Tensor) -> torch.Tensor:
        maps = self.speclayer(stretches).unsqueeze(1)  # (stretches, 1, bands, frames)
        for number in range(1, 8):
            maps = self.get_submodule(f"batch_normalization_{number}")(maps)
            if number > 1:
                maps = maps.relu()
            if number in (3, 5, 7):
                maps = nn.functional.max_pool2d(maps, 2)
            maps = self.get_submodule(f"conv2d_{number}")(maps)
        maps = self.audio_embedding_layer(self.batch_normalization_8(maps).relu())
        return nn.functional.max_pool2d(maps, self.pool).permute(0, 2, 3, 1).flatten(1)
