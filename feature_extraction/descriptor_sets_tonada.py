"""
Sets of descriptors: which are computed, what sums them up, and what the columns are called.

A set is a list of blocks, each a descriptor with its settings and the statistics taken of it. One's own is such a list
in an extractor's settings or a recipe:

    descriptor_set:
      - {descriptor: mfcc, count: 20, statistics: [mean, standard_deviation]}
      - {descriptor: chroma, tuned: true, name: tuned_chroma, statistics: [mean]}
"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from .attacks_tonada import attack_time
from .auditory_cepstrum_tonada import whole_mfcc
from .chroma_tonada import chroma, chroma_cens, chroma_cqt, tonnetz
from .descriptors_tonada import (
    amplitude_envelope,
    band_energy_ratio,
    mfcc,
    root_mean_square,
    spectral_bandwidth,
    spectral_centroid,
    spectral_contrast,
    spectral_flatness,
    spectral_flux,
    spectral_rms,
    spectral_rms_per_bin,
    spectral_rolloff,
    zero_crossing_rate,
)
from .fluctuation_tonada import fluctuation
from .frames_tonada import Frames
from .harmonic_change_tonada import harmonic_change, whole_chroma
from .loudness_tonada import low_energy, upward_crossings, whole_rms
from .onsets_tonada import event_density, pulse_clarity
from .roughness_tonada import roughness
from .spectrum_tonada import Spectrum
from .statistics_tonada import STATISTICS, Statistics
from .tempo_tonada import tempo
from .whole_spectrum_tonada import (
    whole_brightness,
    whole_centroid,
    whole_entropy,
    whole_flatness,
    whole_kurtosis,
    whole_rolloff,
    whole_skewness,
    whole_spread,
)

PITCH_CLASSES = ("c", "c_sharp", "d", "d_sharp", "e", "f", "f_sharp", "g", "g_sharp", "a", "a_sharp", "b")
CONTRAST_BANDS = tuple(str(number) for number in range(1, 8))
CONSTANT_Q: dict[str, int] = {
    "lowest_rate": 8_500,
    "hop_multiple": 64,
}  # seven octaves from C1, the hop halved six times
TONAL_CENTROID = ("fifth_y", "fifth_x", "minor_y", "minor_x", "major_y", "major_x")


@dataclass(frozen=True)
class Descriptor:
    """
    What can be computed of frames.

    Attributes:
        compute: from a spectrum and settings to `(segments, columns, frames)`, or to `Frames` that it cut itself.
        columns: names of its columns; none for a single one, and numbers for as many as its setting `count` says.
        version: raised whenever its values change, so that no model hears with another definition than it learned.
        lowest_rate: below which the sound does not reach as high as it listens, hertz.
        hop_multiple: of which the hop must be a multiple, samples.
    """

    compute: Callable[..., torch.Tensor | Frames]
    columns: tuple[str, ...] = ()
    version: int = 1
    lowest_rate: int = 0
    hop_multiple: int = 1

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings with their defaults."""
        parameters = list(inspect.signature(self.compute).parameters.values())[1:]
        return {parameter.name: parameter.default for parameter in parameters}


DESCRIPTORS = {
    "amplitude_envelope": Descriptor(amplitude_envelope),
    "attack_time": Descriptor(attack_time),
    "band_energy_ratio": Descriptor(band_energy_ratio),
    "chroma": Descriptor(chroma, PITCH_CLASSES),
    "chroma_cens": Descriptor(chroma_cens, PITCH_CLASSES, **CONSTANT_Q),
    "chroma_cqt": Descriptor(chroma_cqt, PITCH_CLASSES, **CONSTANT_Q),
    "event_density": Descriptor(event_density),
    "fluctuation": Descriptor(fluctuation),
    "harmonic_change": Descriptor(harmonic_change, lowest_rate=8_000),
    "low_energy": Descriptor(low_energy),
    "mfcc": Descriptor(mfcc),
    "pulse_clarity": Descriptor(pulse_clarity),
    "root_mean_square": Descriptor(root_mean_square),
    "roughness": Descriptor(roughness),
    "spectral_bandwidth": Descriptor(spectral_bandwidth),
    "spectral_centroid": Descriptor(spectral_centroid),
    "spectral_contrast": Descriptor(spectral_contrast, CONTRAST_BANDS, lowest_rate=12_801),
    "spectral_flatness": Descriptor(spectral_flatness),
    "spectral_flux": Descriptor(spectral_flux),
    "spectral_rms": Descriptor(spectral_rms),
    "spectral_rms_per_bin": Descriptor(spectral_rms_per_bin),
    "spectral_rolloff": Descriptor(spectral_rolloff),
    "tempo": Descriptor(tempo),
    "tonnetz": Descriptor(tonnetz, TONAL_CENTROID, **CONSTANT_Q),
    "upward_crossings": Descriptor(upward_crossings),
    "whole_brightness": Descriptor(whole_brightness),
    "whole_centroid": Descriptor(whole_centroid),
    "whole_chroma": Descriptor(whole_chroma, PITCH_CLASSES, lowest_rate=8_000),
    "whole_entropy": Descriptor(whole_entropy),
    "whole_flatness": Descriptor(whole_flatness),
    "whole_kurtosis": Descriptor(whole_kurtosis),
    "whole_mfcc": Descriptor(whole_mfcc),
    "whole_rms": Descriptor(whole_rms),
    "whole_rolloff": Descriptor(whole_rolloff),
    "whole_skewness": Descriptor(whole_skewness),
    "whole_spread": Descriptor(whole_spread),
    "zero_crossing_rate": Descriptor(zero_crossing_rate),
}


@dataclass(frozen=True)
class Block:
    """
    A descriptor in a set.

    Attributes:
        descriptor: its key in `DESCRIPTORS`.
        statistics: what is taken of its frames, among `STATISTICS`.
        name: what its columns' names begin with.
        settings: of the descriptor, where they are not the defaults.
    """

    descriptor: str
    statistics: tuple[str, ...]
    name: str
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, descriptor: str, statistics: Iterable[str], name: str | None = None, **settings: Any) -> "Block":
        """
        A block, checked.

        Raises:
            ValueError: a descriptor, statistic or setting is unknown.
        """
        if descriptor not in DESCRIPTORS:
            raise ValueError(f"there is no descriptor {descriptor!r}; choose among {', '.join(DESCRIPTORS)}")
        chosen = (statistics,) if isinstance(statistics, str) else tuple(statistics)
        if not chosen or set(chosen) - set(STATISTICS):
            raise ValueError(f"statistics of {descriptor} are {list(chosen)}; choose among {', '.join(STATISTICS)}")
        defaults = DESCRIPTORS[descriptor].settings
        if unknown := sorted(set(settings) - set(defaults)):
            known = ", ".join(defaults) or "none"
            raise ValueError(f"{descriptor} has no setting {', '.join(unknown)}; its settings are: {known}")
        changed = {setting: value for setting, value in settings.items() if value != defaults[setting]}
        return cls(descriptor, chosen, name or descriptor, changed)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns: all of a statistic, then all of the next."""
        descriptor = DESCRIPTORS[self.descriptor]
        count = {**descriptor.settings, **self.settings}.get("count", 0)
        inner = descriptor.columns or tuple(str(number) for number in range(1, count + 1)) or ("",)
        return tuple(
            "_".join(filter(None, (self.name, column, statistic))) for statistic in self.statistics for column in inner
        )

    def statistics_of(self, spectrum: Spectrum) -> Statistics:
        """Statistics of its descriptor's frames, of which it takes some."""
        found = DESCRIPTORS[self.descriptor].compute(spectrum, **self.settings)
        if isinstance(found, torch.Tensor):
            found = Frames(found, spectrum.frame_mask, spectrum.sampling_rate / spectrum.hop_length)
        return Statistics(found.values, found.mask, found.rate)


@dataclass(frozen=True)
class DescriptorSet:
    """
    A list of blocks and the names of their columns.

    Args:
        name: of the set.
        blocks: in the order of the columns.
        columns: names, where a published table has its own; those of the blocks otherwise.
        front_end: settings of the extractor without which it would not be the published set.
    """

    name: str
    blocks: tuple[Block, ...]
    columns: tuple[str, ...] = ()
    front_end: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = tuple(column for block in self.blocks for column in block.columns)
        object.__setattr__(self, "columns", self.columns or own)
        if twice := [column for column, times in Counter(self.columns).items() if times > 1]:
            raise ValueError(f"two columns are called {twice[0]}; give one of their blocks another name")

    @classmethod
    def of(cls, blocks: Iterable[Mapping[str, Any]]) -> "DescriptorSet":
        """
        A set of one's own, from plain settings.

        Raises:
            ValueError: naming the block that cannot be, and what can.
        """
        parsed = []
        for number, block in enumerate(blocks, 1):
            if not isinstance(block, Mapping) or not {"descriptor", "statistics"} <= set(block):
                raise ValueError(f"block {number} of descriptor_set is {block!r}; it needs descriptor and statistics")
            parsed.append(Block.of(**block))
        if not parsed:
            raise ValueError("descriptor_set is empty; name a published set or list at least one block")
        return cls("own", tuple(parsed))

    @property
    def definition(self) -> dict[str, Any]:
        """All that its values depend on, apart from the sound and its spectrum."""
        versions = {block.descriptor: DESCRIPTORS[block.descriptor].version for block in self.blocks}
        return {"columns": self.columns, "blocks": [asdict(block) for block in self.blocks], "versions": versions}

    def check(self, sampling_rate: int, hop_length: int) -> None:
        """
        Refuse a front end that some descriptor cannot hear with.

        Raises:
            ValueError: naming the descriptor and what it needs.
        """
        for block in self.blocks:
            needed = DESCRIPTORS[block.descriptor]
            if sampling_rate < needed.lowest_rate:
                raise ValueError(
                    f"{block.descriptor} listens above half of sampling_rate={sampling_rate}; "
                    f"it needs at least {needed.lowest_rate} Hz"
                )
            if hop_length % needed.hop_multiple:
                raise ValueError(
                    f"hop_length is {hop_length}; {block.descriptor} halves it again and again and needs a multiple of "
                    f"{needed.hop_multiple}"
                )

    def compute(self, spectrum: Spectrum) -> torch.Tensor:
        """The set's columns of each segment, `(segments, columns)`."""
        columns = []
        heard: dict[tuple, Statistics] = {}  # blocks may take other statistics of the same frames
        for block in self.blocks:
            key = (block.descriptor, *sorted(block.settings.items()))
            if key not in heard:
                heard[key] = block.statistics_of(spectrum)
            columns += [getattr(heard[key], statistic) for statistic in block.statistics]
        return torch.cat(columns, dim=1).float()


__all__ = ["DESCRIPTORS", "Block", "DescriptorSet"]
