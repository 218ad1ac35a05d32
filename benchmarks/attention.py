"""
Time and peak memory of explicit sparse attention beside dense attention, forward and backward: part of `make bench`.

Four heads of 64 over one segment; on the CPU on one thread, each measurement in a process of its own, so that memory
taken before does not hide what is taken now; on a GPU too where there is one. Minutes.
"""

import ctypes
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
RUNS = 3
MMAP_THRESHOLD = -3  # of glibc's mallopt
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


def work_of(name: str, steps: int, device: str) -> Callable[[], None]:
    """A forward and a backward pass."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs = [torch.randn(1, HEADS, steps, WIDTH, device=device, requires_grad=True) for _ in range(3)]
    attention = attentions()[name]
    return lambda: attention(*inputs).sum().backward()


def seconds(name: str, steps: int, device: str) -> float:
    """Median of the runs after one to warm up."""
    work, times = work_of(name, steps, device), []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def cpu_peak(name: str, steps: int, device: str) -> float:
    """Megabytes (10 ** 6 bytes) in use at most beyond what was before, blocks of one megabyte and more."""
    ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, 2**20)  # such blocks go back to the system as soon as they are free
    work_of(name, 2, device)()
    work = work_of(name, steps, device)
    Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
    before = status("VmRSS")
    work()
    return (status("VmHWM") - before) * 1024 / 1e6


def gpu_peak(name: str, steps: int, device: str) -> float:
    """Megabytes allocated at most beyond what was before."""
    work = work_of(name, steps, device)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    work()
    return (torch.cuda.max_memory_allocated() - before) / 1e6


def alone(function: Callable[[str, int, str], float], *arguments: object) -> float:
    """A function in a process of its own; nothing was computed yet that a fork could break."""
    with multiprocessing.get_context("fork").Pool(1) as process:
        return process.apply(function, arguments)


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
                asked = (name, steps, device)
                if device == "cuda":
                    taken, megabytes = seconds(*asked), gpu_peak(*asked)
                else:
                    taken, megabytes = alone(seconds, *asked), alone(cpu_peak, *asked)
                cells.append(f"{1e3 * taken:.1f} ({megabytes:.0f})")
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
