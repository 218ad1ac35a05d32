"""Segments to a song: TonadaModel (embeddings) and TonadaForAudioClassification (labels)."""

from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.utils import ModelOutput

from .configuration_tonada import TonadaConfig
from .encoders_tonada import TonadaDescriptorEncoder, TonadaSpectrogramEncoder
from .labels_tonada import REGRESSION
from .losses_tonada import check_targets, loss_of
from .voting_tonada import TonadaSegmentScorer, agreement, calibrated, song_scores


@dataclass
class TonadaOutput(ModelOutput):
    """
    What the model says of a batch of songs. Every tensor has the song on its first dimension.

    Attributes:
        loss: where labels were given; see [`TonadaForAudioClassification.forward`].
        logits: `(songs, labels)`, the song's log-probabilities: their softmax is the song's probability. Of labels that
            occur together log-odds, whose sigmoid is the probability; under regression the values.
        segment_logits: `(songs, segments, labels)`, before the vote; zero for padding.
        segment_mask: `(songs, segments)`, 1 for a real segment.
        segment_weights: `(songs, segments)`, what each segment counted under the vote `"attention"`, in all 1.
        agreement: `(songs,)`, share of the segments that voted for the winner, the most probable label; none under
            regression.
        embedding: `(songs, embedding_size)`, mean over the real segments.
        segment_embeddings: `(songs, segments, embedding_size)`.
        kept_steps: `(songs, segments, steps)`, the share of all attention that went to each step; exactly zero
            for a step that no query of any head kept. A step is as long as 2 ** len(conv_channels) frames.
        attentions: one tensor, `(songs, segments, heads, steps, steps)`, if `output_attentions` was set.
    """

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    segment_logits: torch.Tensor | None = None
    segment_mask: torch.Tensor | None = None
    segment_weights: torch.Tensor | None = None
    agreement: torch.Tensor | None = None
    embedding: torch.Tensor | None = None
    segment_embeddings: torch.Tensor | None = None
    kept_steps: torch.Tensor | None = None
    attentions: tuple[torch.Tensor, ...] | None = None


class TonadaPreTrainedModel(PreTrainedModel):
    """Loading, saving and first weights, common to both models."""

    config_class = TonadaConfig
    base_model_prefix = "tonada"
    main_input_name = "segment_mask"
    input_modalities = "audio"
    _no_split_modules = ["TonadaSpectrogramEncoder", "TonadaDescriptorEncoder"]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (TonadaSpectrogramEncoder, TonadaDescriptorEncoder)):
            init.zeros_(module.mean)
            init.ones_(module.scale)
        elif isinstance(module, nn.Conv2d):
            init.kaiming_uniform_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            init.xavier_uniform_(module.weight)
            init.zeros_(module.bias)
        else:
            super()._init_weights(module)


class TonadaModel(TonadaPreTrainedModel):
    """Features of songs to embeddings of their segments: the branches of the config, side by side."""

    _auto_class = "AutoModel"

    def __init__(self, config: TonadaConfig):
        super().__init__(config)
        self.spectrogram_encoder = TonadaSpectrogramEncoder(config) if "spectrogram" in config.branches else None
        self.descriptor_encoder = TonadaDescriptorEncoder(config) if "descriptors" in config.branches else None
        self.post_init()

    def forward(
        self,
        segment_mask: torch.Tensor,
        spectrogram: torch.Tensor | None = None,
        frame_mask: torch.Tensor | None = None,
        descriptors: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        **kwargs,
    ) -> TonadaOutput:
        """
        Embed songs.

        Args:
            segment_mask: `(songs, segments)`, 1 for a real segment, 0 for padding.
            spectrogram: `(songs, segments, channels, mels, frames)`.
            frame_mask: `(songs, segments, frames)`, 1 where a segment holds sound, 0 where it was padded.
            descriptors: `(songs, segments, num_descriptors)`, in their own units.
            output_attentions: also return the attention weights.

        Raises:
            ValueError: a feature is missing, unasked for, or as wide as another model's.
        """
        given = {"spectrogram": spectrogram, "descriptors": descriptors}
        self._check_features(given, frame_mask)
        real = segment_mask.bool()
        if not bool(real.any(1).all()):
            raise ValueError("segment_mask has a song without a single real segment; leave that song out")
        # Padded segments are left out here, once, and never reach a layer.
        features = {name: tensor[real] for name, tensor in given.items() if tensor is not None}
        if frame_mask is not None:
            features["frame_mask"] = frame_mask[real]
        songs = {name: _put_back(found, real) for name, found in self._embed_in_passes(features).items()}
        counts = real.sum(1, keepdim=True).to(songs["embedding"].dtype)
        if output_attentions is None:
            output_attentions = self.config.output_attentions
        return TonadaOutput(
            segment_mask=segment_mask,
            embedding=songs["embedding"].sum(1) / counts,
            segment_embeddings=songs["embedding"],
            kept_steps=songs.get("kept_steps"),
            attentions=(songs["weights"],) if output_attentions and "weights" in songs else None,
        )

    def _embed_in_passes(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        count = len(next(iter(features.values())))
        size = count if self.training else self.config.segments_per_pass
        passes = [
            self._embed(**{name: tensor[start : start + size] for name, tensor in features.items()})
            for start in range(0, count, size)
        ]
        return {name: torch.cat([each[name] for each in passes]) for name in passes[0]}

    def _embed(
        self,
        spectrogram: torch.Tensor | None = None,
        frame_mask: torch.Tensor | None = None,
        descriptors: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """Segments, one after another: their embedding and, of the spectrogram branch, weights and kept steps."""
        parts, found = [], {}
        if self.spectrogram_encoder is not None:
            part, found["weights"], found["kept_steps"] = self.spectrogram_encoder(spectrogram, frame_mask)
            parts.append(part)
        if self.descriptor_encoder is not None:
            parts.append(self.descriptor_encoder(descriptors))
        return {**found, "embedding": torch.cat(parts, dim=-1)}

    def _check_features(self, given: dict[str, torch.Tensor | None], frame_mask: torch.Tensor | None) -> None:
        config = self.config
        needed = {name: tensor for name, tensor in given.items() if name in config.branches}
        missing = [name for name, tensor in needed.items() if tensor is None]
        if "spectrogram" in config.branches and frame_mask is None:
            missing.append("frame_mask")
        extra = [name for name, tensor in given.items() if tensor is not None and name not in config.branches]
        if missing or extra:
            raise ValueError(
                f"this model hears with {' and '.join(config.branches)}; missing: {', '.join(missing) or 'nothing'}; "
                f"not asked for: {', '.join(extra) or 'nothing'}. Use the feature extractor saved beside the model"
            )
        if (spectrogram := needed.get("spectrogram")) is not None:
            _check_width(
                "spectrogram", "channels, mels", spectrogram.shape[2:4], (config.num_channels, config.num_mel_bins)
            )
        if (descriptors := needed.get("descriptors")) is not None:
            _check_width("descriptors", "num_descriptors", descriptors.shape[2:], (config.num_descriptors,))


def _put_back(segments: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Real segments, one after another, to their places `(songs, segments, …)`; padding is zero."""
    songs = segments.new_zeros(*real.shape, *segments.shape[1:])
    songs[real] = segments
    return songs


def _check_width(name: str, meaning: str, came: tuple, expected: tuple) -> None:
    if tuple(came) != expected:
        raise ValueError(
            f"{name} has ({meaning}) = {tuple(came)}, this model was built for {expected}; "
            "use the feature extractor saved beside the model"
        )


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

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, TonadaSegmentScorer):
            init.zeros_(module.weight)
        else:
            super()._init_weights(module)

    def forward(
        self,
        segment_mask: torch.Tensor,
        spectrogram: torch.Tensor | None = None,
        frame_mask: torch.Tensor | None = None,
        descriptors: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        output_attentions: bool | None = None,
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
        output = self.tonada(segment_mask, spectrogram, frame_mask, descriptors, output_attentions)
        config = self.config
        output.segment_logits = self._segment_logits(output.segment_embeddings, segment_mask)
        log_weights = None
        if self.scorer is not None:
            log_weights = self.scorer(output.segment_embeddings, segment_mask)
            output.segment_weights = log_weights.exp()
        song = song_scores(output.segment_logits, segment_mask, config.vote, config.problem, log_weights)
        output.logits = calibrated(song, config.temperature, config.problem)
        if config.problem != REGRESSION:
            output.agreement = agreement(output.segment_logits, segment_mask, output.logits.argmax(-1))
        if labels is not None:
            check_targets(labels, len(segment_mask), config.problem, self.tree)
            output.loss = self._loss(output.segment_logits, song, segment_mask, labels)
        return output

    def _segment_logits(self, embeddings: torch.Tensor, segment_mask: torch.Tensor) -> torch.Tensor:
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
        return loss_of(scores, labels, self.config.problem, self.tree, smoothing)


__all__ = ["TonadaForAudioClassification", "TonadaModel", "TonadaOutput"]
