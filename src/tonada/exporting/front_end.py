"""What the extractor does to a song, as torch modules that can be traced: where its sound lies, and its segments."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import nn

from tonada.exporting import descriptors
from tonada.exporting.errors import ExportError
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.feature_extraction.feature_extraction_tonada import QUIETEST
from tonada.feature_extraction.segments_tonada import BLOCK
from tonada.feature_extraction.spectrum_tonada import Spectrum, hann_window

BRANCHES = {"spectrogram", "descriptors"}


def check_front_end(extractor: TonadaFeatureExtractor) -> None:
    """
    Refuse an extractor that the graph cannot hold.

    Raises:
        ExportError: saying what it does that the graph cannot.
    """
    if others := set(extractor.branches) - BRANCHES:
        raise ExportError(f"the model hears {', '.join(sorted(others))}; only {' and '.join(sorted(BRANCHES))} export")
    if extractor.stems is not None:
        raise ExportError("the model hears stems, and no separation is in the graph; only models of a mix export")
    if extractor.image_size is not None:
        raise ExportError("the model looks at pictures of spectrograms; only models of spectrograms export")
    if extractor.segment_seconds is None:
        raise ExportError("the model hears a song as one segment; only models of segments of one length export")
    if "descriptors" in extractor.branches:
        descriptors.check_descriptors(extractor.descriptors)


class TracedSpectrum(Spectrum):
    """A `Spectrum` whose transform is one operator, and no loop over frames."""

    @cached_property
    def power(self) -> torch.Tensor:
        """As `Spectrum.power`."""
        half = self.n_fft // 2
        padded = nn.functional.pad(self.waveform.unsqueeze(1), (half, half), mode=self.pad_mode).squeeze(1)
        window = hann_window(self.n_fft)
        transformed = torch.stft(
            padded.double(), self.n_fft, self.hop_length, window=window, center=False, return_complex=True
        )
        power = torch.view_as_real(transformed).square().sum(-1).float()
        heard = torch.arange(half + 1) <= int(self.max_frequency * self.n_fft / self.sampling_rate)
        return power * heard.float().unsqueeze(1)


class Sounding(nn.Module):
    """
    Where a song sounds, how it is cut, and how loud it is: as `sounding`, `Segmentation.starts` and the extractor's
    level have it, in tensors instead of numbers.
    """

    def __init__(self, extractor: TonadaFeatureExtractor):
        super().__init__()
        self.silence, self.level = extractor.silence, extractor.level
        self.cut = extractor._segmentation(0, extractor.sampling_rate)

    def forward(self, waveform: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """
        Measure a song, `(samples,)`.

        Returns:
            first sample that sounds, the one after the last, where the last segment may begin at the latest, number of
            segments (int64, `(1,)` each), offset, and gain (float32, `(1,)`).
        """
        length = waveform.shape[0]
        whole = length // BLOCK * BLOCK
        blocks, rest = waveform[:whole].unflatten(0, (-1, BLOCK)), waveform[whole:].unsqueeze(0)
        energy = _of_blocks(blocks, rest, torch.linalg.vector_norm).double().square()
        total = _of_blocks(blocks, rest, torch.sum).double()
        begin, after = self._blocks_that_sound(energy)
        first, end = begin * BLOCK, (after * BLOCK).clamp(max=length)
        place = torch.arange(energy.shape[0])
        sounds = ((place >= begin) & (place < after)).double()
        samples = end - first
        mean = (total * sounds).sum(0, keepdim=True) / samples
        rms = ((energy * sounds).sum(0, keepdim=True) / samples - mean.square()).clamp(min=0).sqrt()
        latest, count = self._cut(samples)
        return first, end, latest, count, *self._levelled(mean, rms)

    def _blocks_that_sound(self, energy: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        count = energy.shape[0]
        everything = torch.zeros(1, dtype=torch.long), torch.full((1,), count, dtype=torch.long)
        if self.silence is None:
            return everything
        padded = nn.functional.pad(energy, (2, 2))
        frames = padded[:-3] + padded[1:-2] + padded[2:-1] + padded[3:]
        loud = (frames > frames.max() * 10 ** (-self.silence / 10)).long()
        place = torch.arange(count + 1)
        first = torch.where(loud > 0, place, count).amin(0, keepdim=True)
        last = torch.where(loud > 0, place, 0).amax(0, keepdim=True)
        is_silent = loud.sum(0, keepdim=True) == 0
        return torch.where(is_silent, everything[0], first), torch.where(is_silent, everything[1], last + 1)

    def _cut(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        cut = self.cut
        whole = torch.div(samples - cut.length, cut.stride, rounding_mode="floor").clamp(min=0) + 1
        unheard = samples - ((whole - 1) * cut.stride + cut.length)
        has_tail = (samples > cut.length) & (unheard >= max(1, cut.shortest))
        count = whole if cut.tail == "dropped" else whole + has_tail.long()
        latest = (samples - cut.length).clamp(min=0) if cut.tail == "shifted" else count * cut.stride
        return latest, count

    def _levelled(self, mean: torch.Tensor, rms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.level is None:
            return torch.zeros(1), torch.ones(1)
        return mean.float(), (10 ** (self.level / 20) / rms.clamp(min=QUIETEST)).float()


def segment_features(
    extractor: TonadaFeatureExtractor, segments: torch.Tensor, sounds: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The extractor's features of segments, `(segments, samples)` at their level, of which `sounds` samples sound."""
    front_end = (extractor.sampling_rate, extractor.n_fft, extractor.hop_length, extractor.max_frequency)
    spectrum = TracedSpectrum(segments, sounds, *front_end, extractor.pad_mode)
    features = {}
    if "spectrogram" in extractor.branches:
        features["spectrogram"] = spectrum.mel_decibels(extractor.num_mel_bins).unsqueeze(1)
        features["frame_mask"] = spectrum.frame_mask
    if "descriptors" in extractor.branches:
        features["descriptors"] = descriptors.compute(extractor.descriptors, spectrum)
    return features


def _of_blocks(blocks: torch.Tensor, rest: torch.Tensor, reduce: Callable[..., torch.Tensor]) -> torch.Tensor:
    return torch.cat([reduce(blocks, dim=1), reduce(rest, dim=1)])
