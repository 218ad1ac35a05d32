"""Where the training songs' features lie and how far they spread, which the model's encoders take off first."""

import torch

from tonada.learning.augmentation import Batch
from tonada.learning.songs import Song

ROUNDING = 1e-6  # of the mean: the deviation that float32 gives what never changes


def scales_of(songs: list[Song]) -> Batch:
    """
    Mean and standard deviation over the songs of each descriptor `(columns,)`, each mel band `(1, mels, 1)` and each
    dimension of embeddings `(width,)`. What never changed in training has the deviation 1, as scikit-learn's scaler has
    it: divided by next to nothing, the first change would outweigh all else.
    """
    scales: Batch = {}
    if "embeddings" in songs[0].features:
        steps = torch.cat([song.features["embeddings"][song.features["step_mask"].bool()] for song in songs])
        scales |= {"embeddings_mean": steps.mean(0), "embeddings_scale": _spread(steps.std(0), steps.mean(0))}
    if "descriptors" in songs[0].features:
        columns = torch.cat([song.features["descriptors"] for song in songs])
        scales |= {"descriptors_mean": columns.mean(0), "descriptors_scale": _spread(columns.std(0), columns.mean(0))}
    if "spectrogram" in songs[0].features:
        means = torch.stack([_real_frames(song).mean(0) for song in songs]).mean(0)  # (channels, mels)
        squares = torch.stack([(_real_frames(song) - means).square().mean(0) for song in songs]).mean(0)
        scales |= {
            "spectrogram_mean": means.unsqueeze(-1),
            "spectrogram_scale": _spread(squares.sqrt(), means).unsqueeze(-1),
        }
    return scales


def _spread(deviations: torch.Tensor, means: torch.Tensor) -> torch.Tensor:
    return torch.where(deviations > ROUNDING * means.abs(), deviations, 1.0)


def _real_frames(song: Song) -> torch.Tensor:
    """`(frames, channels, mels)`, read anew each time it is asked for: not all songs fit into memory."""
    return song.features["spectrogram"].movedim(-1, 1)[song.features["frame_mask"].bool()]
