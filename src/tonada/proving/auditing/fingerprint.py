"""
Acoustic fingerprints after Haitsma & Kalker (2002), "A Highly Robust Audio Fingerprinting System".

32 bits a frame say where the difference of energy between two neighbouring bands rises. No gain changes them, and a
codec, a resampler or another cut of the same sound changes few. What changes speed or pitch is another sound to them.
"""

from dataclasses import dataclass

import numpy as np

RATE = 5512  # hertz; all that is heard lies below 2 kHz, which every codec keeps
WINDOW = 2048  # 0.37 s: two cuts of a sound that meet within half a hop share most of it
HOP = 128  # 23 ms
LOWEST, HIGHEST, BANDS = 300.0, 2000.0, 33
QUIET = 1e-6  # of the loudest frame's energy: -60 dB, below which there is only the encoder's own noise
FRAMES_AT_ONCE = 1024


@dataclass(frozen=True)
class Fingerprint:
    """
    Attributes:
        codes: uint32 `(frames,)`, 32 bits a frame, a frame each `HOP / RATE` seconds.
        is_heard: bool `(frames,)`, where there was sound to take them from.
    """

    codes: np.ndarray
    is_heard: np.ndarray

    @property
    def seconds(self) -> float:
        """Of sound in it."""
        return int(self.is_heard.sum()) * HOP / RATE


def fingerprint(waveform: np.ndarray) -> Fingerprint:
    """
    The fingerprint of a sound; without frames if it is shorter than a window and a hop.

    Args:
        waveform: `(samples,)` at `RATE`.
    """
    energy = _band_energies(waveform)
    if len(energy) < 2:
        return Fingerprint(np.empty(0, np.uint32), np.empty(0, bool))
    slope = energy[:, :-1] - energy[:, 1:]
    bits = np.packbits(slope[1:] > slope[:-1], axis=1)
    total = energy.sum(1)
    return Fingerprint(bits.view(">u4")[:, 0].astype(np.uint32), total[1:] > QUIET * total.max())


def _band_energies(waveform: np.ndarray) -> np.ndarray:
    """`(frames, BANDS)`, float32: bands of equal width in log frequency."""
    if len(waveform) < WINDOW:
        return np.empty((0, BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, WINDOW)[::HOP]
    window = np.hanning(WINDOW).astype(np.float32)
    edges = np.geomspace(LOWEST, HIGHEST, BANDS + 1) * WINDOW / RATE
    starts, end = np.round(edges[:-1]).astype(int), round(edges[-1])
    parts = []
    for first in range(0, len(frames), FRAMES_AT_ONCE):
        spectrum = np.fft.rfft(frames[first : first + FRAMES_AT_ONCE] * window)[:, :end]
        parts.append(np.add.reduceat(spectrum.real**2 + spectrum.imag**2, starts, axis=1))
    return np.concatenate(parts)
