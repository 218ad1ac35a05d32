"""Memory that a training step gives back is kept for the next one, where the C library is GNU's."""

import ctypes

# Of malloc.h. By default each large tensor is mapped anew and given back at once, and the kernel clears its pages each
# time: on two cores half of a training step (benchmarks/training.py).
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
MOST, AHEAD = 2**31 - 1, 256 * 2**20  # bytes


def keep_freed_memory() -> None:
    """From now on this process gives no memory back to the system, if its C library is GNU's; else nothing changes."""
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, MOST), (M_TOP_PAD, AHEAD)):
            library.mallopt(option, value)
