"""An LSTM over a song's descriptors in the order of time, which source S3 names as its next step and left unwritten."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from tonada.feature_extraction import TonadaFeatureExtractor

SECONDS = 0.5  # of a step: longer than most notes, so that half a minute is sixty steps
STEP = [
    {"descriptor": "mfcc", "count": 20, "statistics": ["mean", "standard_deviation"]},
    {"descriptor": "spectral_contrast", "statistics": ["mean"]},
    {"descriptor": "chroma", "statistics": ["mean"]},
]
"""What a step hears: S3's best two sets, and the pitch classes."""
HIDDEN, DROPOUT = 64, 0.3
EPOCHS, BATCH, RATE, DECAY = 30, 32, 2e-3, 1e-3  # set before any song was answered


class FrameLSTM(nn.Module):
    """
    A bidirectional LSTM, the mean of its steps, and labels.

    Args:
        columns: of a step.
        labels: how many there are.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, columns: int, labels: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("scale", torch.ones(columns))
        self.lstm = nn.LSTM(columns, HIDDEN, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.classifier = nn.Linear(2 * HIDDEN, labels)

    def forward(self, songs: Sequence[torch.Tensor]) -> torch.Tensor:
        """Scores `(songs, labels)` of songs `(steps, columns)` each, of any lengths."""
        lengths = torch.tensor([len(song) for song in songs])
        scaled = pad_sequence([(song - self.mean) / self.scale for song in songs], batch_first=True)
        packed = pack_padded_sequence(scaled, lengths, batch_first=True, enforce_sorted=False)
        steps, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)  # zeros behind a song's end
        return self.classifier(self.dropout(steps.sum(1) / lengths[:, None]))


def new_extractor() -> TonadaFeatureExtractor:
    """What makes a song's `descriptors` `(steps, columns)`."""
    return TonadaFeatureExtractor.for_set(STEP, segment_seconds=SECONDS, shortest_seconds=SECONDS)


def fit_lstm(songs: Sequence[torch.Tensor], labels: np.ndarray, count: int, seed: int) -> FrameLSTM:
    """
    Learn from songs for a fixed number of epochs, so that no song is needed to say when to stop.

    Args:
        songs: `(steps, columns)` each.
        labels: `(songs,)`, ids below `count`.
        count: of labels.
        seed: of weights and order.
    """
    torch.manual_seed(seed)
    model = FrameLSTM(songs[0].shape[1], count)
    together = torch.cat(list(songs))
    model.mean.copy_(together.mean(0))
    model.scale.copy_(together.std(0).clamp(min=1e-6))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    truth = torch.as_tensor(labels)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(songs)).split(BATCH):
            loss = nn.functional.cross_entropy(model([songs[place] for place in batch]), truth[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    return model.eval()


@torch.inference_mode()
def answers_of(model: FrameLSTM, songs: Sequence[torch.Tensor]) -> np.ndarray:
    """Probabilities `(songs, labels)`."""
    return torch.cat([model(songs[first : first + BATCH]).softmax(-1) for first in range(0, len(songs), BATCH)]).numpy()
