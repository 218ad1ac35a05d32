"""Which features a model takes: those of its branches, each as wide as it was built for."""

import torch


def check_features(config, given: dict[str, torch.Tensor | None], frame_mask: torch.Tensor | None) -> None:
    """
    Refuse features that this model cannot hear with.

    Args:
        config: of the model.
        given: each branch's feature, by name, or `None`.
        frame_mask: which the spectrogram needs.

    Raises:
        ValueError: naming what is missing, what nobody asked for, or both widths.
    """
    missing = [name for name in config.branches if given[name] is None]
    if "spectrogram" in config.branches and frame_mask is None:
        missing.append("frame_mask")
    extra = [name for name, tensor in given.items() if tensor is not None and name not in config.branches]
    if missing or extra:
        raise ValueError(
            f"this model hears with {' and '.join(config.branches)}; missing: {', '.join(missing) or 'nothing'}; "
            f"not asked for: {', '.join(extra) or 'nothing'}. Use the feature extractor saved beside the model"
        )
    widths = {
        "spectrogram": ("channels, mels", slice(2, 4), (config.num_channels, config.num_mel_bins)),
        "descriptors": ("num_descriptors", slice(2, None), (config.num_descriptors,)),
        "embeddings": ("embedding_width", slice(3, None), (config.embedding_width,)),
    }
    for name, (meaning, where, expected) in widths.items():
        if (tensor := given[name]) is not None and tuple(tensor.shape[where]) != expected:
            raise ValueError(
                f"{name} has ({meaning}) = {tuple(tensor.shape[where])}, this model was built for {expected}; "
                "use the feature extractor saved beside the model"
            )


__all__ = ["check_features"]
