"""
Which descriptors the emotion model needs: the second table of docs/explaining.md, and the figures behind it.

`python benchmarks/descriptor_importance.py MODEL`, a folder that left songs out (see `left_out_songs.py`): mean
decrease in accuracy (source S3) on all of them; needs TONADA_DATA, and a minute of one core. The table alone, from the
figures kept: with `--table`.
"""

import csv
import re
import sys
from pathlib import Path

import torch
from left_out_songs import RESULTS, left_out_songs

from tonada.explaining.hearing import HeardSong
from tonada.explaining.permutation import mean_decrease_in_accuracy
from tonada.listening.decoding import decode
from tonada.listening.listener import Listener

FIGURES = RESULTS / "explaining-descriptors.csv"
FAMILY_REPEATS, COLUMN_REPEATS = 20, 5
SHOWN = 5  # single columns in the table


def families(columns: tuple[str, ...]) -> dict[str, list[int]]:
    """Columns of a descriptor and all its statistics together, by its name; and all columns."""
    found: dict[str, list[int]] = {"all": list(range(len(columns)))}
    for index, column in enumerate(columns):
        found.setdefault(re.sub(r"(_\d+|_[a-g](_sharp)?)?_(mean|variance|maximum)$", "", column), []).append(index)
    return found


def measure(model: Path) -> None:
    """Write what each descriptor, and each column alone, is needed for."""
    listener = Listener.from_pretrained(str(model))
    rate, songs, truth = listener.extractor.sampling_rate, [], []
    for labelled in left_out_songs(model):
        features = listener.extractor(decode(labelled.path, rate), sampling_rate=rate, return_tensors="pt")
        songs.append(HeardSong(listener.model, features))
        truth.append(labelled.label)

    @torch.inference_mode()
    def answer(descriptors: list[torch.Tensor]) -> torch.Tensor:
        pairs = zip(songs, descriptors, strict=True)
        return torch.cat([song.logits_if("descriptors", each.unsqueeze(0)).argmax(-1) for song, each in pairs])

    heard = [song.given("descriptors") for song in songs]
    named = families(listener.extractor.columns)
    lost = mean_decrease_in_accuracy(answer, heard, torch.tensor(truth), list(named.values()), FAMILY_REPEATS)
    alone = mean_decrease_in_accuracy(answer, heard, torch.tensor(truth), repeats=COLUMN_REPEATS)
    with FIGURES.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["what", "columns", "repeats", "mean decrease", "standard deviation"])
        for (name, columns), values in zip(named.items(), lost, strict=True):
            writer.writerow([name, len(columns), len(values), f"{values.mean():.4f}", f"{values.std():.4f}"])
        for name, values in zip(listener.extractor.columns, alone, strict=True):
            writer.writerow([name, 1, len(values), f"{values.mean():.4f}", f"{values.std():.4f}"])


def table() -> str:
    """A Markdown table: descriptors with all their statistics, then the columns that cost most alone."""
    with FIGURES.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: -float(row["mean decrease"]))
    together = [row for row in rows if int(row["repeats"]) == FAMILY_REPEATS]
    alone = [row for row in rows if int(row["repeats"]) == COLUMN_REPEATS][:SHOWN]
    lines = ["| permuted | columns | mean decrease in accuracy | standard deviation |", "|---|---|---|---|"]
    lines += [
        f"| {row['what']} | {row['columns']} | {float(row['mean decrease']):.3f} "
        f"| {float(row['standard deviation']):.3f} |"
        for row in (*together, *alone)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    if "--table" not in sys.argv:
        measure(Path(sys.argv[1]))
    print(table())
