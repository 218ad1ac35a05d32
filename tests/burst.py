"""A model made by hand that says how much of a song is loud, and nothing else: what must decide it is known."""

import numpy as np
import torch
from conftest import RATE, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification

from tonada.listening.listener import Listener

BURST = (16.0, 16.6)  # seconds of the song, and two more before it are silent
SILENT = 2.0


def song_with_a_burst() -> np.ndarray:
    """Two seconds of silence, which is trimmed, then quiet noise to second 27, with a loud tone for 0.6 seconds."""
    song = np.concatenate([np.zeros(round(SILENT * RATE), np.float32), noise(25, amplitude=0.01)])
    first = round(BURST[0] * RATE)
    loud = tone(1000, BURST[1] - BURST[0], amplitude=0.5) + noise(BURST[1] - BURST[0], amplitude=0.2)
    song[first : first + len(loud)] += loud
    return song


def burst_listener(**settings) -> Listener:
    """
    Its convolutions copy what is louder than the mean, its LSTM forgets all but the present step, its attention takes
    the mean, and the label `burst` grows with it.
    """
    config = TonadaConfig(
        id2label={0: "calm", 1: "burst"},
        label2id={"calm": 0, "burst": 1},
        branches=("spectrogram",),
        **{"conv_channels": (1, 1, 1), "lstm_hidden_size": 1, "attention_heads": 1, "attention_mode": "softmax"},
        **settings,
    )
    model = TonadaForAudioClassification(config).eval()
    encoder = model.tonada.spectrogram_encoder
    encoder.scale.fill_(10)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        for block in encoder.blocks:
            block.conv.weight[:, :, 1, 1] = 1
            block.norm.weight.fill_(1)
        for way in ("", "_reverse"):
            for name, gates in {"bias_ih": [10, -10, 0, 10]}.items():  # in, forget, cell, out
                getattr(encoder.lstm, f"{name}_l0{way}").copy_(torch.tensor(gates))
            cell = getattr(encoder.lstm, f"weight_ih_l0{way}")[2]
            cell.fill_(1 / len(cell))
        encoder.attention.value.weight.copy_(torch.eye(2))
        encoder.attention.output.weight.copy_(torch.eye(2))
        model.classifier.weight[1] = 50
        model.classifier.bias[1] = -1
    return Listener(model, TonadaFeatureExtractor(branches=["spectrogram"]), "burst")
