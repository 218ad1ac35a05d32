"""
Speed of the Turkish table's descriptors beside their librosa recipe: part of `make bench`.

One thread, 30 seconds of music at the table's 44.1 kHz, the sides in turn and the best of their runs, so that a busy
machine slows both.
"""

import librosa
import torch
from songs import EXAMPLES
from timing import best_seconds
from tonada.feature_extraction import DESCRIPTOR_SETS, TonadaFeatureExtractor
from turkish50_recipe import LACKING, turkish50

from tonada.listening.decoding import decode

SONG = EXAMPLES / "the-king-is-dead.ogg"


def compare() -> str:
    """The comparison, as a table."""
    extractor = TonadaFeatureExtractor.for_set("turkish50")
    blocks = DESCRIPTOR_SETS["turkish50"].blocks
    in_librosa = [
        {"descriptor": block.descriptor, "statistics": list(block.statistics)}
        for block in blocks
        if block.descriptor not in ("fluctuation", "roughness", "attack_time")
    ]
    settings = {"sampling_rate": extractor.sampling_rate, "segment_seconds": extractor.segment_seconds}
    alike = TonadaFeatureExtractor.for_set("turkish50", descriptor_set=in_librosa, **settings)
    waveform = decode(SONG, extractor.sampling_rate)[: 30 * extractor.sampling_rate]
    theirs, same, all_fifty = best_seconds(
        lambda: turkish50(waveform, extractor.sampling_rate),
        lambda: alike(waveform, sampling_rate=extractor.sampling_rate),
        lambda: extractor(waveform, sampling_rate=extractor.sampling_rate),
    )
    lacking = ", ".join(name.strip("_") for name in LACKING)
    rows = {
        f"librosa and numpy, all but {lacking}": (len(alike.descriptors.columns), theirs),
        "Tonada, the same columns": (len(alike.descriptors.columns), same),
        "Tonada, all of them": (len(extractor.descriptors.columns), all_fifty),
    }
    lines = ["| turkish50 | columns | ms | times as fast |", "|---|---|---|---|"]
    lines += [f"| {what} | {count} | {1e3 * took:.0f} | {theirs / took:.1f} |" for what, (count, took) in rows.items()]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    print(f"\nlibrosa {librosa.__version__}, torch {torch.__version__}, one thread, 30 s of music at 44.1 kHz\n")
    print(compare(), flush=True)


if __name__ == "__main__":
    main()
