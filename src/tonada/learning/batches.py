"""Songs to batches: a few segments of each, drawn anew every epoch and a little disguised."""

import torch
from torch.utils.data import Dataset
from torchaudio.transforms import FrequencyMasking, TimeMasking

from tonada.learning.recipes import Training
from tonada.learning.songs import Song

Batch = dict[str, torch.Tensor]


class DrawnSegments(Dataset[Batch]):
    """Item `n` is song `n`: `segments_per_song` of its segments at random, augmented, with its label."""

    def __init__(self, songs: list[Song], scales: Batch, training: Training):
        self.songs = songs
        self.scales = scales
        self.training = training
        self.mask_mels = FrequencyMasking(training.masked_mels)
        self.mask_frames = TimeMasking(training.masked_frames)

    def __len__(self) -> int:
        return len(self.songs)

    def __getitem__(self, index: int) -> Batch:
        song = self.songs[index]
        drawn = torch.randperm(len(song.features["segment_mask"]))[: self.training.segments_per_song]
        features = song.features.of_segments(drawn.tolist())
        if "spectrogram" in features:
            features["spectrogram"] = self._blank(features["spectrogram"])
        if "descriptors" in features:
            noise = self.training.noise * self.scales["descriptors_scale"]
            features["descriptors"] = features["descriptors"] + noise * torch.randn_like(features["descriptors"])
        return {**features, "labels": torch.tensor(song.label)}

    def _blank(self, spectrogram: torch.Tensor) -> torch.Tensor:
        # What is blanked takes each band's mean, which the model's own scaling turns into zero.
        mean = self.scales["spectrogram_mean"]
        centred = spectrogram - mean
        blanked = [self.mask_frames(self.mask_mels(segment)) for segment in centred]
        return torch.stack(blanked) + mean


def collate(items: list[Batch]) -> Batch:
    """Songs padded with zeros to the longest in segments, as the extractor pads them."""
    labels = torch.stack([item.pop("labels") for item in items])
    padded = {
        name: torch.nn.utils.rnn.pad_sequence([item[name] for item in items], batch_first=True) for name in items[0]
    }
    return {**padded, "labels": labels}


def whole_songs(songs: list[Song]) -> list[Batch]:
    """Each song whole and as it is, in batches of one."""
    return [collate([{**song.features, "labels": torch.tensor(song.label)}]) for song in songs]


def scales_of(songs: list[Song]) -> Batch:
    """
    Mean and standard deviation over the songs of each descriptor `(columns,)`, each mel band `(1, mels, 1)` and each
    dimension of embeddings `(width,)`.
    """
    scales: Batch = {}
    if "embeddings" in songs[0].features:
        steps = torch.cat([song.features["embeddings"][song.features["step_mask"].bool()] for song in songs])
        scales |= {"embeddings_mean": steps.mean(0), "embeddings_scale": steps.std(0).clamp(min=1e-8)}
    if "descriptors" in songs[0].features:
        columns = torch.cat([song.features["descriptors"] for song in songs])
        scales |= {"descriptors_mean": columns.mean(0), "descriptors_scale": columns.std(0).clamp(min=1e-8)}
    if "spectrogram" in songs[0].features:
        means = torch.stack([_real_frames(song).mean(0) for song in songs]).mean(0)  # (channels, mels)
        squares = torch.stack([(_real_frames(song) - means).square().mean(0) for song in songs]).mean(0)
        scales |= {"spectrogram_mean": means.unsqueeze(-1), "spectrogram_scale": squares.sqrt().unsqueeze(-1)}
    return scales


def _real_frames(song: Song) -> torch.Tensor:
    """`(frames, channels, mels)`, read anew each time it is asked for: not all songs fit into memory."""
    return song.features["spectrogram"].movedim(-1, 1)[song.features["frame_mask"].bool()]
