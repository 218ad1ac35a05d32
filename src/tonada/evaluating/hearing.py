"""What a model says of labelled songs and of their segments, what that takes, and which songs it could not hear."""

import math
import resource
import time
from dataclasses import dataclass, field

import torch
from datasets import Dataset
from tqdm import tqdm

from tonada.listening.decoding import decode
from tonada.listening.inputs import as_heard
from tonada.listening.limits import AudioError
from tonada.listening.listener import Listener
from tonada.proving.predictions import Prediction


@dataclass(frozen=True)
class Refused:
    """A song that cannot be judged: its id, a word for programs, and a line that names the file and says why."""

    song_id: str
    status: str
    message: str


@dataclass(frozen=True)
class Heard:
    """
    What a model said.

    Attributes:
        places: of the songs it answered, among the rows given.
        songs: its answers to them.
        segments: its answers to each song's segments, in their order, beside the song's truth.
        refused: songs it could not hear.
        took: seconds from file to answer, a song each.
        durations: of the songs, in seconds.
    """

    places: list[int] = field(default_factory=list)
    songs: list[Prediction] = field(default_factory=list)
    segments: list[Prediction] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)


def hear(listener: Listener, rows: Dataset, parts: list[str], seed: int) -> Heard:
    """
    Let a model answer songs, one by one.

    Args:
        listener: the model; its temperature divides segments' scores as it does songs'.
        rows: of a data set with audio.
        parts: what each of them was to the model.
        seed: of the model's training.
    """
    with torch.inference_mode():  # the first call of a process is slower than any other
        listener.model(**listener.one_segment().to(listener.model.device))
    heard, names = Heard(), rows.features["label"].names
    for place, row in enumerate(tqdm(rows, desc="listening", unit="song", disable=None)):
        start = time.perf_counter()
        try:
            song, segments, seconds = _answers(listener, row["audio"]["path"])
        except AudioError as error:
            heard.refused.append(Refused(row["song_id"], error.status, str(error)))
            continue
        if not all(map(math.isfinite, song.values())):
            reason = f"{row['audio']['path']}: the model answers with NaN; its weights are damaged, train it anew"
            heard.refused.append(Refused(row["song_id"], "failed", reason))
            continue
        heard.took.append(time.perf_counter() - start)
        heard.durations.append(seconds)
        heard.places.append(place)
        facts = (row["song_id"], row["group"], parts[place], seed, names[row["label"]])
        heard.songs.append(Prediction(*facts, song))
        heard.segments.extend(Prediction(*facts, each) for each in segments)
    return heard


def peak_bytes() -> int:
    """The most memory this process has had until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@torch.inference_mode()
def _answers(listener: Listener, path: str) -> tuple[dict[str, float], list[dict[str, float]], float]:
    """Probabilities of a song's labels, of each segment's, and the song's length in seconds."""
    rate, config = listener.extractor.sampling_rate, listener.model.config
    waveform = decode(path, rate, listener.limits)
    features = listener.extractor(as_heard(waveform, listener.extractor), sampling_rate=rate, return_tensors="pt")
    output = listener.model(**features.to(listener.model.device))
    segments = (output.segment_logits[0] / config.temperature).softmax(-1)
    real = segments[output.segment_mask[0].bool()]
    song, *of_segments = torch.cat([output.logits.exp(), real]).tolist()
    labelled = [dict(zip(config.tree.leaves, each, strict=True)) for each in (song, *of_segments)]
    return labelled[0], labelled[1:], len(waveform) / rate
