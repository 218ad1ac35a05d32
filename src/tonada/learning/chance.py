"""Chance that follows from what it is for, and not from what was drawn before: any run, process or order repeats it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def seed_of(*facts: object) -> int:
    """A number that looks random and follows from the facts (seed, epoch, song, …) alone."""
    return int.from_bytes(hashlib.sha256(repr(facts).encode()).digest()[:8], "big") >> 1


@contextmanager
def chance_of(*facts: object) -> Iterator[None]:
    """Within, what torch draws on the CPU follows from the facts; outside, as if nothing had been drawn here."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_of(*facts))
        yield
