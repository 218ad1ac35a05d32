"""Sounds to mix, so that what a separation makes of them can be held against what went in; tests use them too."""

import numpy as np


def looped_chords(seconds: float, rate: int = 22050) -> np.ndarray:
    """Four plucked chords of half a second, again and again: an accompaniment; float32 `(samples,)`."""
    time = np.arange(rate // 2) / rate
    chords = [(220.0, 277.2, 329.6), (196.0, 246.9, 293.7), (174.6, 220.0, 261.6), (164.8, 207.7, 246.9)]
    partials = [[note * partial for note in chord for partial in (1, 2, 3)] for chord in chords]
    bar = np.concatenate([np.exp(-3 * time) * sum(np.sin(2 * np.pi * f * time) for f in each) for each in partials])
    return (0.05 * np.tile(bar, round(seconds))[: round(seconds * rate)]).astype(np.float32)


def gliding_voice(seconds: float, rate: int = 22050) -> np.ndarray:
    """Harmonics that glide with vibrato and never come back to where they were: a voice; float32 `(samples,)`."""
    time = np.arange(round(seconds * rate)) / rate
    octaves = 0.5 * np.sin(2 * np.pi * 0.073 * time) + 0.3 * np.sin(2 * np.pi * 0.19 * time)
    hertz = 440 * 2 ** (octaves + 0.03 * np.sin(2 * np.pi * 5.5 * time))
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    return (0.15 * sum(np.sin(partial * phase) / partial for partial in (1, 2, 3, 4))).astype(np.float32)


def signal_to_distortion(truth: np.ndarray, heard: np.ndarray) -> float:
    """Energy of the truth over that of what differs from it, decibels."""
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - heard).sum()))
