"""
Time and peak memory of explicit sparse attention beside dense attention, forward and backward: part of `make bench`.

Four heads of 64 over one segment; on the CPU on one thread, each measurement in a process of its own, so that memory
taken before does not hide what is taken now; on a GPU too where there is one.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tonada.modeling.sparse_attention_tonada import attend_in_chunks, explicit_sparse_attention
from tonada.modeling.sparse_weights_tonada import ATTENTION_MODES

HEADS, WIDTH, TOP_K = 4, 64, 8
STEPS = (64, 256, 1024, 4096)
RUNS = 5
Attention = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def attentions() -> dict[str, Attention]:
    """What is compared: torch's own, ours with all scores in memory, and ours in chunks of queries."""

    def whole(mode: str) -> Attention:
        return lambda *inputs: explicit_sparse_attention(*inputs, mode=mode, top_k=TOP_K)[0]

    def in_chunks(mode: str) -> Attention:
        return lambda *inputs: attend_in_chunks(*inputs, mode=mode, top_k=TOP_K).gathered

    found: dict[str, Attention] = {
        "torch's scaled_dot_product_attention": torch.nn.functional.scaled_dot_product_attention
    }
    modes = ["softmax", *(mode for mode in ATTENTION_MODES if mode != "softmax")]
    found |= {mode: whole(mode) for mode in modes}
    return found | {f"{mode}, in chunks": in_chunks(mode) for mode in modes}


def measure(name: str, steps: int, device: str) -> tuple[float, float]:
    """Seconds of a forward and a backward pass, the median of its runs, and the megabytes that the first one takes."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs = [torch.randn(1, HEADS, steps, WIDTH, device=device, requires_grad=True) for _ in range(3)]
    attention = attentions()[name]

    def work() -> None:
        attention(*inputs).sum().backward()

    taken = gpu_peak(work) if device == "cuda" else cpu_peak(work)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times), taken


def cpu_peak(work: Callable[[], None]) -> float:
    """Megabytes (10 ** 6 bytes) by which the process grows at most."""
    explicit_sparse_attention(*(torch.ones(1, 1, 2, 2, requires_grad=True) for _ in range(3)))[0].sum().backward()
    Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
    before = status("VmRSS")
    work()
    return (status("VmHWM") - before) * 1024 / 1e6


def gpu_peak(work: Callable[[], None]) -> float:
    """Megabytes allocated at most beyond the inputs."""
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    work()
    return (torch.cuda.max_memory_allocated() - before) / 1e6


def status(field: str) -> int:
    """A field of this process's status, kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def main() -> None:
    """Measure and print."""
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        print(f"\n| attention on {device}, forward and backward, ms (MB) | " + " | ".join(map(str, STEPS)) + " |")
        print("|---" * (1 + len(STEPS)) + "|")
        for name in attentions():
            cells = []
            for steps in STEPS:
                with multiprocessing.get_context("spawn").Pool(1) as process:
                    seconds, megabytes = process.apply(measure, (name, steps, device))
                cells.append(f"{1e3 * seconds:.1f} ({megabytes:.0f})")
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
