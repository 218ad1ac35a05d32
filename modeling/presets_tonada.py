"""Shapes with a name: what the sources describe, and what measures best for its size."""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    # The bundled checkpoint's kind: of what was tried on 4qaed's validation songs, the best for its size.
    "default": {},
    # Jia 2022: images of 512 x 512 x 4, three convolutions, BiLSTM, explicit sparse attention, DNN, majority of the
    # segments. Sizes that it does not give are those of its parent, Chen & Li 2020: 64 filters, 128 units a direction,
    # 256-128-64, one head of attention. Filters of the second and third convolution are our choice, as is k.
    "jia2022": {
        "num_channels": 4,
        "num_mel_bins": 512,
        "conv_channels": (64, 64, 64),
        "attention_heads": 1,
        "vote": "majority",
    },
    # Source S4: 32 means to 128, 64 and one unit; no dropout is mentioned.
    "bag_of_songs": {
        "branches": ("descriptors",),
        "num_descriptors": 32,
        "dnn_sizes": (128, 64),
        "dropout": 0.0,
        "single_output": True,
    },
    # Source S2: the second stage's network over ten steps of VGGish.
    "music_attention_conv": {
        "branches": ("embeddings",),
        "embedding_network": "attention_conv",
        "embedding_width": 128,
        "attention_mode": "softmax",
        "dropout": 0.6,
        "single_output": True,
    },
}

__all__ = ["PRESETS"]
