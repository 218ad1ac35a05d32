"""
Songs a second with and without the feature cache, and bytes a song: `python benchmarks/feature_cache.py DATA [SONGS]`.

`DATA` holds `4qaed`. Features are those that the emotion recipe trains on: log-mel and hsf90 of segments overlapping by
three quarters. Then what half precision changes in the bundled model's answers.
"""

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import torch
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.learning.songs import TRAINING_OVERLAP
from tonada.listening.decoding import decode
from tonada.listening.feature_cache import FeatureCache
from tonada.listening.listener import Listener
from tonada.listening.many_features import features_of


def main() -> None:
    """Measure and print."""
    songs = [str(path) for path in sorted((Path(sys.argv[1]) / "4qaed" / "audio").iterdir())]
    songs = songs[:: len(songs) // int(sys.argv[2])] if len(sys.argv) > 2 else songs
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__} on {torch.get_num_threads()} threads"
    )
    print(f"\n| {len(songs)} clips of 30 s | songs a second |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        speeds(songs, Path(folder))
    precision(songs)


def speeds(songs: list[str], folder: Path) -> None:
    """A run that makes everything, one that reads the files' bytes to know them, and one that reads no audio."""
    extractor = TonadaFeatureExtractor(segment_overlap=TRAINING_OVERLAP)
    cache = FeatureCache(folder)
    hearing = [(song, extractor) for song in songs]
    print(f"| cold: decoded, extracted, written | {rate(hearing, cache):.1f} |")
    print(f"| warm: checked and opened | {rate(hearing, cache):.0f} |")
    print(f"| warm, an epoch: two segments of each song read | {rate(hearing, cache, [3, 1]):.0f} |")
    for path in (folder / "contents").iterdir():
        path.unlink()
    print(f"| warm, but files moved: their bytes read and hashed | {rate(hearing, cache):.0f} |")
    kept = [path.stat().st_size for path in cache.folder.iterdir()]
    audio = [Path(song).stat().st_size for song in songs]
    print(f"\n{sum(kept) / len(songs):,.0f} bytes a song, of audio {sum(audio) / len(songs):,.0f}.")


def rate(
    hearing: list[tuple[str, TonadaFeatureExtractor]], cache: FeatureCache, drawn: list[int] | None = None
) -> float:
    """Songs a second; with segments to draw, of drawing alone."""
    kept = list(features_of(hearing, cache)) if drawn else []
    start = time.perf_counter()
    done = [features.of_segments(drawn) for features in kept] if drawn else list(features_of(hearing, cache))
    return len(done) / (time.perf_counter() - start)


@torch.inference_mode()
def precision(songs: list[str]) -> None:
    """The largest change of a probability, and of answers, from spectrograms in half precision."""
    listener = Listener.bundled("emotion")
    changes, others = [], 0
    for song in songs:
        waveform = decode(song, listener.extractor.sampling_rate)
        heard = listener.extractor(waveform, sampling_rate=listener.extractor.sampling_rate, return_tensors="pt")
        whole = listener.model(**heard).logits.exp()
        half = listener.model(**{**heard, "spectrogram": heard["spectrogram"].half().float()}).logits.exp()
        changes.append(float((whole - half).abs().max()))
        others += int(whole.argmax() != half.argmax())
    print(
        f"\nHalf precision changes a probability by {max(changes):.5f} at most, {sum(changes) / len(changes):.5f} on "
        f"average, and {others} of {len(songs)} answers."
    )


if __name__ == "__main__":
    main()
