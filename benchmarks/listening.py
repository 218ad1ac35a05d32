"""
Speed and memory of listening, on this machine: `make bench` prints the table of docs/speed.md.

Songs are example clips repeated to length by ffmpeg without decoding. Each figure is the median of its runs; whole
commands are measured from outside, as a person waits for them.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import torch

from tonada.listening.decoding import decode
from tonada.listening.listener import Listener

ROOT = Path(__file__).parent.parent
TONADA = Path(sys.executable).parent / "tonada"
RUNS = 5


def repeated(clip: Path, seconds: int, folder: Path) -> Path:
    """A clip, again and again for `seconds`."""
    path = folder / f"{seconds}-{clip.name}"
    loop = ["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", clip, "-t", str(seconds)]
    subprocess.run([*loop, "-c", "copy", path], check=True)
    return path


def as_m4a(clip: Path, folder: Path) -> Path:
    """The clip in a format that libsndfile does not read."""
    path = folder / f"{clip.stem}.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", clip, "-c:a", "aac", path], check=True)
    return path


def median_seconds(work: Callable[[], object]) -> float:
    """Of `RUNS` runs after one to warm up."""
    work()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def command(*arguments: object) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one `tonada` command."""
    start = time.perf_counter()
    process = subprocess.Popen([TONADA, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"tonada {' '.join(map(str, arguments))} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


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
        folder, examples = Path(name), ROOT / "examples"
        song = repeated(examples / "forest-dance.ogg", 240, folder)
        hour = repeated(examples / "island-dreams.mp3", 3600, folder)
        m4a = repeated(as_m4a(examples / "island-dreams.mp3", folder), 3600, folder)
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

        print("\n| command | seconds | peak MB |\n|---|---|---|")
        clip = examples / "the-king-is-dead.ogg"
        commands = {
            "tonada --help": ["--help"],
            "tonada classify, one 30-s clip, from a cold start": ["classify", clip],
            "tonada classify, a one-hour mp3": ["classify", hour],
            "tonada classify, a one-hour m4a": ["classify", m4a],
        }
        for what, arguments in commands.items():
            runs = [command(*arguments) for _ in range(3)]
            seconds, peak = statistics.median(run[0] for run in runs), max(run[1] for run in runs)
            print(f"| {what} | {seconds:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
