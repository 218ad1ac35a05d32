"""A song's waveform to what the model hears: checked, cut into segments, each with its spectrogram and descriptors."""

import hashlib
import json
import logging
import math
from typing import Any

import numpy as np
import torch
from transformers import BatchFeature, SequenceFeatureExtractor

from .descriptor_sets_tonada import DescriptorSet
from .published_sets_tonada import DESCRIPTOR_SETS
from .segments_tonada import Segmentation, frame_mask, segmentation
from .spectrum_tonada import Spectrum

logger = logging.getLogger(__name__)

QUIETEST = 1e-4  # root mean square, -80 dBFS: what is quieter is silence and is not lifted to a song's level
LOUDEST = 1e6  # full scale is 1; what is louder by 120 dB is not sound but damage
SHORTEST_WHOLE = 2**15  # samples to which a song heard as one segment is padded: the longest window and its margins
SEGMENTS_PER_PASS = 16  # bounds the memory of an hour's spectra; changes no value
BRANCHES = ("spectrogram", "descriptors")
PAD_MODES = ("constant", "reflect")


class TonadaFeatureExtractor(SequenceFeatureExtractor):
    r"""
    Turns waveforms, each one song of any length, into segments of features with masks.

    Args:
        sampling_rate: rate the waveforms must have, hertz.
        level: root mean square to which a whole song is scaled, decibels below full scale; `None` leaves it as it is.
            A song is the same song played louder, and ffmpeg's mono mix of a stereo file, which the stock pipeline
            takes, is 3 dB above the mean of its channels.
        segment_seconds: length of a segment; Jia 2022 tries 10, 15 and 25. `None` hears each song as one segment, of
            which only descriptors can be made.
        segment_overlap: share of a segment that the next one hears again, in [0, 1).
        shortest_seconds: a tail shorter than this is left out, unless it is all there is.
        n_fft: window of the short-time spectrum, samples.
        hop_length: samples between frames.
        num_mel_bins: mel bands of the spectrogram.
        max_frequency: what lies above it is not heard, hertz, but by descriptors of the waveform itself (zero-crossing
            rate, envelope, constant-Q). The default stays clear of half the rate, where every resampler cuts off in its
            own way; `None` is half the rate.
        pad_mode: what stands for sound before a segment and after it: `"constant"` zeros, or `"reflect"`.
        descriptor_set: a published set by name, see `DESCRIPTOR_SETS`; or one's own, a list of blocks
            `{"descriptor": …, "statistics": […]}` with settings of the descriptor, see `DESCRIPTORS`.
        branches: which of `"spectrogram"` and `"descriptors"` to make.
        feature_schema: what the features were when the extractor was saved. Features that would differ are refused.

    Warning:
        A waveform at another rate than it claims is heard too fast or too slow, and no code can notice.
        Always pass the `sampling_rate` of what you give.

    Shape:
        of one song or several, padded to the longest in segments:
        `spectrogram` `(songs, segments, 1, num_mel_bins, frames)`, decibels, float32;
        `descriptors` `(songs, segments, columns of the set)`, in their own units, float32;
        `frame_mask` `(songs, segments, frames)` and `segment_mask` `(songs, segments)`, int64.
    """

    model_input_names = ["spectrogram", "frame_mask", "descriptors", "segment_mask"]
    _auto_class = "AutoFeatureExtractor"

    def __init__(
        self,
        sampling_rate: int = 22050,
        level: float | None = -20.0,
        segment_seconds: float | None = 10.0,
        segment_overlap: float = 0.0,
        shortest_seconds: float = 3.0,
        n_fft: int = 2048,
        hop_length: int = 512,
        num_mel_bins: int = 80,
        max_frequency: float | None = 9_000.0,
        pad_mode: str = "constant",
        descriptor_set: str | list[dict[str, Any]] = "hsf90",
        branches: tuple[str, ...] | list[str] = BRANCHES,
        feature_schema: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        kwargs = {"padding_value": 0.0, **kwargs, "feature_size": num_mel_bins}
        super().__init__(sampling_rate=sampling_rate, **kwargs)
        self.level = level
        self.segment_seconds = segment_seconds
        self.segment_overlap = segment_overlap
        self.shortest_seconds = shortest_seconds
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.num_mel_bins = num_mel_bins
        self.max_frequency = sampling_rate / 2 if max_frequency is None else max_frequency
        self.pad_mode = pad_mode
        self.descriptor_set = descriptor_set
        self.branches = list(branches)
        self._check()
        self.feature_schema = self._schema()
        self._check_schema(feature_schema)

    @classmethod
    def for_set(cls, name: str, **settings: Any) -> "TonadaFeatureExtractor":
        """
        An extractor of descriptors alone, as a published set defines them: each song as one segment, at the level it
        was recorded at, up to half its rate.

        Args:
            name: of the set; see `DESCRIPTOR_SETS`.
            settings: what to change.
        """
        as_recorded = {"level": None, "segment_seconds": None, "max_frequency": None, "branches": ["descriptors"]}
        front_end = DESCRIPTOR_SETS[name].front_end if name in DESCRIPTOR_SETS else {}
        return cls(**{"descriptor_set": name, **as_recorded, **front_end, **settings})

    def __call__(
        self,
        waveforms: Any,
        sampling_rate: int | None = None,
        return_tensors: str | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """
        Extract features.

        Args:
            waveforms: one song, `(samples,)` floats in about [-1, 1] as an array, tensor or list; or a list of such.
            sampling_rate: rate of the waveforms, hertz.
            return_tensors: `"pt"` for torch, `"np"` or nothing for numpy.

        Raises:
            ValueError: the rate is not the extractor's; a waveform is empty, not mono, not floating point or
                not finite.
        """
        self._check_rate(sampling_rate)
        songs = [self._song(waveform) for waveform in _as_songs(waveforms)]
        features = {name: _stack_padded([song[name] for song in songs]) for name in songs[0]}
        if return_tensors == "pt":
            return BatchFeature(features)
        return BatchFeature({name: tensor.numpy() for name, tensor in features.items()}, tensor_type=return_tensors)

    @property
    def descriptors(self) -> DescriptorSet:
        """The set that fills `descriptors`, with the names of its columns."""
        if isinstance(self.descriptor_set, str):
            return DESCRIPTOR_SETS[self.descriptor_set]
        return DescriptorSet.of(self.descriptor_set)

    def segmentation(self, samples: int) -> Segmentation:
        """How a song of `samples` samples is cut."""
        if self.segment_seconds is None:
            return Segmentation(length=max(samples, SHORTEST_WHOLE), stride=1, shortest=samples)
        return segmentation(self.sampling_rate, self.segment_seconds, self.segment_overlap, self.shortest_seconds)

    def segment_times(self, seconds: float) -> list[tuple[float, float]]:
        """Start and end of each segment of a song that lasts `seconds`, in seconds."""
        samples = round(seconds * self.sampling_rate)
        cut = self.segmentation(samples)
        ends = [(start, min(start + cut.length, samples)) for start in cut.starts(samples)]
        return [(start / self.sampling_rate, end / self.sampling_rate) for start, end in ends]

    def _song(self, waveform: torch.Tensor) -> dict[str, torch.Tensor]:
        cut = self.segmentation(len(waveform))
        starts = cut.starts(len(waveform))
        gain = self._gain(waveform)
        song: dict[str, torch.Tensor] = {}
        for first in range(0, len(starts), SEGMENTS_PER_PASS):
            segments, sounds = cut.cut(waveform, starts[first : first + SEGMENTS_PER_PASS])
            for name, part in self._features(gain * segments, sounds).items():
                if name not in song:  # taken whole at once: an hour piece by piece leaves holes in memory
                    song[name] = part.new_empty(len(starts), *part.shape[1:])
                song[name][first : first + len(part)] = part
        return {**song, "segment_mask": torch.ones(len(starts), dtype=torch.long)}

    def _gain(self, waveform: torch.Tensor) -> float:
        if self.level is None:
            return 1.0
        rms = math.sqrt(float(waveform.dot(waveform)) / len(waveform))
        return 10 ** (self.level / 20) / max(rms, QUIETEST)

    def _features(self, segments: torch.Tensor, sounds: list[int]) -> dict[str, torch.Tensor]:
        mask = frame_mask(sounds, segments.shape[1], self.hop_length)
        front_end = (self.sampling_rate, self.n_fft, self.hop_length, self.max_frequency, self.pad_mode)
        spectrum = Spectrum(segments, mask, *front_end)
        features = {}
        if "spectrogram" in self.branches:
            features["spectrogram"] = spectrum.mel_decibels(self.num_mel_bins).unsqueeze(1)
            features["frame_mask"] = mask
        if "descriptors" in self.branches:
            features["descriptors"] = self.descriptors.compute(spectrum)
        return features

    def _schema(self) -> dict[str, Any]:
        """Column names, versions, and a hash of all that decides what a feature's value is."""
        numbers = ("sampling_rate", "n_fft", "hop_length", "max_frequency")
        decides: dict[str, Any] = {name: float(getattr(self, name)) for name in numbers}
        decides |= {"pad_mode": self.pad_mode, "level": None if self.level is None else float(self.level)}
        shown = {}
        if "spectrogram" in self.branches:
            decides["num_mel_bins"] = self.num_mel_bins
        if "descriptors" in self.branches:
            decides["descriptors"] = definition = self.descriptors.definition
            shown = {"columns": list(definition["columns"]), "versions": definition["versions"]}
        return {"hash": hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16], **shown}

    def _check_schema(self, saved: dict[str, Any] | None) -> None:
        if saved is None or saved["hash"] == self.feature_schema["hash"]:
            return
        changed = [name for name in ("columns", "versions") if saved.get(name) != self.feature_schema.get(name)]
        raise ValueError(
            f"the features would not be those that were saved: schema {saved['hash']}, now "
            f"{self.feature_schema['hash']}; {' and '.join(changed) or 'settings'} differ. Use the version of Tonada "
            "and the settings that saved them, or pass feature_schema=None and train anew"
        )

    def _check(self) -> None:
        if isinstance(self.descriptor_set, str) and self.descriptor_set not in DESCRIPTOR_SETS:
            raise ValueError(
                f"descriptor_set is {self.descriptor_set!r}; this extractor knows {', '.join(sorted(DESCRIPTOR_SETS))}"
            )
        self.descriptors.check(self.sampling_rate, self.hop_length)
        if not self.branches or set(self.branches) - set(BRANCHES):
            raise ValueError(f"branches is {self.branches}; choose among {', '.join(BRANCHES)}")
        if self.segment_seconds is None and "spectrogram" in self.branches:
            raise ValueError(
                "segment_seconds is None, which hears a whole song at once; a spectrogram needs segments of one "
                "length: set branches to descriptors alone, or give seconds"
            )
        if not 0 <= self.segment_overlap < 1:
            raise ValueError(f"segment_overlap is {self.segment_overlap}; it must be at least 0 and below 1")
        if not 0 < self.max_frequency <= self.sampling_rate / 2:
            raise ValueError(
                f"max_frequency is {self.max_frequency} Hz; it must lie above 0 and at most at half the sampling_rate, "
                f"{self.sampling_rate / 2} Hz"
            )
        if self.pad_mode not in PAD_MODES:
            raise ValueError(f"pad_mode is {self.pad_mode!r}; choose among {', '.join(PAD_MODES)}")
        for name in ("segment_seconds", "shortest_seconds", "n_fft", "hop_length", "num_mel_bins"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} is {value}; it must be positive")
        if self.level is not None and not -120 <= self.level <= 0:
            raise ValueError(
                f"level is {self.level} dB; it must lie from -120 to 0, or be None to leave songs as they are"
            )

    def _check_rate(self, sampling_rate: int | None) -> None:
        if sampling_rate is None:
            logger.warning(
                "No sampling_rate was given; the waveform is taken to be at %d Hz. If it is not, the answer will be "
                "wrong without a sign. Pass sampling_rate=… with every call.",
                self.sampling_rate,
            )
        elif sampling_rate != self.sampling_rate:
            raise ValueError(
                f"the waveform is at {sampling_rate} Hz, this model hears {self.sampling_rate} Hz; resample it "
                f"first, for example torchaudio.functional.resample(waveform, {sampling_rate}, {self.sampling_rate})"
            )


def _as_songs(waveforms: Any) -> list[torch.Tensor]:
    """One waveform or a list of them, checked: a list of float32 `(samples,)`."""
    several = isinstance(waveforms, (list, tuple)) and len(waveforms) > 0 and not np.isscalar(waveforms[0])
    several = several and np.ndim(waveforms[0]) > 0
    return [_as_song(waveform) for waveform in (waveforms if several else [waveforms])]


def _as_song(waveform: Any) -> torch.Tensor:
    if not isinstance(waveform, torch.Tensor):
        waveform = torch.from_numpy(np.require(waveform, requirements="W"))  # copied if read-only, as torch demands
    tensor = waveform.detach().cpu()
    if tensor.ndim != 1:
        raise ValueError(
            f"a song must be one waveform of shape (samples,), this one has shape {tuple(tensor.shape)}; average its "
            "channels first, and give several songs as a list"
        )
    if tensor.numel() == 0:
        raise ValueError("the waveform is empty; give at least one sample of sound")
    if not tensor.is_floating_point():
        raise ValueError(f"the samples are {tensor.dtype}; give floats in [-1, 1], for 16-bit samples waveform / 32768")
    lowest, highest = tensor.aminmax()  # NaN comes through; no copy of an hour is made
    peak = max(abs(float(lowest)), abs(float(highest)))
    if not math.isfinite(peak):
        raise ValueError("the waveform has samples that are not finite (NaN or infinity); repair or drop them first")
    if peak > LOUDEST:
        raise ValueError(f"the samples reach {peak:.0e}; give floats in about [-1, 1]")
    return tensor.float()


def _stack_padded(songs: list[torch.Tensor]) -> torch.Tensor:
    """`(segments, …)` of several songs to `(songs, longest, …)`, padded with zeros, which the masks call padding."""
    return torch.nn.utils.rnn.pad_sequence(songs, batch_first=True)


__all__ = ["TonadaFeatureExtractor"]
