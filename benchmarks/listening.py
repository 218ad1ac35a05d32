"""
Speed of listening once the model is loaded, stage by stage and beside librosa: part of `make bench`.

Each figure is the median of its runs.
"""

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import torch
from songs import EXAMPLES, repeated

from tonada.listening.decoding import decode
from tonada.listening.listener import Listener

RUNS = 5


def median_seconds(work: Callable[[], object]) -> float:
    """Of `RUNS` runs after one to warm up."""
    work()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def by_librosa(path: Path) -> np.ndarray:
    """The plain librosa recipe of the same features: load, log-mel, descriptors and their statistics."""
    waveform, rate = librosa.load(path, sr=22050)
    magnitude = np.abs(librosa.stft(waveform))
    power = magnitude**2
    librosa.power_to_db(librosa.feature.melspectrogram(S=power, sr=rate, n_mels=80, fmax=9_000))
    frames = np.concatenate(
        [
            librosa.feature.mfcc(S=librosa.power_to_db(librosa.feature.melspectrogram(S=power, sr=rate)), n_mfcc=13),
            librosa.feature.zero_crossing_rate(waveform),
            librosa.feature.spectral_centroid(S=magnitude, sr=rate),
            librosa.feature.spectral_bandwidth(S=magnitude, sr=rate),
            librosa.feature.spectral_rolloff(S=magnitude, sr=rate),
            librosa.feature.chroma_stft(S=power, sr=rate, tuning=0),
        ]
    )
    return np.concatenate([frames.mean(1), frames.var(1), frames.max(1)])


def main() -> None:
    """Measure and print."""
    listener = Listener.bundled("emotion")
    rate = listener.extractor.sampling_rate
    with tempfile.TemporaryDirectory() as name:
        song = repeated(EXAMPLES / "forest-dance.ogg", 240, Path(name))
        waveform = decode(song, rate)
        heard = listener.extractor(waveform, sampling_rate=rate, return_tensors="pt")

        def extract() -> object:
            return listener.extractor(waveform, sampling_rate=rate, return_tensors="pt")

        @torch.inference_mode()
        def answer() -> object:
            return listener.model(**heard)

        threads = torch.get_num_threads()
        print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__} on {threads} threads\n")
        print("| what | seconds | times real time |\n|---|---|---|")
        rows = {
            "four-minute ogg, warm: file to answer": lambda: listener.listen(song),
            "of which decoding and resampling": lambda: decode(song, rate),
            "of which features": extract,
            "of which the model": answer,
            "librosa's recipe of the same features, file to descriptors": lambda: by_librosa(song),
        }
        for what, work in rows.items():
            seconds = median_seconds(work)
            print(f"| {what} | {seconds:.2f} | {240 / seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
