"""
Are these musicnn's networks? `python benchmarks/published_tags.py SONGS [DATA]`

`SONGS` is a folder with the two songs of musicnn's repository (`audio/` there), which are not free; the wheel is looked
for in `TONADA_WEIGHTS`. Their published tags are those of its README; the fifty published probabilities were
read from the bar chart in its notebook `tagging_example`, to a pixel of 1/435.

With `DATA`, which holds `4qaed`: does the fully convolutional tagger of the same data mean the same by its tags?
"""

import sys
from pathlib import Path

import numpy as np

from tonada.embedding.embedders import tag
from tonada.embedding.tags import MAGNATAGATUNE
from tonada.listening.decoding import decode

NAME, RATE = "musicnn-mtt", 16000
TECHNO = "joram-moments_of_clarity-08-solipsism-59-88.mp3"
BLUES = "TRWJAZW128F42760DD_test.mp3"
PUBLISHED = {
    TECHNO: "techno, electronic, synth, fast, beat, drums, no vocals, no vocal, dance, ambient",
    BLUES: "guitar, piano, fast",
}
PIXELS = """
9 5 15 255 6 53 236 9 119 24 26 93 2 1 183 2 10 0 1 1 1 42 1 24 2
5 1 1 35 11 4 2 1 1 1 0 1 21 32 1 1 26 1 1 15 22 1 1 1 0
"""
HEIGHT = 435  # pixels of the chart from 0 to 1


def main() -> None:
    """Tag and print."""
    folder = Path(sys.argv[1])
    print("| song | published tags | tags here |\n|---|---|---|")
    for song, published in PUBLISHED.items():
        here = list(tags_of(folder / song))[: published.count(",") + 1]
        print(f"| {song} | {published} | {', '.join(here) if ', '.join(here) != published else 'the same'} |")
    bars = np.array([int(pixels) for pixels in PIXELS.split()]) / HEIGHT
    probabilities = tags_of(folder / TECHNO)
    apart = np.abs(bars - [probabilities[name] for name in MAGNATAGATUNE])
    print("\n| of the 50 probabilities of the first song | |\n|---|---|")
    print(f"| largest difference from the published chart | {apart.max():.4f} |")
    print(f"| mean difference | {apart.mean():.4f} |")
    print(f"| a pixel of the chart | {1 / HEIGHT:.4f} |")
    for data in sys.argv[2:]:
        print_agreement(sorted((Path(data) / "4qaed" / "audio").iterdir())[::18])


def print_agreement(songs: list[Path]) -> None:
    """How the logarithms of two taggers' probabilities correlate over songs."""
    heard = [[tags_of(song, name) for song in songs] for name in (NAME, "fcn-mtat")]
    musicnn, fcn = (np.log([[song[name] for name in MAGNATAGATUNE] for song in tagger]) for tagger in heard)
    correlation = np.corrcoef(musicnn.T, fcn.T)[: len(MAGNATAGATUNE), len(MAGNATAGATUNE) :]
    same = np.eye(len(correlation), dtype=bool)
    print(f"\n| musicnn-mtt and fcn-mtat, {len(songs)} songs | correlation |\n|---|---|")
    print(f"| of the same tag, mean | {correlation[same].mean():.2f} |")
    print(f"| of two tags, mean | {correlation[~same].mean():.2f} |")


def tags_of(song: Path, name: str = NAME) -> dict[str, float]:
    """Probability of each tag, the likeliest first."""
    return tag(decode(song, RATE), RATE, name)


if __name__ == "__main__":
    main()
