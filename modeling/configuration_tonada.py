"""Every number of the architecture, what it means, and the checks between them."""

from dataclasses import field
from typing import ClassVar

from transformers import PreTrainedConfig

from .embedding_encoder_tonada import EMBEDDING_NETWORKS
from .labels_tonada import SINGLE_LABEL, check_labels
from .presets_tonada import PRESETS
from .sparse_weights_tonada import ATTENTION_MODES
from .tree_tonada import LabelTree, ancestors

BRANCHES = ("spectrogram", "descriptors", "embeddings", "waveform")
ATTENTION_PLACEMENTS = ("self", "pooling")


class TonadaConfig(PreTrainedConfig):
    r"""
    The shape of a [`TonadaModel`]. Layer sizes follow Chen & Li 2020 (BiLSTM of 128 a direction, DNN of
    256-128-64), the parent of Jia 2022, whose own sizes are unknown; the rest is our choice and says so.

    Args:
        branches: what the model hears with, any of `"spectrogram"`, `"descriptors"`, `"embeddings"` (steps that another
            network has embedded) and `"waveform"` (sound, for an encoder inside the model). The first two by default.
        num_channels: channels of the spectrogram (1 for a mono mix).
        num_mel_bins: mel bands of the spectrogram; must equal the extractor's.
        num_descriptors: columns of the descriptor set that the DNN was trained on.
        feature_schema: hash of what the features were in training; must equal the extractor's. `None` is not checked.
        conv_channels: filters of each conv block; a block halves both mel bands and frames. Our choice.
        conv_kernel_size: side of the square kernels; odd, so that a frame stays above its own sound.
        lstm_hidden_size: units of the BiLSTM in each direction.
        attention_placement: `"self"`, every step asks every step and the answers are averaged (Zhao et al. 2019); or
            `"pooling"`, one learned question a head (Chen & Li 2020). Jia 2022 does not say which.
        attention_mode: `"topk"` (explicit sparse attention, Zhao et al. 2019, eqs. 5-14), `"topk_ste"` (the same with
            the gradient of softmax), `"sparsemax"`, `"entmax15"`, or `"softmax"`, which Jia 2022 calls soft attention.
        attention_top_k: steps each query keeps under `"topk"` and `"topk_ste"`, or as a `float` up to 1 the share of
            the real steps, rounded up; 8 is what Zhao et al. recommend, Jia's own d is unknown.
        attention_heads: heads of the attention; divides `2 * lstm_hidden_size`. Our choice; Chen & Li have one.
        dnn_sizes: widths of the fully connected layers over the descriptors; none, and the model is linear in them.
        embedding_width: width of a step of the embeddings; VGGish's by default.
        embedding_network: what hears embeddings, and an encoder's states: `"attention"` (a layer and attention), or
            `"attention_conv"` (source S2's).
        embedding_hidden_size: width of the former. Our choice.
        encoder: Hub id or folder of the encoder inside the model.
        encoder_revision: its commit, where it came from the Hub.
        encoder_config: its shape, as its own config says; set by [`TonadaForAudioClassification.with_encoder`].
        encoder_processor: its feature extractor's settings, likewise.
        encoder_layer: which of its hidden states are the steps: -1 the last, 0 what enters its first layer.
        encoder_unfrozen: how many of its layers learn, counted back from the chosen one; 0 leaves it as it is.
        encoder_remote_code: allows an encoder that brings code of its own. Never saved: say it with every load.
        descriptor_limit: scaled descriptors are cut at this many standard deviations, so that one
            outlier (a burst of silence, a click) cannot shout down the rest; `None` cuts nothing. Our choice.
        dropout: share of units dropped in the DNN and before the labels, in training only. Our choice.
        label_smoothing: share of a label that the loss spreads over all labels, in training; 0 believes the labels.
        vote: how segments decide for the song: `"mean_probability"`, `"majority"`, `"log_odds"` or `"attention"`
            (learned weights). Labels that occur together vote each for itself; values (`problem_type="regression"`)
            are only averaged, by `"mean_probability"` or `"attention"`.
        parents: child label to parent label, for each label that has one (`{"rock": "non_classic"}`). Only the
            leaves of this tree are in `id2label`; see [`LabelTree`].
        single_output: one output neuron `z` for two labels, whose logits are 0 and `z`.
        temperature: divides the song's log-probabilities or log-odds; fitted on validation songs, 1 leaves them be.
        conformal_quantile: labels of probability of at least one minus this form the answer's set (split
            conformal prediction); `None` where it was never fitted.
        abstain_below: a song is answered *unknown* by Tonada where no label is this probable; `None` always
            answers. The logits do not change.
        segments_per_pass: segments computed at once outside training. It bounds the memory of an hour
            of music and changes no answer.
    """

    model_type = "tonada"
    _auto_class: ClassVar[str | None] = "AutoConfig"

    branches: tuple = BRANCHES[:2]
    num_channels: int = 1
    num_mel_bins: int = 80
    num_descriptors: int = 90
    feature_schema: str | None = None
    conv_channels: tuple = (16, 32, 48)
    conv_kernel_size: int = 3
    lstm_hidden_size: int = 128
    attention_placement: str = "self"
    attention_mode: str = "topk"
    attention_top_k: int | float = 8
    attention_heads: int = 4
    dnn_sizes: tuple = (256, 128, 64)
    embedding_width: int = 128
    embedding_network: str = "attention"
    embedding_hidden_size: int = 256
    encoder: str | None = None
    encoder_revision: str | None = None
    encoder_config: dict | None = None
    encoder_processor: dict | None = None
    encoder_layer: int = -1
    encoder_unfrozen: int = 0
    encoder_remote_code: bool = False
    descriptor_limit: float | None = 5.0
    dropout: float = 0.3
    label_smoothing: float = 0.0
    vote: str = "mean_probability"
    parents: dict = field(default_factory=dict)
    single_output: bool = False
    temperature: float = 1.0
    conformal_quantile: float | None = None
    abstain_below: float | None = None
    segments_per_pass: int = 8

    def __post_init__(self, **kwargs):
        super().__post_init__(**kwargs)
        self.branches = tuple(self.branches)
        self.conv_channels = tuple(self.conv_channels)
        self.dnn_sizes = tuple(self.dnn_sizes)
        # Saving one class writes only its own line here, and the other Auto classes then find nothing.
        self.auto_map = {
            "AutoConfig": "configuration_tonada.TonadaConfig",
            "AutoModel": "modeling_tonada.TonadaModel",
            "AutoModelForAudioClassification": "modeling_tonada.TonadaForAudioClassification",
        }
        self._check()

    @property
    def step_size(self) -> int:
        """Width of one step of the spectrogram branch: both directions of the BiLSTM."""
        return 2 * self.lstm_hidden_size

    @property
    def embedding_sizes(self) -> dict[str, int]:
        """Width of what each branch adds to a segment's embedding, in their order."""
        over_steps = {"attention": self.embedding_hidden_size, "attention_conv": 64}[self.embedding_network]
        widths = {
            "spectrogram": self.step_size,
            "descriptors": (self.num_descriptors, *self.dnn_sizes)[-1],
            "embeddings": over_steps,
            "waveform": over_steps,
        }
        return {branch: widths[branch] for branch in self.branches}

    @property
    def embedding_size(self) -> int:
        """Width of a segment's embedding: the branches side by side."""
        return sum(self.embedding_sizes.values())

    @classmethod
    def preset(cls, name: str, **settings) -> "TonadaConfig":
        """
        A shape with a name, see `PRESETS`.

        Args:
            name: of the shape.
            settings: what to change of it, and labels.

        Raises:
            ValueError: there is no such shape.
        """
        if name not in PRESETS:
            raise ValueError(f"there is no preset {name!r}; choose among {', '.join(PRESETS)}")
        return cls(**{**PRESETS[name], **settings})

    def to_dict(self) -> dict:
        """As transformers does, but what was allowed once is not allowed for ever."""
        return _without_leave(super().to_dict())

    @classmethod
    def from_dict(cls, config_dict: dict, **kwargs):
        """As transformers does, but no file can give itself leave to run code: only a caller's own word can."""
        return super().from_dict(_without_leave(config_dict), **kwargs)

    @property
    def problem(self) -> str:
        """Transformers' `problem_type`, single label where it was left out."""
        return self.problem_type or SINGLE_LABEL

    @property
    def tree(self) -> LabelTree:
        """The labels by id, which a file has in another order, and what stands above them."""
        return LabelTree(tuple(name for _, name in sorted((self.id2label or {}).items())), self.parents)

    def ancestors(self, label: str) -> list[str]:
        """The parents of a label, nearest first; empty where there is no tree."""
        return ancestors(label, self.parents)

    def _check(self) -> None:
        _check_choices("branches", self.branches, BRANCHES)
        _check_choices("attention_placement", (self.attention_placement,), ATTENTION_PLACEMENTS)
        _check_choices("embedding_network", (self.embedding_network,), EMBEDDING_NETWORKS)
        _check_choices("attention_mode", (self.attention_mode,), ATTENTION_MODES)
        check_labels(self)
        if self.step_size % self.attention_heads:
            raise ValueError(
                f"attention_heads={self.attention_heads} does not divide 2 * lstm_hidden_size={self.step_size}; "
                "choose a number of heads that does"
            )
        if "waveform" in self.branches and not (self.encoder_config and self.encoder_processor):
            raise ValueError(
                "branches has 'waveform' but there is no encoder; make the model by "
                "TonadaForAudioClassification.with_encoder(ID, …)"
            )
        if self.encoder_unfrozen < 0:
            raise ValueError(f"encoder_unfrozen is {self.encoder_unfrozen}; it counts layers, from 0")
        if "waveform" in self.branches and self.embedding_network == "attention_conv":
            raise ValueError(
                "embedding_network='attention_conv' knows no padding, which the states of an encoder inside the model "
                "have; leave it out, or give embeddings of one length"
            )
        if self.embedding_hidden_size < 1 or self.embedding_hidden_size % self.attention_heads:
            raise ValueError(
                f"attention_heads={self.attention_heads} does not divide "
                f"embedding_hidden_size={self.embedding_hidden_size}; choose a number of heads that does"
            )
        if self.conv_kernel_size % 2 == 0:
            raise ValueError(f"conv_kernel_size is {self.conv_kernel_size}; it must be odd to keep frames in place")
        if self.attention_top_k < 1 if isinstance(self.attention_top_k, int) else not 0 < self.attention_top_k <= 1:
            raise ValueError(
                f"attention_top_k is {self.attention_top_k}; each query must keep at least one step, as a whole number "
                "from 1, or a share above 0 and up to 1.0"
            )
        for name in ("dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it is a share, at least 0 and below 1")
        if self.segments_per_pass < 1:
            raise ValueError(f"segments_per_pass is {self.segments_per_pass}; at least one must be computed at once")
        if not self.temperature > 0:
            raise ValueError(f"temperature is {self.temperature}; it divides log-probabilities and must be positive")


def _without_leave(settings: dict) -> dict:
    return {name: value for name, value in settings.items() if name != "encoder_remote_code"}


def _check_choices(name: str, chosen: tuple, allowed: tuple) -> None:
    unknown = [choice for choice in chosen if choice not in allowed]
    if unknown or not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"{name} is {list(chosen)}; choose among {', '.join(allowed)}, each at most once")


__all__ = ["BRANCHES", "TonadaConfig"]
