"""
What published networks know of labels that they were not trained for: `python benchmarks/transfer.py DATA EMBEDDER…`.

Each song is the mean of its embeddings, and a support vector machine tells the songs' labels, five folds, no artist on
both sides. `DATA` holds `4qaed` and `emotify`; weights are looked for in `TONADA_WEIGHTS`.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tqdm import tqdm

from tonada.embedding.embedders import EMBEDDERS, embed
from tonada.listening.decoding import decode

DATA_SETS = ("4qaed", "emotify")


def main() -> None:
    """Embed, learn, and print a row a data set and embedder."""
    data, *names = sys.argv[1:]
    print("| data set | songs | embedder | numbers a song | seconds a song | macro-F1 | accuracy |")
    print("|---|---|---|---|---|---|---|")
    for data_set in DATA_SETS:
        folder = Path(data) / data_set
        with (folder / "metadata.csv").open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        for name in names:
            print(row(data_set, folder, rows, name), flush=True)


def row(data_set: str, folder: Path, rows: list[dict[str, str]], name: str) -> str:
    """One line of the table."""
    began = time.perf_counter()
    songs = np.stack([song_vector(folder / row["file_name"], name) for row in tqdm(rows, name, leave=False)])
    seconds = (time.perf_counter() - began) / len(rows)
    labels = np.array([row["label"] for row in rows])
    artists = [row["artist"] or row["file_name"] for row in rows]  # who has none is nobody else
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    machine = make_pipeline(StandardScaler(), SVC())
    answers = cross_val_predict(machine, songs, labels, groups=artists, cv=folds)
    f1, accuracy = f1_score(labels, answers, average="macro"), accuracy_score(labels, answers)
    return f"| {data_set} | {len(rows)} | {name} | {songs.shape[1]} | {seconds:.2f} | {f1:.3f} | {accuracy:.3f} |"


def song_vector(path: Path, name: str) -> np.ndarray:
    """Mean embedding of a song, `(width,)`."""
    rate = EMBEDDERS[name].sampling_rate
    return embed(decode(path, rate), rate, name).mean(0).numpy()


if __name__ == "__main__":
    main()
