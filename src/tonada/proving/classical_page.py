"""The page of cross-validated systems: `python -m tonada.proving.classical_page docs/results-classical`."""

import csv
import sys
from pathlib import Path
from statistics import median

from tonada.proving.crossvalidated import BASELINE, best_of, by_label, crossvalidated_table
from tonada.proving.detection import detection_table
from tonada.proving.intervals import gained
from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction, read_predictions
from tonada.proving.weighted_scores import accuracy, macro_f1

COSTS = ".costs.csv"
HEAD = """# Results of the classical systems

Written by `make results` from the predictions in `docs/results-classical/`, which `tonada train recipes/NAME.yaml`
left: one file a system, with song, group, fold, the deal's seed, truth and probabilities. Every song was answered by a
system that had seen none of its group, and every setting that was searched was searched inside the training songs.
Brackets are 95 % intervals, resampling groups; "worst label" is the one with the least recall; "between folds" is the
standard deviation of one fold's accuracy, which is what a single test set of that size can be off by. The order of a
table is that of its figures: the best of many is better than it would be on new songs.
"""
COSTS_ARE = """What they cost, on one core, which other programs took a part of: the median of the folds. A search
counts where it was made, and not again in a vote of what it tuned."""
PUBLISHED = ("ensemble",)  # whose answers by label a source has (S3, table 7 and figure 29)
WANTED = 0.95  # precision, as recipes/music-detect.yaml asks for
THRESHOLDS = """As a detector of the first label, and from thresholds on that were chosen on the answers to the other
folds:"""
RUNS = {
    "turkish": """Source S1: fifty descriptors, four emotions. Of the 400 published rows the 388 that are no other's.
Published with 34 features: accuracy 0.793, F1 0.790 (Er & Esin 2021); from the audio, which is not public, 0.892 (Er &
Aydilek 2019). `-pca` keeps the components that explain 90 % of the variance; S1 asks whether that helps, and here each
system with it is below the same without. `tuned-…` searches in each fold, `stack` weighs what three others say of songs
that they had not seen. Aimed at was 0.85, which no system reaches. One fold of 39 songs is off by what stands between
folds, as much as most of these systems lie apart: it takes all folds and the same songs, as in the last column, to tell
two of them apart.""",
    "turkish-modified": """Source S1's own table: 408 rows, spoiled on purpose (words and blanks among the numbers,
values out of all proportion, songs a second time, classes in stray case, a column of junk), mended by
`datasets_scripts/turkish.py`; what it left out or changed it lists cell by cell (`clean`). Rows that share most of
their numbers are on one side. S1's forest had 0.778 on one test of 81 rows; its 0.88 was scored on training rows.""",
    "emotion-classical": """Source S1's fifty descriptors of recordings, on 4QAED: S1's own table has no sound, so that
no model of it can hear any. Descriptors and machines are S1's, songs are not. The neural systems on the same songs
stand in [Results](results.md).""",
    "gtzan": """Source S3's way of working on a public table: 57 descriptors, ten genres, equal rows in one fold.
Artists are unknown, so all of this is an upper bound. `ensemble` is S3's: XGBoost, logistic regression and linear SVM,
each tuned by ten random candidates scored by kappa on three folds inside the training songs, then a majority vote.""",
    "genre-classical": """Source S3 on 300 clips of four genres (emotify), 518 descriptors, no artist on two sides. S3
itself, on FMA with 16 genres, over all 518 columns: SVC 0.494, XGBoost 0.479, logistic regression 0.470, linear SVC
0.437, random forest 0.422, kNN 0.408, QDA 0.107, naive Bayes 0.046; SVC over MFCC and contrast 0.483, over the 40
columns of its MDA 0.460, over 4 principal components 0.248; its ensemble 0.463 with kappa 0.332. Right by genre (its
table 7): old-time 74.2 %, rock 71.8, experimental 66.0, electronic 55.2, hip-hop 39.0, folk 28.0, classical 24.0,
international 9.7, instrumental 7.2, spoken 6.5, jazz 4.6, easy listening 2.3, pop 1.6, and none of blues, country and
soul. Labels are even here, so that balancing has nothing to mend. `ensemble` is S3's, of three systems each tuned
inside the training songs; `ensemble-soft` takes the mean of their probabilities; `frame-lstm` is the network over
sequences of descriptors that S3 left unwritten (`benchmarks/frame_lstm.py`), in the same folds.""",
    "gtzan-uneven": """Balancing, which S3 could not compute: the ten genres of gtzan, each thinned for training to a
geometric share of the one before it, 40 songs of the first to 2 of the last; every song is answered, so that the rarest
labels are judged by as many songs as the others (`python benchmarks/balancing.py`). S3's ensemble was never right on
three of its sixteen genres.""",
    "bag-of-songs": """Source S4: 32 descriptors, classic or not, here on emotify with no artist on two sides. S4
itself, on 172 songs of another collection: MLP accuracy 0.96, F1 0.97.""",
    "music-detect": """Source S2's four models on descriptors of free audio heard at 8 kHz, so that no bandwidth
tells speech from music; a package is in one fold. At most twelve files of a package with a label, of 3.1 seconds
and more (`most` and `shortest` in the recipe): four packages hold prompts by the hundred, and intervals resample
packages, of which there are few. S2 itself, on other data (AudioSet): F1 0.827 (logistic regression), 0.820 (XGBoost),
0.812 (linear SVM), 0.805 (random forest); on AudioSet's test songs logistic regression F1 0.810, PR-AUC 0.868, and its
network F1 0.811, PR-AUC 0.867. `music-detect-transfer` is that network over ten steps of musicnn's embeddings of the
same sound, and `music-detect-nothing` the bundled detector's network, which begins with nothing; nothing was tuned.
Both have the same folds, others than those of the four: they were dealt before three songs were found too quiet.""",
}

PAIRS = {"music-detect": ("music-detect-transfer", "music-detect-nothing")}
"""Systems of a run that were dealt the same folds to be told apart."""


def classical_page(folder: Path) -> str:
    """A section a run: its table, the confusions of its best system, and what the systems cost."""
    sections = [_section(folder / name, text) for name, text in RUNS.items() if (folder / name).is_dir()]
    return "\n".join([HEAD, *sections])


def _section(folder: Path, text: str) -> str:
    systems = _systems(folder)
    best = best_of(systems)
    parts = [f"## {folder.name}", text, _size(systems[BASELINE]), crossvalidated_table(systems)]
    if folder.name in PAIRS:
        parts += [_gain(systems, *PAIRS[folder.name])]
    if len(systems[best][0].probabilities) == 2:
        parts += [THRESHOLDS, detection_table(systems, WANTED)]
    for name in dict.fromkeys([best, *(name for name in PUBLISHED if name in systems)]):
        parts += [f"Answers of {name}, over all deals:", by_label(systems[name])]
    parts += [COSTS_ARE, _costs(folder)]
    return "\n\n".join(parts) + "\n"


def _gain(systems: dict[str, list[Prediction]], first: str, second: str) -> str:
    one, other = Judged.of(systems[first]), Judged.of(systems[second])
    gains = [
        f"{gained(score, one, other)} in {name}" for name, score in (("accuracy", accuracy), ("macro-F1", macro_f1))
    ]
    return f"`{first}` has {' and '.join(gains)} over `{second}`."


def _systems(folder: Path) -> dict[str, list[Prediction]]:
    """Predictions by the name of the system, in the order of the baseline's, from which a network's differs."""
    systems = {path.stem: read_predictions(path) for path in sorted(folder.glob("*.csv")) if COSTS not in path.name}
    order = {(each.seed, each.song_id): place for place, each in enumerate(systems[BASELINE])}
    return {name: sorted(own, key=lambda each: order[each.seed, each.song_id]) for name, own in systems.items()}


def _size(predictions: list[Prediction]) -> str:
    songs, groups = ({getattr(each, name) for each in predictions} for name in ("song_id", "group"))
    folds, deals = len({each.split for each in predictions}), len({each.seed for each in predictions})
    return f"{len(songs)} songs, {len(groups)} groups, {folds} folds, dealt {deals} time{'s'[: deals > 1]}."


def _costs(folder: Path) -> str:
    """Seconds to fit on one fold's training songs and to answer a thousand songs: the median of the folds."""
    lines = ["| system | fit, s | answer 1000 songs, s |", "|---|---|---|"]
    for path in sorted(folder.glob(f"*{COSTS}")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        spent = [median(float(row[name]) for row in rows) for name in ("fit_seconds", "seconds_per_thousand")]
        lines.append(f"| {path.name.removesuffix(COSTS)} | {spent[0]:.2f} | {spent[1]:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(classical_page(Path(sys.argv[1])), end="")
