"""The descriptor sets that were published, by name."""

from typing import Any

from .descriptor_sets_tonada import Block, DescriptorSet
from .turkish50_tonada import turkish50

LIBROSA_DEFAULT_RATE = 22050
FMA_STATISTICS = {
    "kurtosis": "kurtosis",
    "max": "maximum",
    "mean": "mean",
    "median": "median",
    "min": "minimum",
    "skew": "skewness",
    "std": "standard_deviation",
}


def _hsf90() -> DescriptorSet:
    """Low-level descriptors and high-level statistics that Jia 2022 names: 30 x (mean, variance, maximum)."""
    descriptors = (
        *("mfcc", "zero_crossing_rate", "spectral_centroid", "spectral_bandwidth", "spectral_flux"),
        *("spectral_rolloff", "chroma"),
    )
    statistics = ("mean", "variance", "maximum")
    return DescriptorSet(
        "hsf90", tuple(Block.of(descriptor, [statistic]) for statistic in statistics for descriptor in descriptors)
    )


def _bag32() -> DescriptorSet:
    """
    The 32 means of "Bag of songs" (Reina & Linares), in the units of its table: zero crossings as a rate, frequencies
    in hertz. The document leaves open the frame, the hop and where the bands of its energy ratio part: 2,048 samples,
    512 samples and 2,000 Hz are our choice.
    """
    descriptors = (
        *("amplitude_envelope", "root_mean_square", "zero_crossing_rate", "band_energy_ratio"),
        *("spectral_centroid", "spectral_bandwidth", "spectral_rolloff"),
    )
    blocks = [Block.of(descriptor, ["mean"]) for descriptor in descriptors]
    return DescriptorSet("bag32", (*blocks, Block.of("chroma", ["mean"], tuned=True), Block.of("mfcc", ["mean"])))


def _fma518(as_published: bool) -> DescriptorSet:
    """
    FMA's eleven features x seven statistics (Defferrard et al. 2017), columns in the order of its `features.csv`.

    Right at any rate, and by librosa 0.11's definitions; or as published, which is `features.py` under librosa 0.5.0:
    five of its calls leave the rate at 22,050 Hz whatever the sound's is (so hertz are half of what they should be for
    most tracks), edges are mirrored, the windows of the constant-Q transform and of CENS are others, and `rmse` is a
    mean over bins, 45 times today's `rms`.
    """
    rate = {"rate": LIBROSA_DEFAULT_RATE} if as_published else {}
    edition = {"as_librosa_05": True} if as_published else {}
    features: dict[str, tuple[str, dict[str, Any]]] = {
        "chroma_cens": ("chroma_cens", edition),
        "chroma_cqt": ("chroma_cqt", edition),
        "chroma_stft": ("chroma", {"tuned": True, **rate}),
        "mfcc": ("mfcc", {"count": 20}),
        "rmse": ("spectral_rms_per_bin" if as_published else "spectral_rms", {}),
        "spectral_bandwidth": ("spectral_bandwidth", rate),
        "spectral_centroid": ("spectral_centroid", rate),
        "spectral_contrast": ("spectral_contrast", rate),
        "spectral_rolloff": ("spectral_rolloff", rate),
        "tonnetz": ("tonnetz", edition),
        "zcr": ("zero_crossing_rate", {}),
    }
    blocks = tuple(
        Block.of(descriptor, FMA_STATISTICS.values(), name, **settings)
        for name, (descriptor, settings) in features.items()
    )
    columns = tuple(
        f"{block.name}_{statistic}_{number:02d}"
        for block in blocks
        for statistic in FMA_STATISTICS
        for number in range(1, len(block.columns) // len(FMA_STATISTICS) + 1)
    )
    if as_published:
        return DescriptorSet("fma518_published", blocks, columns, {"sampling_rate": 44100, "pad_mode": "reflect"})
    return DescriptorSet("fma518", blocks, columns)


DESCRIPTOR_SETS = {
    chosen.name: chosen
    for chosen in (_hsf90(), _bag32(), _fma518(as_published=False), _fma518(as_published=True), turkish50())
}

__all__ = ["DESCRIPTOR_SETS"]
