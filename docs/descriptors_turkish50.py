"""
Prints descriptors-turkish50.md: each column's mark, its values beside the published table's, and what a model of that
table makes of other songs. Reads `TONADA_DATA` and writes the predictions behind the figures to `results/`.
"""

import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tonada.datasets_scripts import emotion_4qaed
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.feature_extraction.turkish50_tonada import TURKISH50_FIDELITY
from tqdm import tqdm

from tonada.listening.decoding import decode
from tonada.proving.predictions import Prediction, write_predictions

RESULTS = Path(__file__).parent / "results"
LABELS = {"happy": "happy", "sad": "sad", "relax": "relaxed", "angry": "angry"}  # the table's spelling: Tonada's
MODELS = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=5000)),
    "support vector machine": make_pipeline(StandardScaler(), CalibratedClassifierCV(SVC(C=3), ensemble=False)),
}
RESAMPLES = 2000

OPENING = """\
# turkish50: the Turkish table's descriptors, from audio

Printed by `TONADA_DATA=… python docs/descriptors_turkish50.py` from the code, the published table and the clips of
4qaed.

The Turkish Music Emotion table (Er & Aydilek 2019) holds fifty MIRtoolbox descriptors of 400 fragments whose audio is
not public. `TonadaFeatureExtractor.for_set("turkish50")` computes them from any song, under the table's names and in
its order, for fragments of 30 seconds at 44.1 kHz, so that a model of the table can hear a song:

```console
$ tonada features examples --set turkish50 --output songs.parquet
```

How the table was made is read from its names and values. What operators give once (a single `Mean`) was taken of a
whole fragment, not of frames: only so do entropy, flatness, skewness, kurtosis and a chromagram whose largest class is
always 1 come out as they are there. Attack times and slopes are those of MIRtoolbox 1.7, before 1.7.2.

`equal` means within 1e-3 of MIRtoolbox's definition, `close` that definition with the small difference that the reason
states. Tests hold both against plain formulas in float64 (`tests/test_turkish50.py`).
"""

COLUMNS_HEAD = """\
## Columns

The last two columns are percentiles, 5 | 50 | 95: of the table's 400 fragments, and of the 720 clips of 4qaed. Those
are other music (pop, mostly), and they reach up to 11 kHz only, being kept at 22,050 Hz: all that measures the top of
the spectrum is lower than in the table, flatness by far.
"""

AGAINST = """\
## Beside MIRtoolbox itself

Printed from `results/turkish50-mirtoolbox.csv`, which `benchmarks/turkish50_mirtoolbox.py` writes: MIRtoolbox 1.6.1
under GNU Octave on the same {clips} clips of real music. Tempo and attacks are not in it (the one needs filters that
Octave lacks, the other is of 1.7).
"""

LISTENING = """\
## A model of the table hears other songs

Trained on the table's 388 distinct rows, applied to the 720 clips of 4qaed: other music of another culture, labelled by
others, at another bandwidth. Nothing was chosen on these songs. A guess is right in 0.250. Predictions are in
`results/turkish50-*.csv`; brackets are 95 % intervals, resampling artists.
"""


def main() -> None:
    """Print the page."""
    rows, labels = published_table(Path(os.environ["TONADA_DATA"]) / "tables" / "turkish" / "original.csv")
    clips, songs = heard(Path(os.environ["TONADA_DATA"]) / "4qaed")
    print(OPENING)
    print(COLUMNS_HEAD)
    print("| column | mark | reason | table | 4qaed |\n|---|---|---|---|---|")
    for index, marked in enumerate(marks()):
        print(f"{marked} {percentiles(rows[:, index])} | {percentiles(clips[:, index])} |")
    print("\n" + beside_mirtoolbox())
    print(LISTENING)
    print("| model | accuracy |\n|---|---|")
    for name, predictions in answers(rows, labels, clips, songs):
        write_predictions(predictions, RESULTS / f"turkish50-{name.replace(' ', '-')}.csv")
        print(f"| {name} | {accuracy(predictions)} |")


def marks() -> Iterator[str]:
    """The beginning of each column's row."""
    return (f"| `{column}` | {mark} | {reason} |" for column, (mark, reason) in TURKISH50_FIDELITY.items())


def published_table(path: Path) -> tuple[np.ndarray, list[str]]:
    """Its distinct rows, `(388, 50)`, and their labels in Tonada's spelling."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = dict.fromkeys(tuple(line) for line in list(csv.reader(file))[1:])
    return np.array([line[1:] for line in lines], float), [LABELS[line[0]] for line in lines]


def heard(folder: Path) -> tuple[np.ndarray, list[dict[str, str]]]:
    """The set of each clip's first thirty seconds, and what the clip is."""
    extractor = TonadaFeatureExtractor.for_set("turkish50")
    songs = emotion_4qaed.load(folder)
    names = songs.features["label"].names
    rows, facts = [], []
    for song in tqdm(songs, file=sys.stderr):
        waveform = decode(song["audio"]["path"], extractor.sampling_rate)
        rows.append(extractor(waveform, sampling_rate=extractor.sampling_rate)["descriptors"][0, 0])
        facts.append({"song_id": song["song_id"], "group": song["group"], "truth": names[song["label"]]})
    return np.stack(rows).astype(float), facts


def percentiles(values: np.ndarray) -> str:
    """Fifth, fiftieth and ninety-fifth."""
    return " \\| ".join(f"{value:.3g}" for value in np.percentile(values, [5, 50, 95]))


def beside_mirtoolbox() -> str:
    """The section of differences, from the file that holds them."""
    with (RESULTS / "turkish50-mirtoolbox.csv").open(newline="", encoding="utf-8") as file:
        differences = list(csv.DictReader(file))
    lines = [AGAINST.format(clips=differences[0]["clips"])]
    lines += ["| column | median, relative | largest, relative | largest |", "|---|---|---|---|"]
    figures = ("median_relative", "largest_relative", "largest_difference")
    lines += [f"| `{each['column']}` | {' | '.join(each[figure] for figure in figures)} |" for each in differences]
    return "\n".join(lines) + "\n"


def answers(
    rows: np.ndarray, labels: list[str], clips: np.ndarray, songs: list[dict[str, str]]
) -> Iterator[tuple[str, list[Prediction]]]:
    """What each model says of the clips."""
    for name, model in MODELS.items():
        model.fit(rows, labels)
        predictions = []
        for song, values in zip(songs, model.predict_proba(clips), strict=True):
            probabilities = dict(zip(model.classes_, map(float, values), strict=True))
            predictions.append(Prediction(**song, split="test", seed=0, probabilities=probabilities))
        yield name, predictions


def accuracy(predictions: list[Prediction]) -> str:
    """With its interval."""
    groups = {group: place for place, group in enumerate(dict.fromkeys(each.group for each in predictions))}
    right, asked = np.zeros(len(groups)), np.zeros(len(groups))
    for each in predictions:
        right[groups[each.group]] += each.answer == each.truth
        asked[groups[each.group]] += 1
    drawn = np.random.default_rng(0).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=RESAMPLES)
    low, high = np.quantile(drawn @ right / (drawn @ asked), [0.025, 0.975])
    return f"{right.sum() / asked.sum():.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
