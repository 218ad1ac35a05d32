"""The waveform branch: an audio encoder of transformers, frozen or partly so, and attention over its steps."""

import math
from collections.abc import Iterator
from typing import Any

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoModel, FeatureExtractionMixin, PreTrainedModel

from .embedding_encoder_tonada import embedding_encoder
from .sparse_attention_tonada import Heard

AST_FRAMES_A_SECOND = 100


class TonadaWaveformEncoder(nn.Module):
    """
    Segments of sound, each at its own length, through somebody else's encoder: `(segments, samples)` to an embedding.

    Segments of one length go through together and none is padded by us, so that company changes nothing. What the
    encoder's own feature extractor pads, as those of AST, CLAP and Whisper do, it pads in training too.
    """

    def __init__(self, config):
        super().__init__()
        self.processor = processor_of(config.encoder_processor)
        self.encoder = audio_part(empty_encoder(config))
        self.layer, self.unfrozen = config.encoder_layer, config.encoder_unfrozen
        self.layers = layers_of(self.encoder) if self.layer != -1 or self.unfrozen else ()
        if self.layers and not -len(self.layers) - 1 <= self.layer <= len(self.layers):
            raise ValueError(
                f"encoder_layer is {self.layer}; the encoder has {len(self.layers)} layers, and 0 is what enters them"
            )
        self.head = embedding_encoder(config, self.encoder.config.hidden_size)
        self.freeze()

    def forward(self, waveform: torch.Tensor, sounds: torch.Tensor | None, with_weights: bool = False) -> Heard:
        """
        Hear segments.

        Args:
            waveform: `(segments, samples)` at the encoder's rate.
            sounds: `(segments,)`, how many samples of each are sound; all, if it is not given.
            with_weights: whether the attention's weights are wanted.
        """
        if waveform.shape[1] > (most := longest(self.processor)):
            raise ValueError(
                f"a segment lasts {waveform.shape[1] / self.processor.sampling_rate:.2f} s, the encoder hears at most "
                f"{most / self.processor.sampling_rate:.2f} s; set the extractor's segment_seconds to that or less"
            )
        lengths = [waveform.shape[1]] * len(waveform) if sounds is None else sounds.tolist()
        steps: dict[int, torch.Tensor] = {}
        for length in sorted(set(lengths)):
            chosen = [index for index, each in enumerate(lengths) if each == length]
            steps |= dict(zip(chosen, self._steps(waveform[chosen, :length]), strict=True))
        ordered = [steps[index] for index in range(len(lengths))]
        padded = nn.utils.rnn.pad_sequence(ordered, batch_first=True)
        real = torch.tensor([len(each) for each in ordered], device=waveform.device)
        mask = torch.arange(padded.shape[1], device=waveform.device) < real.unsqueeze(1)
        return self.head(padded, mask, with_weights)

    def _steps(self, waveform: torch.Tensor) -> torch.Tensor:
        """The chosen layer's states, `(segments, steps, hidden_size)`, of segments of one length."""
        sounds = list(waveform.float().cpu().numpy())
        features = self.processor(sounds, sampling_rate=self.processor.sampling_rate, return_tensors="pt")
        given = {name: self._as_the_encoder(tensor) for name, tensor in features.items() if name != "attention_mask"}
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.unfrozen > 0):
            output = self.encoder(**given, output_hidden_states=self.layer != -1)
        states = output.last_hidden_state if self.layer == -1 else output.hidden_states[self.layer]
        states = states.flatten(2).mT if states.ndim == 4 else states  # CLAP's are a map of (channels, bands, times)
        if states.shape[-1] != self.encoder.config.hidden_size:
            raise ValueError(
                f"states of encoder_layer={self.layer} are {states.shape[-1]} wide and not "
                f"{self.encoder.config.hidden_size}; this encoder widens on its way, choose -1"
            )
        return states

    def _as_the_encoder(self, tensor: torch.Tensor) -> torch.Tensor:
        parameter = next(self.encoder.parameters())
        return tensor.to(parameter.device, parameter.dtype if tensor.is_floating_point() else tensor.dtype)

    def freeze(self) -> None:
        """Let only the last `encoder_unfrozen` layers of the encoder learn."""
        self.encoder.requires_grad_(False)
        for layer in self._learning():
            layer.requires_grad_(True)

    def train(self, mode: bool = True) -> "TonadaWaveformEncoder":
        """What is frozen stays as in evaluation: no dropout, no new statistics."""
        super().train(mode)
        self.encoder.eval()
        for layer in self._learning():
            layer.train(mode)
        return self

    def _learning(self) -> Iterator[nn.Module]:
        if self.unfrozen:
            heard = self.layer % (len(self.layers) + 1)  # layers that the chosen states have gone through
            yield from self.layers[max(0, heard - self.unfrozen) : heard]


def layers_of(encoder: nn.Module) -> tuple[nn.Module, ...]:
    """
    The encoder's own layers: the outermost of its lists of modules that attend, and not those that convolve.

    Raises:
        ValueError: it has none, so that no layer of it can be chosen.
    """
    for each in encoder.modules():
        if isinstance(each, nn.ModuleList) and any("Attention" in type(part).__name__ for part in each.modules()):
            return tuple(each)
    raise ValueError(
        f"a {type(encoder).__name__} has no list of layers that attend; leave out encoder_layer and encoder_unfrozen"
    )


def empty_encoder(config) -> PreTrainedModel:
    """An encoder of the config's shape, with first weights."""
    settings = {name: value for name, value in config.encoder_config.items() if name != "model_type"}
    kind = config.encoder_config["model_type"]
    if kind in transformers.CONFIG_MAPPING:
        return AutoModel.from_config(AutoConfig.for_model(kind, **settings))
    if not config.encoder_remote_code:
        raise ValueError(
            f"the encoder {config.encoder} runs code of its own ({kind}), which nobody has allowed; read it, and if "
            "you trust it pass encoder_remote_code=True"
        )
    trusted = {"revision": config.encoder_revision, "trust_remote_code": True}
    return AutoModel.from_config(AutoConfig.from_pretrained(config.encoder, **trusted), trust_remote_code=True)


def audio_part(model: PreTrainedModel) -> PreTrainedModel:
    """Of a model that also reads or writes text, what hears: CLAP's audio tower, Whisper's encoder."""
    if model.config.is_encoder_decoder:
        return model.get_encoder()
    return getattr(model, "audio_model", model)


def longest(processor: Any) -> float:
    """Samples beyond which a feature extractor would cut a sound without a word: CLAP's, Whisper's and AST's."""
    if frames := getattr(processor, "max_length", None):
        return frames * processor.sampling_rate / AST_FRAMES_A_SECOND
    return getattr(processor, "nb_max_samples", None) or getattr(processor, "n_samples", None) or math.inf


def processor_of(settings: dict[str, Any]) -> Any:
    """
    The encoder's own feature extractor, from its saved settings.

    Raises:
        ValueError: it is none of transformers'.
    """
    kind = settings.get("feature_extractor_type")
    found = getattr(transformers, str(kind), None)
    if not (isinstance(found, type) and issubclass(found, FeatureExtractionMixin)):
        raise ValueError(f"encoder_processor is a {kind!r}; it must be one of transformers' own feature extractors")
    return found.from_dict(settings)


__all__ = ["TonadaWaveformEncoder", "audio_part"]
