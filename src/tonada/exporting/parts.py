"""The model as two torch modules that can be traced: what it says of one segment, and how segments vote."""

import torch
from torch import nn

from tonada.exporting.front_end import segment_features
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaForAudioClassification
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION
from tonada.modeling.voting_tonada import agreement, calibrated, segment_log_weights, song_scores


class SegmentJudge(nn.Module):
    """A segment's sound to its logits `(labels,)` and its score under the vote `"attention"`, `(1,)`, 0 otherwise."""

    def __init__(self, model: TonadaForAudioClassification, extractor: TonadaFeatureExtractor):
        super().__init__()
        self.model, self.extractor = model, extractor
        self.weight = torch.zeros(model.config.embedding_size) if model.scorer is None else model.scorer.weight

    def forward(self, segment: torch.Tensor, sounds: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Judge a segment, `(samples,)` at the song's level, of which the first `sounds`, `(1,)`, are no padding."""
        features = segment_features(self.extractor, segment.unsqueeze(0), sounds)
        of_one_song = {name: feature.unsqueeze(0) for name, feature in features.items()}
        output = self.model(segment_mask=torch.ones(1, 1, dtype=torch.long), **of_one_song)
        return output.segment_logits[0, 0], output.segment_embeddings[0] @ self.weight


class Vote(nn.Module):
    """
    A song's segments, `(segments, labels)` logits and `(segments, 1)` scores, to its probabilities (or values)
    `(labels,)`, and the share of segments that agree, `(1,)`, 0 of values.
    """

    def __init__(self, model: TonadaForAudioClassification):
        super().__init__()
        self.config = model.config

    def forward(self, segment_logits: torch.Tensor, scores: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Let the segments vote."""
        config, logits = self.config, segment_logits.unsqueeze(0)
        mask = torch.ones_like(logits[..., 0])
        weights = segment_log_weights(scores.T, mask) if config.vote == "attention" else None
        song = calibrated(
            song_scores(logits, mask, config.vote, config.problem, weights), config.temperature, config.problem
        )
        if config.problem == REGRESSION:
            return song[0], torch.zeros(1)
        probabilities = song.sigmoid() if config.problem == MULTI_LABEL else song.exp()
        return probabilities[0], agreement(logits, mask, song.argmax(-1))
