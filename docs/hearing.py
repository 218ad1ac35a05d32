"""Draws what the model hears in one example song: the pictures of hearing.md, made by `make docs`."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.feature_extraction.chroma_tonada import chroma
from tonada.feature_extraction.descriptors_tonada import (
    spectral_bandwidth,
    spectral_centroid,
    spectral_flux,
    spectral_rolloff,
    zero_crossing_rate,
)
from tonada.feature_extraction.spectrum_tonada import Spectrum

from tonada.listening.decoding import decode

HERE = Path(__file__).parent
SONG = HERE.parent / "examples" / "vengeful-pursuit.ogg"
INK, SHADE = "#1f3a5f", "#b8c7d9"
NOTES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"]


def heard(extractor: TonadaFeatureExtractor) -> tuple[np.ndarray, Spectrum]:
    """The song's waveform at the model's rate and level, and its spectrum as one long segment."""
    waveform = decode(SONG, extractor.sampling_rate)
    level = 10 ** (extractor.level / 20) / np.sqrt(np.mean(waveform**2))
    samples = torch.from_numpy(level * waveform).unsqueeze(0)
    numbers = (extractor.sampling_rate, extractor.n_fft, extractor.hop_length, extractor.max_frequency)
    return level * waveform, Spectrum(samples, torch.tensor([len(waveform)]), *numbers)


def draw_waveform(axes: plt.Axes, waveform: np.ndarray, extractor: TonadaFeatureExtractor) -> None:
    """The waveform, with the borders of the segments that vote."""
    seconds = np.arange(len(waveform)) / extractor.sampling_rate
    axes.plot(seconds[::20], waveform[::20], color=INK, linewidth=0.3)
    for number, (start, end) in enumerate(extractor.segment_times(waveform)):
        axes.axvspan(start, end, color=SHADE, alpha=0.5 if number % 2 else 0.15, linewidth=0)
        axes.text((start + end) / 2, 0.85 * np.abs(waveform).max(), f"segment {number + 1}", ha="center", fontsize=8)
    axes.set_ylabel("sample")


def draw_log_mel(axes: plt.Axes, spectrum: Spectrum, bands: int) -> None:
    """The input of the convolutions."""
    image = axes.imshow(
        spectrum.mel_decibels(bands)[0], origin="lower", aspect="auto", extent=_extent(spectrum, bands), cmap="magma"
    )
    axes.set_ylabel("mel band")
    axes.figure.colorbar(image, ax=axes, label="decibels", pad=0.01)


def draw_chroma(axes: plt.Axes, spectrum: Spectrum) -> None:
    """Power in the twelve pitch classes."""
    axes.imshow(chroma(spectrum)[0], origin="lower", aspect="auto", extent=_extent(spectrum, 12), cmap="Blues")
    axes.set_yticks(np.arange(12) + 0.5, NOTES, fontsize=7)


def draw_descriptors(figure: plt.Figure, spectrum: Spectrum) -> None:
    """Descriptors over time, of which the set takes mean, variance and maximum."""
    curves = {
        "centroid, Hz": spectral_centroid,
        "bandwidth, Hz": spectral_bandwidth,
        "roll-off, Hz": spectral_rolloff,
        "flux": spectral_flux,
        "zero crossings": zero_crossing_rate,
    }
    seconds = np.arange(spectrum.frame_mask.shape[1]) * spectrum.hop_length / spectrum.sampling_rate
    for axes, (label, descriptor) in zip(figure.subplots(len(curves), sharex=True), curves.items(), strict=True):
        axes.plot(seconds, descriptor(spectrum)[0, 0], color=INK, linewidth=0.6)
        axes.set_ylabel(label, fontsize=8)
        axes.set_xlim(0, seconds[-1])
    axes.set_xlabel("seconds")


def _extent(spectrum: Spectrum, rows: int) -> tuple[float, float, float, float]:
    return 0, spectrum.waveform.shape[1] / spectrum.sampling_rate, 0, rows


def main() -> None:
    """Draw and save each picture."""
    extractor = TonadaFeatureExtractor()
    waveform, spectrum = heard(extractor)
    one_panel = {
        "waveform": lambda axes: draw_waveform(axes, waveform, extractor),
        "log-mel": lambda axes: draw_log_mel(axes, spectrum, extractor.num_mel_bins),
        "chroma": lambda axes: draw_chroma(axes, spectrum),
    }
    (HERE / "pictures").mkdir(exist_ok=True)
    for name, draw in one_panel.items():
        figure, axes = plt.subplots(figsize=(9, 2.6), layout="constrained")
        draw(axes)
        axes.set_xlabel("seconds")
        axes.set_xlim(0, len(waveform) / extractor.sampling_rate)
        figure.savefig(HERE / "pictures" / f"{name}.png", dpi=90)
    figure = plt.figure(figsize=(9, 6), layout="constrained")
    draw_descriptors(figure, spectrum)
    figure.savefig(HERE / "pictures" / "descriptors.png", dpi=90)


if __name__ == "__main__":
    main()
