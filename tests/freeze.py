"""
Make tests/data/frozen: a tiny model, features of one song, and what the model said of it when it was frozen.

Run as `python tests/freeze.py` only when an answer is meant to change, and say why in the commit.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from tonada.modeling import TonadaConfig, TonadaForAudioClassification

FROZEN = Path(__file__).parent / "data" / "frozen"
SHAPE = {
    "num_mel_bins": 16,
    "num_descriptors": 6,
    "conv_channels": (4, 4, 4),
    "lstm_hidden_size": 8,
    "attention_heads": 2,
    "attention_top_k": 3,
    "dnn_sizes": (8, 4),
}
OUTPUTS = ("logits", "segment_logits", "agreement", "embedding", "kept_steps")


def main() -> None:
    """Write the folder."""
    torch.manual_seed(0)
    model = TonadaForAudioClassification(TonadaConfig(**SHAPE, num_labels=3)).eval()
    real_frames = torch.tensor([[60, 60, 25], [60, 0, 0]]).unsqueeze(-1)
    song = {
        "spectrogram": torch.randn(2, 3, 1, 16, 60),
        "frame_mask": (torch.arange(60) < real_frames).long(),
        "descriptors": torch.randn(2, 3, 6),
        "segment_mask": torch.tensor([[1, 1, 1], [1, 0, 0]]),
    }
    with torch.no_grad():
        output = model(**song)
    model.save_pretrained(FROZEN)
    for code in FROZEN.glob("*.py"):
        code.unlink()
    save_file(song, FROZEN / "features.safetensors")
    save_file({name: output[name].contiguous() for name in OUTPUTS}, FROZEN / "outputs.safetensors")


if __name__ == "__main__":
    main()
