"""Prints descriptors.md: every set and descriptor as the code has them, and how far from librosa they measure."""

import inspect
import sys
from pathlib import Path

import librosa
import numpy as np
import soundfile
from tonada.feature_extraction import DESCRIPTOR_SETS, TonadaFeatureExtractor
from tonada.feature_extraction.descriptor_sets_tonada import DESCRIPTORS
from tonada.feature_extraction.statistics_tonada import STATISTICS

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "benchmarks"))
from librosa_recipes import RECIPES  # noqa: E402

RATE = 22050
SUFFIXES = (".ogg", ".mp3", ".flac")

OPENING = """\
# Descriptors

Printed by `make docs` (`docs/descriptors.py`) from the code and from the example songs.

A set is named in the extractor's settings or a recipe (`descriptor_set: hsf90`), or made there of descriptors and
statistics without code:

```yaml
descriptor_set:
  - {descriptor: mfcc, count: 20, statistics: [mean, standard_deviation]}
  - {descriptor: chroma, tuned: true, name: tuned_chroma, statistics: [median]}
```

Names, versions and a hash of all that decides a value are saved with the extractor (`feature_schema`), the hash with
the model too; a pair that disagrees, or an edition of Tonada that would compute something else, is refused.

`TonadaFeatureExtractor.for_set("fma518")` hears as a source did: descriptors alone, the song as one segment with its
silence, at its own level and up to half its rate.
"""

PUBLISHED = """\
## Which of the two fma518

`fma518_published` is FMA's `features.csv`: the same calls as its `features.py` under librosa 0.5.0, five of which
forget the rate. At 44,100 Hz their hertz are half the truth (a 3,000 Hz tone has its centroid at 1,500). Take it for
models that learned from the published table, on tracks at 44,100 Hz and whole, as the table was made. It is held to
rows that librosa 0.5.0 itself computed (`tests/data/`). `fma518` is the same 518 columns with every rate given and
librosa 0.11's definitions, right at any rate from 12,801 Hz up; take it for everything new. Who runs `features.py`
under today's librosa gets a third thing: its chroma of the constant-Q transform then takes 36 bins for an octave and
is silently wrong.
"""

REASONS = """\
Where they differ, and why. **CENS and tonnetz** quantise: a share at the edge of a step falls on either side of it by
rounding, and one step moves the forty frames over which it is smoothed, or the whole column where it hardly moves.
**Tuning** is the mode of a histogram and jumps where two hundredths of a semitone are level; sounds without pitch (a
click) have any. **The constant-Q transform** halves the rate by another low-pass filter of the same band than soxr:
1e-4 of the loudest. **Skewness and kurtosis** of a constant are 0 here and unknown to scipy.
"""


def table_of_sets() -> str:
    """Name, width and origin of each set."""
    rows = ["| set | columns | made of |", "|---|---|---|"]
    for name, each in DESCRIPTOR_SETS.items():
        blocks = dict.fromkeys(block.name for block in each.blocks)
        statistics = dict.fromkeys(statistic for block in each.blocks for statistic in block.statistics)
        rows.append(f"| `{name}` | {len(each.columns)} | {', '.join(blocks)} × {', '.join(statistics)} |")
    return "\n".join(rows)


def table_of_descriptors() -> str:
    """Name, number of columns, settings and definition of each descriptor."""
    rows = ["| descriptor | columns | settings | what it is |", "|---|---|---|---|"]
    for name, each in DESCRIPTORS.items():
        count = len(each.columns) or each.settings.get("count", 1)
        settings = ", ".join(f"{setting} = {default}" for setting, default in each.settings.items())
        meaning = " ".join(inspect.getdoc(each.compute).split("\n\n")[0].split())
        rows.append(f"| `{name}` | {count} | {settings} | {meaning} |")
    return "\n".join(rows)


def table_of_distances(songs: list[np.ndarray]) -> str:
    """How far each descriptor's columns lie from librosa's on the example songs."""
    rows = [
        "| set | descriptor | columns × songs within 1e-3 of the value + 1e-5 of the scale | farthest, of the scale |",
        "|---|---|---|---|",
    ]
    for name, recipe in RECIPES.items():
        extractor = TonadaFeatureExtractor.for_set(name)
        ours = np.stack([extractor(song, sampling_rate=RATE)["descriptors"][0, 0] for song in songs])
        theirs = np.stack([recipe(song, RATE) for song in songs])
        scale, distance = np.abs(theirs).max(0), np.abs(ours - theirs)
        within = distance <= 1e-3 * np.abs(theirs) + 1e-5 * scale
        for block in dict.fromkeys(block.name for block in extractor.descriptors.blocks):
            mine = np.array([column.startswith(block) for column in extractor.descriptors.columns])
            farthest = (distance[:, mine] / np.maximum(scale[mine], 1e-12)).max()
            share = f"{within[:, mine].sum()} of {within[:, mine].size}"
            rows.append(f"| {name} | {block} | {share} | {farthest:.0e} |")
    return "\n".join(rows)


def example_songs() -> list[np.ndarray]:
    """The examples at the model's rate, resampled by librosa for both sides alike."""
    songs = []
    for path in sorted(each for each in (ROOT / "examples").iterdir() if each.suffix in SUFFIXES):
        waveform, rate = soundfile.read(path, dtype="float32", always_2d=True)
        songs.append(librosa.resample(waveform.mean(1), orig_sr=rate, target_sr=RATE))
    return songs


def main() -> None:
    """Print the page."""
    print(OPENING)
    print("## Sets\n")
    print(table_of_sets())
    print()
    print(PUBLISHED)
    print("## Descriptors\n")
    print(table_of_descriptors())
    print(f"\nStatistics: {', '.join(STATISTICS)}.\n")
    print(f"## How far from librosa {librosa.__version__}\n")
    print(table_of_distances(example_songs()))
    print()
    print(REASONS.strip())


if __name__ == "__main__":
    main()
