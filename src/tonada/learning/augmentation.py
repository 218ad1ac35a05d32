"""Songs a little disguised, so that the model learns what they have in common and not each by heart."""

import torch
from torchaudio.transforms import FrequencyMasking, TimeMasking

from tonada.learning.recipe_parts import Training

Batch = dict[str, torch.Tensor]


class Augmentation:
    """
    A recipe's disguises of one song's features, `(segments, …)` each; chance is torch's.

    Args:
        training: how much of each.
        scales: of the training songs, see `scales_of`.
    """

    def __init__(self, training: Training, scales: Batch):
        self.training, self.scales = training, scales
        self.mask_mels = FrequencyMasking(training.masked_mels)
        self.mask_frames = TimeMasking(training.masked_frames)

    def before_mixing(self, song: Batch) -> Batch:
        """Gain and shift of a song's spectrogram."""
        if "spectrogram" not in song:
            return song
        loudness = self.training.gain * (2 * torch.rand(()) - 1)
        return {**song, "spectrogram": self._shift(song["spectrogram"] + loudness, song["frame_mask"])}

    def after_mixing(self, song: Batch) -> Batch:
        """Blanks in its spectrogram, noise in its descriptors."""
        disguised = dict(song)
        if "spectrogram" in song:
            disguised["spectrogram"] = self._blank(song["spectrogram"])
        if "descriptors" in song:
            noise = self.training.noise * self.scales["descriptors_scale"]
            disguised["descriptors"] = song["descriptors"] + noise * torch.randn_like(song["descriptors"])
        return disguised

    def _shift(self, spectrogram: torch.Tensor, frame_mask: torch.Tensor) -> torch.Tensor:
        most = self.training.shifted_frames
        shifts = torch.randint(-most, most + 1, (len(spectrogram),)).tolist()
        shifted = spectrogram.clone()
        for segment, real, shift in zip(shifted, frame_mask.sum(1).tolist(), shifts, strict=True):
            segment[..., :real] = segment[..., :real].roll(shift, -1)  # what is padded stays behind it
        return shifted

    def _blank(self, spectrogram: torch.Tensor) -> torch.Tensor:
        # What is blanked takes each band's mean, which the model's own scaling turns into zero.
        mean = self.scales["spectrogram_mean"]
        centred = spectrogram - mean
        blanked = [self.mask_frames(self.mask_mels(segment)) for segment in centred]
        return torch.stack(blanked) + mean


def mixed(one: Batch, other: Batch, share: float) -> Batch:
    """
    Two songs as one, `share` of the first (Zhang et al. 2018): segment by segment, as many as both have, and only where
    both are real.
    """
    count = min(len(one["segment_mask"]), len(other["segment_mask"]))
    both = {name: (one[name][:count], other[name][:count]) for name in one}
    return {
        name: torch.minimum(*pair) if name.endswith("mask") or name == "sounds" else pair[0].lerp(pair[1], 1 - share)
        for name, pair in both.items()
    }
