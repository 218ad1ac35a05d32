"""A song's waveform to what the model hears: checked, cut into segments, each with its spectrogram and descriptors."""

import logging
from typing import Any

import torch
from transformers import BatchFeature, SequenceFeatureExtractor

from .descriptor_sets_tonada import DescriptorSet
from .images_tonada import MODES, as_pictures, picture_of, read_picture, stretched_mask
from .published_sets_tonada import DESCRIPTOR_SETS
from .segments_tonada import Segmentation, segmentation, sounding
from .settings_tonada import check_schema, check_settings, schema_of
from .spectrum_tonada import Spectrum
from .stems_tonada import not_stems, stem_columns, tell_of_stems, warn_once
from .waveforms_tonada import are_several, as_tensor, check_rate, checked, checked_steps, mean_and_rms, mixed

logger = logging.getLogger(__name__)

QUIETEST = 1e-4  # root mean square, -80 dBFS: what is quieter is silence and is not lifted to a song's level
SHORTEST_WHOLE = 2**15  # samples to which a song heard as one segment is padded: the longest window and its margins
SEGMENTS_PER_PASS = 16  # bounds the memory of an hour's spectra; changes no value


class TonadaFeatureExtractor(SequenceFeatureExtractor):
    r"""
    Turns waveforms, each one song of any length, into segments of features with masks.

    Args:
        sampling_rate: rate the waveforms must have, hertz.
        level: root mean square to which a whole song is scaled about its mean, decibels below full scale; `None` leaves
            it as it is. A song is the same song played louder, or with an offset that nobody hears, and ffmpeg's mono
            mix of a stereo file, which the stock pipeline takes, is 3 dB above the mean of its channels.
        segment_seconds: length of a segment; Jia 2022 tries 10, 15 and 25. `None` hears each song as one segment, of
            which only descriptors can be made.
        segment_overlap: share of a segment that the next one hears again, in [0, 1).
        shortest_seconds: a tail shorter than this is left out, unless it is all there is.
        tail: what becomes of a longer one that fills no segment: `"padded"` (filled with zeros that the masks call
            padding), `"dropped"`, or `"shifted"` (back, until it fills one).
        silence: leading and trailing sound this many decibels below the song's loudest is left out; `None` keeps it.
        n_fft: window of the short-time spectrum, samples.
        hop_length: samples between frames.
        num_mel_bins: mel bands of the spectrogram.
        max_frequency: what lies above it is not heard, hertz, but by descriptors of the waveform itself (zero-crossing
            rate, envelope, constant-Q). The default stays clear of half the rate, where every resampler cuts off in its
            own way; `None` is half the rate.
        pad_mode: what stands for sound before a segment and after it: `"constant"` zeros, or `"reflect"`.
        descriptor_set: a published set by name, see `DESCRIPTOR_SETS`; or one's own, a list of blocks
            `{"descriptor": …, "statistics": […]}` with settings of the descriptor, see `DESCRIPTORS`.
        branches: what to make, any of `"spectrogram"`, `"descriptors"` and `"waveform"` (segments of sound, for an
            encoder inside the model); or `"embeddings"` alone, which cuts songs that are given as steps of embeddings.
        image_size: side of the square picture that the spectrogram becomes, pixels; 512 in Jia 2022. Pictures of
            spectrograms, PNG or JPEG, are then taken in the place of sound, each a song of one segment.
        image_mode: its channels, `"L"`, `"RGB"` or `"RGBA"`.
        embedding_rate: steps a second of embeddings; about one of VGGish.
        embedding_seconds: of sound that one of them hears; from one to the next by default.
        embedder: the network that makes them; a key of `EMBEDDERS` in `tonada.embedding.published`.
        stems: names of the stems that a song is given in, `(stems, samples)`: each is a channel of the spectrogram and
            a block of descriptors. Level, silence and segments are those of the stem called mix, or else of their sum.
            `None` hears the mix alone.
        separation: the method that made them; a key of `METHODS` in `tonada.listening.separation`.
        feature_schema: what the features were when the extractor was saved. Features that would differ are refused.

    Warning:
        A waveform at another rate than it claims is heard too fast or too slow, and no code can notice.
        Always pass the `sampling_rate` of what you give.

    Shape:
        of one song or several, padded to the longest in segments:
        `spectrogram` `(songs, segments, num_channels, num_mel_bins, frames)`, decibels, float32;
        `descriptors` `(songs, segments, columns)`, in their own units, float32;
        `frame_mask` `(songs, segments, frames)` and `segment_mask` `(songs, segments)`, int64.
    """

    model_input_names = [
        "embeddings",
        "step_mask",
        "spectrogram",
        "frame_mask",
        "descriptors",
        "segment_mask",
        "waveform",
        "sounds",
    ]
    _auto_class = "AutoFeatureExtractor"

    def __init__(
        self,
        sampling_rate: int = 22050,
        level: float | None = -20.0,
        segment_seconds: float | None = 10.0,
        segment_overlap: float = 0.0,
        shortest_seconds: float = 3.0,
        tail: str = "padded",
        silence: float | None = 60.0,
        n_fft: int = 2048,
        hop_length: int = 512,
        num_mel_bins: int = 80,
        max_frequency: float | None = 9_000.0,
        pad_mode: str = "constant",
        descriptor_set: str | list[dict[str, Any]] = "hsf90",
        branches: tuple[str, ...] | list[str] = ("spectrogram", "descriptors"),
        image_size: int | None = None,
        image_mode: str = "RGBA",
        embedding_rate: float = 1.0,
        embedding_seconds: float | None = None,
        embedder: str | None = None,
        stems: tuple[str, ...] | list[str] | None = None,
        separation: str | None = None,
        feature_schema: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        kwargs = {"padding_value": 0.0, **kwargs, "feature_size": num_mel_bins}
        super().__init__(sampling_rate=sampling_rate, **kwargs)
        self.level = level
        self.segment_seconds = segment_seconds
        self.segment_overlap = segment_overlap
        self.shortest_seconds = shortest_seconds
        self.tail = tail
        self.silence = silence
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.num_mel_bins = num_mel_bins
        self.max_frequency = sampling_rate / 2 if max_frequency is None else max_frequency
        self.pad_mode = pad_mode
        self.descriptor_set = descriptor_set
        self.branches = list(branches)
        self.image_size = image_size
        self.image_mode = image_mode
        self.embedding_rate = embedding_rate
        self.embedding_seconds = 1 / embedding_rate if embedding_seconds is None else embedding_seconds
        self.embedder = embedder
        self.stems = None if stems is None else list(stems)
        self.separation = separation
        if isinstance(descriptor_set, str) and descriptor_set not in DESCRIPTOR_SETS:
            known = ", ".join(sorted(DESCRIPTOR_SETS))
            raise ValueError(f"descriptor_set is {descriptor_set!r}; this extractor knows {known}")
        self.descriptors.check(self.sampling_rate, self.hop_length)
        check_settings(vars(self))
        self.feature_schema = schema_of(vars(self), self.descriptors)
        check_schema(feature_schema, self.feature_schema)

    @classmethod
    def for_set(cls, chosen: str | list[dict[str, Any]], **settings: Any) -> "TonadaFeatureExtractor":
        """
        An extractor of descriptors alone, as a published set defines them: each song as one segment with its silence,
        at the level it was recorded at, up to half its rate.

        Args:
            chosen: name of the set, see `DESCRIPTOR_SETS`, or blocks of one's own.
            settings: what to change.
        """
        as_recorded = dict.fromkeys(("level", "segment_seconds", "silence", "max_frequency"))
        published = DESCRIPTOR_SETS.get(chosen) if isinstance(chosen, str) else None
        front_end = published.front_end if published else {}
        return cls(**{"descriptor_set": chosen, "branches": ["descriptors"], **as_recorded, **front_end, **settings})

    def __call__(
        self,
        waveforms: Any,
        sampling_rate: int | None = None,
        return_tensors: str | None = None,
        device: str | torch.device = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """
        Extract features.

        Args:
            waveforms: one song, `(samples,)` floats in about [-1, 1] as an array, tensor or list; or a list of such.
                With `stems` a song is `(stems, samples)`; of embeddings it is `(steps, width)`. With `image_size` it
                may be a picture instead.
            sampling_rate: rate of the waveforms, hertz.
            return_tensors: `"pt"` for torch, `"np"` or nothing for numpy.
            device: where to compute, and where torch's features stay.

        Raises:
            ValueError: the rate is not the extractor's; a waveform is empty, not mono (or not as many stems), not
                floating point or not finite.
        """
        if self.image_size is not None and (pictures := as_pictures(waveforms)):
            songs = [self._picture(picture, self.image_size, device) for picture in pictures]
        else:
            if "embeddings" not in self.branches:
                check_rate(sampling_rate, self.sampling_rate)
            hear = self._steps if "embeddings" in self.branches else self._song
            songs = [hear(waveform.to(device)) for waveform in self._as_songs(waveforms)]
        features = {name: _stack_padded([song[name] for song in songs]) for name in songs[0]}
        if return_tensors == "pt":
            return BatchFeature(features)
        arrays = {name: tensor.cpu().numpy() for name, tensor in features.items()}
        return BatchFeature(arrays, tensor_type=return_tensors)

    @property
    def descriptors(self) -> DescriptorSet:
        """The set that fills `descriptors`, with the names of its columns."""
        if isinstance(self.descriptor_set, str):
            return DESCRIPTOR_SETS[self.descriptor_set]
        return DescriptorSet.of(self.descriptor_set)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `descriptors`: those of the set, of one stem after the other."""
        return stem_columns(self.descriptors.columns, self.stems)

    @property
    def num_channels(self) -> int:
        """Channels of the spectrogram: of the mix or of each stem, one or those of a picture."""
        return len(self.stems or ["mix"]) * (1 if self.image_size is None else MODES[self.image_mode])

    @property
    def num_bands(self) -> int:
        """Height of the spectrogram: mel bands, or rows of a picture."""
        return self.image_size or self.num_mel_bins

    @classmethod
    def from_dict(cls, feature_extractor_dict: dict[str, Any], **kwargs: Any) -> Any:
        """As transformers does; an extractor of stems says what the stock pipeline cannot do with it."""
        if stems := feature_extractor_dict.get("stems"):
            warn_once(tell_of_stems(stems, feature_extractor_dict.get("separation")))
        return super().from_dict(feature_extractor_dict, **kwargs)

    def save_pretrained(self, *args: Any, **kwargs: Any) -> Any:
        """As transformers does, `push_to_hub` too; an extractor of stems says what it must not be published for."""
        if self.stems is not None:
            logger.warning(tell_of_stems(self.stems, self.separation))
        return super().save_pretrained(*args, **kwargs)

    def segment_times(self, waveform: Any) -> list[tuple[float, float]]:
        """Start and end of each segment of a song in seconds: `(samples,)`, `(stems, samples)` or `(steps, width)`."""
        if "embeddings" in self.branches:
            rate, first, end = self.embedding_rate, 0, len(waveform)
        else:
            rate = self.sampling_rate
            first, end = self._sounding(mixed(self._as_song(waveform), self.stems))
        cut = self._segmentation(end - first, rate)
        starts = [first + start for start in cut.starts(end - first)]
        beyond = self.embedding_seconds - 1 / rate if "embeddings" in self.branches else 0.0  # what the last step hears
        return [(start / rate, min(start + cut.length, end) / rate + beyond) for start in starts]

    def _song(self, waveform: torch.Tensor) -> dict[str, torch.Tensor]:
        mix = mixed(waveform, self.stems)
        first, end = self._sounding(mix)
        sources = torch.atleast_2d(waveform)[:, first:end]
        gain, offsets = self._level(mix[first:end], sources)
        cut = self._segmentation(end - first, self.sampling_rate)
        starts = cut.starts(end - first)
        song: dict[str, torch.Tensor] = {}
        for done in range(0, len(starts), SEGMENTS_PER_PASS):
            features = []
            for source, offset in zip(sources, offsets, strict=True):
                segments, sounds = cut.cut(source, starts[done : done + SEGMENTS_PER_PASS], padding=offset)
                features.append(self._features(segments.sub_(offset).mul_(gain), sounds))
            for name, part in _side_by_side(features).items():
                if name not in song:  # taken whole at once: an hour piece by piece leaves holes in memory
                    song[name] = part.new_empty(len(starts), *part.shape[1:])
                song[name][done : done + len(part)] = part
        return {**song, "segment_mask": torch.ones(len(starts), dtype=torch.long, device=waveform.device)}

    def _steps(self, embeddings: torch.Tensor) -> dict[str, torch.Tensor]:
        """A song's steps, `(steps, width)`, cut into segments."""
        cut = self._segmentation(len(embeddings), self.embedding_rate)
        segments, real = cut.cut(embeddings, cut.starts(len(embeddings)))
        mask = (torch.arange(cut.length, device=real.device) < real.unsqueeze(1)).long()
        return {"embeddings": segments, "step_mask": mask, "segment_mask": torch.ones_like(real)}

    def _picture(self, picture: Any, size: int, device: str | torch.device) -> dict[str, torch.Tensor]:
        """A picture of a spectrogram as a song of one segment."""
        if self.branches != ["spectrogram"]:
            raise ValueError(f"a picture holds a spectrogram alone; branches is {self.branches}")
        pixels = read_picture(picture, size, self.image_mode).unsqueeze(0).to(device)
        whole = torch.ones(1, size, dtype=torch.long, device=device)
        return {"spectrogram": pixels, "frame_mask": whole, "segment_mask": whole[:, 0]}

    def _sounding(self, waveform: torch.Tensor) -> tuple[int, int]:
        return (0, len(waveform)) if self.silence is None else sounding(waveform, self.silence)

    def _segmentation(self, samples: int, rate: float) -> Segmentation:
        if self.segment_seconds is None:
            return Segmentation(length=max(samples, SHORTEST_WHOLE), stride=1, shortest=samples)
        return segmentation(rate, self.segment_seconds, self.segment_overlap, self.shortest_seconds, self.tail)

    def _level(self, mix: torch.Tensor, sources: torch.Tensor) -> tuple[float, list[float]]:
        """The gain that brings the mix to its level, and the offset to be taken off each source before."""
        if self.level is None:
            return 1.0, [0.0] * len(sources)
        offset, rms = mean_and_rms(mix)
        offsets = [offset] if len(sources) == 1 else [mean_and_rms(source)[0] for source in sources]
        return 10 ** (self.level / 20) / max(rms, QUIETEST), offsets

    def _features(self, segments: torch.Tensor, sounds: torch.Tensor) -> dict[str, torch.Tensor]:
        front_end = (self.sampling_rate, self.n_fft, self.hop_length, self.max_frequency, self.pad_mode)
        spectrum = Spectrum(segments, sounds, *front_end)
        features: dict[str, torch.Tensor] = {}
        if "spectrogram" in self.branches:
            decibels, mask = spectrum.mel_decibels(self.num_mel_bins), spectrum.frame_mask
            if self.image_size is None:
                features |= {"spectrogram": decibels.unsqueeze(1), "frame_mask": mask}
            else:
                features["spectrogram"] = picture_of(decibels, mask, self.image_size, self.image_mode)
                features["frame_mask"] = stretched_mask(mask, self.image_size)
        if "waveform" in self.branches:
            features |= {"waveform": segments, "sounds": sounds}
        if "descriptors" in self.branches:
            features["descriptors"] = self.descriptors.compute(spectrum)
        return features

    def _as_songs(self, waveforms: Any) -> list[torch.Tensor]:
        """One song or a list of them, checked, as a list of float32 tensors."""
        return [self._as_song(waveform) for waveform in (waveforms if are_several(waveforms) else [waveforms])]

    def _as_song(self, waveform: Any) -> torch.Tensor:
        tensor = as_tensor(waveform)
        if "embeddings" in self.branches:
            return checked_steps(tensor)
        if self.stems is not None and (tensor.ndim != 2 or len(tensor) != len(self.stems)):
            raise ValueError(not_stems(tuple(tensor.shape), self.stems, self.separation))
        if self.stems is None and tensor.ndim != 1:
            raise ValueError(
                f"a song must be one waveform of shape (samples,), this one has shape {tuple(tensor.shape)}; average "
                "its channels first, and give several songs as a list"
            )
        return checked(tensor)


def _side_by_side(features: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Features of each stem as channels and blocks of columns; their frames are the same."""
    if len(features) == 1:
        return features[0]
    return {
        name: part if name == "frame_mask" else torch.cat([each[name] for each in features], dim=1)
        for name, part in features[0].items()
    }


def _stack_padded(songs: list[torch.Tensor]) -> torch.Tensor:
    """`(segments, …)` of several songs to `(songs, longest, …)`, padded with zeros, which the masks call padding."""
    return torch.nn.utils.rnn.pad_sequence(songs, batch_first=True)


__all__ = ["TonadaFeatureExtractor"]
