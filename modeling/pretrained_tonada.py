"""Loading, saving and first weights, common to both models; and a model around a published encoder."""

from typing import Any, Self

import torch
from torch import nn
from transformers import AutoFeatureExtractor, AutoModel, PreTrainedModel
from transformers import initialization as init

from .bilstm_tonada import TonadaBiLSTM
from .configuration_tonada import TonadaConfig
from .descriptor_encoder_tonada import TonadaDescriptorEncoder
from .embedding_encoder_tonada import TonadaAttentionEncoder
from .sparse_attention_tonada import TonadaSparsePooling
from .spectrogram_encoder_tonada import TonadaSpectrogramEncoder
from .voting_tonada import TonadaSegmentScorer
from .waveform_encoder_tonada import audio_part


class TonadaPreTrainedModel(PreTrainedModel):
    """Loading, saving and first weights, common to both models."""

    config_class = TonadaConfig
    base_model_prefix = "tonada"
    main_input_name = "segment_mask"
    input_modalities = "audio"
    supports_gradient_checkpointing = True
    _no_split_modules = ["TonadaSpectrogramEncoder", "TonadaDescriptorEncoder", "TonadaAttentionEncoder"]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (TonadaSpectrogramEncoder, TonadaDescriptorEncoder, TonadaAttentionEncoder)):
            init.zeros_(module.mean)
            init.ones_(module.scale)
        elif isinstance(module, TonadaSegmentScorer):
            init.zeros_(module.weight)
        elif isinstance(module, nn.Conv2d):
            init.kaiming_uniform_(module.weight, nonlinearity="relu")
        elif isinstance(module, TonadaBiLSTM):
            for parameter in module.parameters():
                init.uniform_(parameter, -(module.hidden_size**-0.5), module.hidden_size**-0.5)  # as nn.LSTM
        elif isinstance(module, TonadaSparsePooling):
            init.normal_(module.question)
        elif isinstance(module, nn.Linear):
            init.xavier_uniform_(module.weight)
            init.zeros_(module.bias)
        else:
            super()._init_weights(module)

    @classmethod
    def from_pretrained(cls, *args: Any, output_loading_info: bool = False, **kwargs: Any) -> Any:
        """
        As transformers does, but a body that is not whole is refused where transformers would fill it with noise.

        Raises:
            ValueError: a weight of an encoder is missing. A missing classifier is only warned of, as it may be learned.
        """
        loaded: Any = super().from_pretrained(*args, output_loading_info=True, **kwargs)
        model, told = loaded
        learned = ("classifier.", "scorer.")
        missing = sorted(str(key) for key in told["missing_keys"] if not str(key).startswith(learned))
        if missing:
            raise ValueError(
                f"the saved model lacks {len(missing)} of the weights that its config asks for ({missing[0]}, …), "
                "which would be random; it was saved by another version of Tonada or with another config.json"
            )
        return loaded if output_loading_info else model

    @classmethod
    def with_encoder(
        cls, encoder: str, revision: str | None = None, encoder_remote_code: bool = False, **settings: Any
    ) -> Self:
        """
        A model around a published audio encoder, with its weights.

        Saved, it holds the encoder's weights and settings itself; nothing is asked of the Hub again.

        Args:
            encoder: Hub id or folder of a transformers model that hears (AST, wav2vec2, HuBERT, CLAP, Whisper, …).
            revision: branch, tag or commit.
            encoder_remote_code: whether the encoder may run code of its own.
            settings: of [`TonadaConfig`]; `branches` is the waveform alone if it is not among them.
        """
        trusted = {"revision": revision, "trust_remote_code": encoder_remote_code}
        found = AutoModel.from_pretrained(encoder, **trusted)
        processor = AutoFeatureExtractor.from_pretrained(encoder, **trusted)
        told = {
            "encoder": encoder,
            "encoder_revision": getattr(found.config, "_commit_hash", None) or revision,
            "encoder_remote_code": encoder_remote_code,
            "encoder_config": found.config.to_dict(),
            "encoder_processor": processor.to_dict(),
        }
        model = cls(TonadaConfig(**{"branches": ("waveform",), **told, **settings}))
        body: Any = model.base_model
        body.waveform_encoder.encoder.load_state_dict(audio_part(found).state_dict())
        return model


__all__ = ["TonadaPreTrainedModel"]
