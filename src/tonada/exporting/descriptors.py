"""
The descriptors and statistics that an ONNX graph can hold.

Most are the extractor's own functions, traced. Those that leave torch, or whose operators ONNX lacks, have equivalents
here, which `tests/test_exporting.py` holds against them.
"""

from collections.abc import Callable

import torch

from tonada.exporting.errors import ExportError
from tonada.feature_extraction.chroma_tonada import chroma
from tonada.feature_extraction.descriptor_sets_tonada import Block, DescriptorSet
from tonada.feature_extraction.descriptors_tonada import (
    NEITHER_SIGN,
    ROLLOFF_SHARE,
    amplitude_envelope,
    band_energy_ratio,
    mfcc,
    root_mean_square,
    spectral_bandwidth,
    spectral_centroid,
    spectral_flatness,
    spectral_flux,
    spectral_rms,
    spectral_rms_per_bin,
)
from tonada.feature_extraction.spectrum_tonada import Spectrum
from tonada.feature_extraction.statistics_tonada import Statistics

STATISTICS = ("mean", "variance", "standard_deviation", "skewness", "kurtosis", "minimum", "maximum")


def zero_crossing_rate(spectrum: Spectrum) -> torch.Tensor:
    """The extractor's `zero_crossing_rate` by sums of whole numbers: ONNX cannot see booleans as bytes."""
    half, frames = spectrum.n_fft // 2, spectrum.frame_mask.shape[1]
    negative = spectrum.waveform < -NEITHER_SIGN
    before, after = negative[:, :1].expand(-1, half), negative[:, -1:].expand(-1, half)
    negative = torch.cat([before, negative, after], dim=1).int()
    crossed = (negative[:, 1:] - negative[:, :-1]).abs()
    summed = torch.nn.functional.pad(crossed.cumsum(1), (1, 0))
    inside = summed[:, spectrum.n_fft - 1 :: spectrum.hop_length] - summed[:, :: spectrum.hop_length][:, :frames]
    return (inside.float() / spectrum.n_fft).unsqueeze(1)


def spectral_rolloff(spectrum: Spectrum, rate: int | None = None) -> torch.Tensor:
    """The extractor's `spectral_rolloff` by counting bins: ONNX has no search in what is sorted."""
    summed = spectrum.magnitude.double().cumsum(1).float()
    below = (summed < ROLLOFF_SHARE * summed[:, -1:]).sum(1, keepdim=True)
    return below.float() * ((rate or spectrum.sampling_rate) / spectrum.n_fft)


TRACED: dict[str, Callable[..., torch.Tensor]] = {
    "amplitude_envelope": amplitude_envelope,
    "band_energy_ratio": band_energy_ratio,
    "chroma": chroma,
    "mfcc": mfcc,
    "root_mean_square": root_mean_square,
    "spectral_bandwidth": spectral_bandwidth,
    "spectral_centroid": spectral_centroid,
    "spectral_flatness": spectral_flatness,
    "spectral_flux": spectral_flux,
    "spectral_rms": spectral_rms,
    "spectral_rms_per_bin": spectral_rms_per_bin,
    "spectral_rolloff": spectral_rolloff,
    "zero_crossing_rate": zero_crossing_rate,
}


def check_descriptors(chosen: DescriptorSet) -> None:
    """
    Refuse a set that the graph cannot hold.

    Raises:
        ExportError: naming the descriptors and statistics it cannot, and those it can.
    """
    if missing := sorted({_what_is_missing(block) for block in chosen.blocks} - {""}):
        raise ExportError(
            f"an ONNX graph cannot hold {', '.join(missing)} of the descriptor set {chosen.name}; it can hold "
            f"{', '.join(TRACED)} (chroma untuned), and of each {', '.join(STATISTICS)}"
        )


def _what_is_missing(block: Block) -> str:
    if block.descriptor not in TRACED:
        return block.descriptor
    if block.settings.get("tuned"):  # an estimate of tuning is the mode of a histogram of peaks
        return f"tuned {block.descriptor}"
    return ", ".join(sorted(set(block.statistics) - set(STATISTICS)))


def compute(chosen: DescriptorSet, spectrum: Spectrum) -> torch.Tensor:
    """As `DescriptorSet.compute`: the set's columns of each segment, `(segments, columns)`."""
    columns = []
    for block in chosen.blocks:
        frames = TRACED[block.descriptor](spectrum, **block.settings)
        of_frames = Statistics(frames, spectrum.frame_mask)
        columns += [getattr(of_frames, statistic) for statistic in block.statistics]
    return torch.cat(columns, dim=1).float()
