"""
The bundled emotion network alone, on features that are ready, in three runtimes: `python benchmarks/runtimes.py`.

One thread, a song of four minutes, eight segments a pass and memory kept as in `tonada tag`, processor seconds, the
least of ten: torch, the same compiled (which needs a C++ compiler), and ONNX Runtime. A table of docs/scale.md.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from tonada.listening.listener import Listener
from tonada.memory import keep_freed_blocks

Pass = tuple[torch.Tensor, ...]

ROUNDS, SECONDS, SEGMENTS = 10, 240, 8  # 24 segments, three passes of one shape
FEATURES = ("spectrogram", "frame_mask", "descriptors", "segment_mask")


class Network(torch.nn.Module):
    """Features of one song to the logits of its segments, without the front end."""

    def __init__(self, model: torch.nn.Module):
        super().__init__()
        self.model = model

    def forward(self, *features: torch.Tensor) -> torch.Tensor:
        """`FEATURES` of one song to `(1, segments, labels)`."""
        return self.model(**dict(zip(FEATURES, features, strict=True))).segment_logits


def least(work: Callable[[], object]) -> float:
    """Processor seconds of the fastest of `ROUNDS`."""
    work()  # warm
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)


def measured(run: Callable[[Pass], np.ndarray], passes: list[Pass]) -> tuple[float, np.ndarray]:
    """Seconds for all passes, and what they say."""
    return least(lambda: [run(each) for each in passes]), np.concatenate([run(each) for each in passes], 1)


def in_onnx(network: Network, passes: list[Pass]) -> tuple[float, np.ndarray]:
    """Seconds on ONNX Runtime, and what it says."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        torch.onnx.export(network, passes[0], path, dynamo=True, verbose=False)
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        names = [node.name for node in session.get_inputs()]

        def run(given: Pass) -> np.ndarray:
            return session.run(None, {name: part.numpy() for name, part in zip(names, given, strict=True)})[0]

        return measured(run, passes)


def main() -> None:
    """Print the table."""
    keep_freed_blocks()
    torch.set_num_threads(1)
    listener = Listener.bundled("emotion")
    rate = listener.extractor.sampling_rate
    noise = np.random.default_rng(0).normal(scale=0.1, size=SECONDS * rate).astype(np.float32)
    heard = listener.extractor(noise, sampling_rate=rate, return_tensors="pt")
    passes = list(zip(*(heard[name].split(SEGMENTS, 1) for name in FEATURES), strict=True))
    network = Network(listener.model).eval()
    compiled = torch.compile(network)
    with torch.inference_mode():
        rows = {
            "torch": measured(lambda given: network(*given).numpy(), passes),
            "torch, compiled": measured(lambda given: compiled(*given).numpy(), passes),
        }
    with torch.no_grad():
        rows["ONNX Runtime"] = in_onnx(network, passes)
    expected = rows["torch"][1]
    print("| runtime | seconds of a core | largest difference of a logit |\n|---|---|---|")
    for name, (seconds, said) in rows.items():
        print(f"| {name} | {seconds:.3f} | {np.abs(said - expected).max():.1e} |")


if __name__ == "__main__":
    main()
