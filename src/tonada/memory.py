"""Memory that work gives back is kept for what comes next, where the C library is GNU's; elsewhere nothing changes."""

import ctypes

# Of malloc.h. By default each large tensor is mapped anew and given back at once, and the kernel clears its pages each
# time: on two cores half of a training step (benchmarks/training.py).
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -2, -3, -4
MB = 2**20


def keep_freed_memory() -> None:
    """From now on this process gives no memory back to the system: each step of training wants all of it again."""
    _set({M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 256 * MB})


def keep_freed_blocks() -> None:
    """
    From now on this process keeps 256 MB of what it frees in blocks of up to 32 MB, the most that every GNU malloc
    allows: each song of some minutes wants it again. What hours take goes back, and grows without being copied.
    """
    _set({M_MMAP_THRESHOLD: 32 * MB, M_TRIM_THRESHOLD: 256 * MB, M_TOP_PAD: 32 * MB})


def _set(options: dict[int, int]) -> None:
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        for option, value in options.items():
            library.mallopt(option, value)
