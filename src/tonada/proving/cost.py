"""What an answer costs: parameters, and multiplications with their additions, part by part."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tonada.modeling import TonadaForAudioClassification


@dataclass(frozen=True)
class Part:
    """A part of a model: its name, its parameters, and its multiply-adds for one segment."""

    name: str
    parameters: int
    multiply_adds: int


def cost_of(model: TonadaForAudioClassification, features: Mapping[str, torch.Tensor]) -> list[Part]:
    """
    The parts of a model that have parameters, in the order of hearing.

    Args:
        model: whose parts are counted.
        features: of one segment, which is heard to count: products of matrices and convolutions as torch's own counter
            has them, and those of an LSTM and of fused attention on the CPU, which it leaves out. What is done value by
            value is not counted.
    """
    counter = FlopCounterMode(display=False, custom_mapping=NOT_COUNTED_BY_TORCH)
    with torch.no_grad(), counter:
        model(**features)
    counted = {name: sum(each.values()) for name, each in counter.get_flop_counts().items()}
    root = type(model).__name__
    return [
        Part(
            name.removeprefix("tonada."),
            sum(each.numel() for each in part.parameters()),
            _flops(counted, f"{root}.{name}", part) // 2,
        )
        for name, part in _parts(model)
    ]


def _parts(model: TonadaForAudioClassification) -> list[tuple[str, nn.Module]]:
    """Children of each encoder, and what follows the encoders."""
    found = []
    for name, encoder in model.tonada.named_children():
        found += [(f"tonada.{name}.{child}", part) for child, part in encoder.named_children()]
    found += [(name, part) for name, part in model.named_children() if name != "tonada"]
    return [(name, part) for name, part in found if any(True for _ in part.parameters())]


def _flops(counted: dict[str, int], name: str, part: nn.Module) -> int:
    """A part's own count; a list of modules is never called itself and has its members'."""
    if name in counted or not isinstance(part, nn.ModuleList):
        return counted.get(name, 0)
    return sum(counted.get(f"{name}.{index}", 0) for index in range(len(part)))


def _lstm_flops(steps: Any, from_input: Any, from_state: Any, *rest: Any, **settings: Any) -> int:
    """One direction of an LSTM, from the shapes of its input `(steps, batch, width)` and its two matrices."""
    return 2 * steps[0] * steps[1] * (math.prod(from_input) + math.prod(from_state))


def _attention_flops(query: Any, key: Any, value: Any, *rest: Any, **settings: Any) -> int:
    """Scores and what they gather, from shapes `(batch, heads, queries or keys, width)`."""
    return 2 * math.prod(query[:3]) * key[2] * (query[3] + value[3])


NOT_COUNTED_BY_TORCH = {
    torch.ops.aten.mkldnn_rnn_layer: _lstm_flops,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
}

__all__ = ["Part", "cost_of"]
