"""The machine that a measurement was made on, in words."""

import os
import platform
from pathlib import Path

import torch


def machine() -> str:
    """Processor, cores and threads: what a time means nothing without."""
    cores, threads = os.cpu_count(), torch.get_num_threads()
    return f"{_processor()}, {cores} cores, torch {torch.__version__} on {threads} of them"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())
