"""
Speed of the descriptor sets beside their librosa recipes, and of the whole front end: part of `make bench`.

One thread, 30 seconds of music, the two sides in turn and the best of their runs, so that a busy machine slows both.
"""

from collections.abc import Callable

import librosa
import numpy as np
import torch
from librosa_recipes import RECIPES
from songs import EXAMPLES
from timing import best_seconds
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.listening.decoding import decode

RATE = 22050
SONG = EXAMPLES / "the-king-is-dead.ogg"


def with_librosa(name: str, waveform: np.ndarray) -> Callable[[], object]:
    """A set as one writes it with librosa."""
    return lambda: RECIPES[name](waveform, RATE)


def with_tonada(name: str, waveform: np.ndarray) -> Callable[[], object]:
    """A set as the extractor computes it."""
    extractor = TonadaFeatureExtractor.for_set(name)
    return lambda: extractor(waveform, sampling_rate=RATE)


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    waveform = decode(SONG, RATE)
    versions = f"librosa {librosa.__version__}, torch {torch.__version__}"
    print(f"\n{versions}, one thread, {len(waveform) / RATE:.0f} s of music\n")
    print("| descriptor set | librosa, ms | Tonada, ms | times as fast |\n|---|---|---|---|")
    for name in RECIPES:
        theirs, ours = best_seconds(with_librosa(name, waveform), with_tonada(name, waveform))
        print(f"| {name} | {1e3 * theirs:.0f} | {1e3 * ours:.0f} | {theirs / ours:.1f} |", flush=True)

    extractor = TonadaFeatureExtractor()  # log-mel and hsf90
    decoding, whole = best_seconds(
        lambda: decode(SONG, RATE), lambda: extractor(decode(SONG, RATE), sampling_rate=RATE, return_tensors="pt")
    )
    print("\n| front end of the bundled model | ms |\n|---|---|")
    print(f"| decoding and resampling | {1e3 * decoding:.0f} |\n| with log-mel and hsf90 | {1e3 * whole:.0f} |")


if __name__ == "__main__":
    main()
