"""The most memory that a process has had (Linux). getrusage would tell its parent's, which a child inherits."""

from pathlib import Path


def peak_megabytes(process: int | str = "self") -> float | None:
    """Of a process by its number; `None` if it has just ended."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return None
