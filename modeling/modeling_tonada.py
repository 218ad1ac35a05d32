"""Segments to a song: TonadaModel (embeddings) and TonadaForAudioClassification (labels)."""

from typing import Any

import torch
from torch import nn

from .configuration_tonada import BRANCHES, TonadaConfig
from .descriptor_encoder_tonada import TonadaDescriptorEncoder
from .embedding_encoder_tonada import embedding_encoder
from .expected_features_tonada import check_features
from .labels_tonada import REGRESSION
from .losses_tonada import check_targets, losses_of
from .output_tonada import TonadaOutput
from .pretrained_tonada import TonadaPreTrainedModel
from .real_segments_tonada import real_segments
from .sparse_attention_tonada import Heard
from .spectrogram_encoder_tonada import TonadaSpectrogramEncoder
from .voting_tonada import TonadaSegmentScorer, agreement, calibrated, song_scores
from .waveform_encoder_tonada import TonadaWaveformEncoder


class TonadaModel(TonadaPreTrainedModel):
    """Features of songs to embeddings of their segments: the branches of the config, side by side."""

    _auto_class = "AutoModel"

    def __init__(self, config: TonadaConfig):
        super().__init__(config)
        has = set(config.branches)
        self.spectrogram_encoder = TonadaSpectrogramEncoder(config) if "spectrogram" in has else None
        self.descriptor_encoder = TonadaDescriptorEncoder(config) if "descriptors" in has else None
        self.embedding_encoder = embedding_encoder(config, config.embedding_width) if "embeddings" in has else None
        self.waveform_encoder = TonadaWaveformEncoder(config) if "waveform" in has else None
        self.post_init()

    def forward(
        self,
        segment_mask: torch.Tensor,
        spectrogram: torch.Tensor | None = None,
        frame_mask: torch.Tensor | None = None,
        descriptors: torch.Tensor | None = None,
        embeddings: torch.Tensor | None = None,
        step_mask: torch.Tensor | None = None,
        waveform: torch.Tensor | None = None,
        sounds: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        **kwargs,
    ) -> TonadaOutput:
        """
        Embed songs. Each branch of the config needs its feature, and no other is taken.

        Args:
            segment_mask: `(songs, segments)`, 1 for a real segment, 0 for padding.
            spectrogram: `(songs, segments, channels, mels, frames)`.
            frame_mask: `(songs, segments, frames)`, 1 where a segment holds sound, 0 where it was padded.
            descriptors: `(songs, segments, num_descriptors)`, in their own units.
            embeddings: `(songs, segments, steps, embedding_width)`.
            step_mask: `(songs, segments, steps)`, 1 for a real step; all are, if it is not given.
            waveform: `(songs, segments, samples)`, at the encoder's rate.
            sounds: `(songs, segments)`, how many samples of a segment are sound; all, if it is not given.
            output_attentions: also return the attention weights.
            output_hidden_states: also return the steps that each branch's attention chose from.

        Raises:
            ValueError: a feature is missing, unasked for, or as wide as another model's.
        """
        given = {
            "spectrogram": (spectrogram, frame_mask),
            "descriptors": (descriptors,),
            "embeddings": (embeddings, step_mask),
            "waveform": (waveform, sounds),
        }
        check_features(self.config, {name: tensors[0] for name, tensors in given.items()}, frame_mask)
        config = self.config
        with_attentions = config.output_attentions if output_attentions is None else output_attentions
        with_states = config.output_hidden_states if output_hidden_states is None else output_hidden_states
        segments = real_segments(segment_mask, self.training)
        features = {
            name: [None if tensor is None else segments.taken_from(tensor) for tensor in given[name]]
            for name in config.branches
        }
        heard = self._hear_in_passes(features, with_attentions)
        embedding = segments.put_back(torch.cat([each.embedding for each in heard], -1))
        kept = [segments.put_back(each.kept_steps) for each in heard if each.kept_steps is not None]
        weights = [segments.put_back(each.weights) for each in heard if each.weights is not None]
        states = [segments.put_back(each.steps) for each in heard if with_states and each.steps is not None]
        return TonadaOutput(
            segment_mask=segment_mask,
            embedding=embedding.sum(1) / segment_mask.sum(1, keepdim=True).to(embedding.dtype),
            segment_embeddings=embedding,
            kept_steps=kept[0] if kept else None,
            hidden_states=tuple(states) or None,
            attentions=tuple(weights) or None,
        )

    def _hear_in_passes(self, features: dict[str, list[torch.Tensor | None]], with_weights: bool) -> list[Heard]:
        """What each branch hears, some segments at a time."""
        count = next(tensors[0].shape[0] for tensors in features.values() if tensors[0] is not None)
        at_once = self.training or torch.compiler.is_compiling()
        size = count if at_once else self.config.segments_per_pass
        heard = []
        for name, tensors in features.items():
            passes = zip(*(_passes(tensor, count, size) for tensor in tensors), strict=True)
            heard.append(_joined([self._hear(name, each, with_weights) for each in passes]))
        return heard

    def _hear(self, branch: str, tensors: tuple[torch.Tensor | None, ...], with_weights: bool) -> Heard:
        if branch == "descriptors":
            return self.encoders[branch](*tensors)
        return self.encoders[branch](*tensors, with_weights)

    @property
    def encoders(self) -> dict[str, Any]:
        """The network of each branch."""
        networks = (self.spectrogram_encoder, self.descriptor_encoder, self.embedding_encoder, self.waveform_encoder)
        return {name: network for name, network in zip(BRANCHES, networks, strict=True) if network is not None}


def _passes(tensor: torch.Tensor | None, count: int, size: int) -> list[torch.Tensor | None]:
    if size >= count:
        return [tensor]
    return [None] * -(-count // size) if tensor is None else list(tensor.split(size))


def _joined(parts: list[Heard]) -> Heard:
    """Several passes as one."""
    if len(parts) == 1:
        return parts[0]
    fields: Any = (None if each[0] is None else _stacked(each) for each in zip(*parts, strict=True))
    return Heard(*fields)


def _stacked(tensors: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Tensors one after another, each padded with zeros to the most steps: a pass of short segments may have fewer."""
    sizes = [max(each) for each in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
    stacked = tensors[0].new_zeros(sum(tensor.shape[0] for tensor in tensors), *sizes)
    first = 0
    for tensor in tensors:
        stacked[(slice(first, first + tensor.shape[0]), *(slice(size) for size in tensor.shape[1:]))] = tensor
        first += tensor.shape[0]
    return stacked


class TonadaForAudioClassification(TonadaPreTrainedModel):
    """Features of songs to the songs' labels: embed each segment, score it, let the segments vote."""

    _auto_class = "AutoModelForAudioClassification"

    def __init__(self, config: TonadaConfig):
        super().__init__(config)
        self.tonada = TonadaModel(config)
        self.dropout = nn.Dropout(config.dropout)
        self.tree = config.tree
        self.classifier = nn.Linear(config.embedding_size, 1 if config.single_output else len(self.tree.leaves))
        self.scorer = TonadaSegmentScorer(config.embedding_size) if config.vote == "attention" else None
        self.post_init()

    def forward(
        self,
        segment_mask: torch.Tensor,
        spectrogram: torch.Tensor | None = None,
        frame_mask: torch.Tensor | None = None,
        descriptors: torch.Tensor | None = None,
        embeddings: torch.Tensor | None = None,
        step_mask: torch.Tensor | None = None,
        waveform: torch.Tensor | None = None,
        sounds: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        **kwargs,
    ) -> TonadaOutput:
        """
        Classify songs. Features as in [`TonadaModel.forward`].

        Args:
            labels: by the config's `problem_type`:
                single label: int64 `(songs,)`, the id of each song's label, or of a label above it where its own is
                not known (`config.tree.nodes` has the ids); the loss is the marginal cross-entropy.
                Multi-label: `(songs, labels)` of 0 and 1; binary cross-entropy of the log-odds.
                Regression: `(songs, labels)`, the values; mean squared error.

        The loss teaches every real segment its song's label (Jia 2022 trains on segments and votes afterwards), so
        it does not depend on how many segments vote or how. Only under the vote `"attention"` it is the song's, for
        the weights are learned from it.

        Raises:
            ValueError: features or labels are not what the model was built for.
        """
        heard = self.tonada(
            segment_mask,
            spectrogram,
            frame_mask,
            descriptors,
            embeddings,
            step_mask,
            waveform,
            sounds,
            output_attentions,
            output_hidden_states,
        )
        return self.classify(heard, labels)

    def classify(self, heard: TonadaOutput, labels: torch.Tensor | None = None) -> TonadaOutput:
        """
        What songs are, of what [`TonadaModel`] heard of them; models that share one need to hear but once.

        Args:
            heard: of the model's own `tonada`, left as it is.
            labels: as in `forward`.
        """
        config, output = self.config, TonadaOutput(**heard)
        mask, embeddings = heard["segment_mask"], heard["segment_embeddings"]
        output.segment_logits = self.score_segments(embeddings, mask)
        log_weights = None
        if self.scorer is not None:
            log_weights = self.scorer(embeddings, mask)
            output.segment_weights = log_weights.exp()
        song = song_scores(output.segment_logits, mask, config.vote, config.problem, log_weights)
        output.logits = calibrated(song, config.temperature, config.problem)
        if config.problem != REGRESSION:
            output.agreement = agreement(output.segment_logits, mask, output.logits.argmax(-1))
        if labels is not None:
            check_targets(labels, len(mask), config.problem, self.tree)
            output.loss = self._loss(output.segment_logits, song, mask, labels)
        return output

    def score_segments(self, embeddings: torch.Tensor, segment_mask: torch.Tensor) -> torch.Tensor:
        """Embeddings of segments `(songs, segments, embedding_size)` to their logits, zero for padding."""
        logits = self.classifier(self.dropout(embeddings))
        if self.config.single_output:
            logits = torch.cat([torch.zeros_like(logits), logits], dim=-1)  # softmax over one label is always 1
        return logits * segment_mask.unsqueeze(-1).to(logits.dtype)

    def _loss(
        self, segment_logits: torch.Tensor, song: torch.Tensor, segment_mask: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        scores = song
        if self.scorer is None:
            real = segment_mask.bool()
            scores = segment_logits[real].float()
            labels = labels.repeat_interleave(real.sum(1), dim=0)  # of each real segment: its song's
        smoothing = self.config.label_smoothing if self.training else 0.0
        return losses_of(scores, labels, self.config.problem, self.tree, smoothing).mean()


__all__ = ["TonadaForAudioClassification", "TonadaModel", "TonadaOutput"]
