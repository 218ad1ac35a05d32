"""A bidirectional LSTM whose backward direction begins at the last real step, without packing."""

import torch
from torch import nn


class TonadaBiLSTM(nn.Module):
    """
    `(segments, steps, width)` and a mask to `(segments, steps, 2 * hidden_size)`, forward direction first.

    Weights, their names and the arithmetic are those of `nn.LSTM(width, hidden_size, bidirectional=True)`. That one
    needs packed sequences to leave padding out, which hold the numbers of real steps as numbers: no graph can be
    compiled or exported with them.
    """

    def __init__(self, width: int, hidden_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        shapes = {"weight_ih": (width,), "weight_hh": (hidden_size,), "bias_ih": (), "bias_hh": ()}
        for direction in ("", "_reverse"):
            for name, shape in shapes.items():
                setattr(self, f"{name}_l0{direction}", nn.Parameter(torch.empty(4 * hidden_size, *shape)))

    def forward(self, steps: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hear the steps both ways; `mask` is 1 for a real one, and what stands for padded ones means nothing."""
        weights: list[torch.Tensor] = list(self.parameters())
        backwards = self._one_way(_reversed(steps, mask), weights[4:])
        return torch.cat([self._one_way(steps, weights[:4]), _reversed(backwards, mask)], dim=-1)

    def _one_way(self, steps: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
        nothing = steps.new_zeros(1, steps.shape[0], self.hidden_size)
        return torch.lstm(steps, (nothing, nothing), weights, True, 1, 0.0, self.training, False, True)[0]


def _reversed(steps: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """
    The real steps of each segment back to front, padding where it was; twice is as before.

        steps      a b c d . .
        reversed   d c b a . .
    """
    count = mask.long().sum(1, keepdim=True)
    place = torch.arange(steps.shape[1], device=steps.device)
    mirrored = torch.where(place < count, count - 1 - place, place)
    return steps.gather(1, mirrored.unsqueeze(-1).expand_as(steps))


__all__ = ["TonadaBiLSTM"]
