"""
Whether explanations of the emotion model are faithful: the table of docs/explaining.md, and its curves.

`python benchmarks/faithfulness.py MODEL`, a folder that left songs out (see `left_out_songs.py`), of which a hundred
are asked; needs TONADA_DATA and 25 minutes of one core. The table alone, from the curves kept: with `--table`.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import torch
from left_out_songs import RESULTS, left_out_songs

from tonada.explaining.attributions import METHODS
from tonada.explaining.faithfulness import SHARES, Order, area, at_random, by_importance, deletion_curve
from tonada.explaining.hearing import HeardSong
from tonada.explaining.instants import Grid, grid_of
from tonada.listening.decoding import decode
from tonada.listening.listener import Listener

CURVES = RESULTS / "explaining-faithfulness.csv"
RANDOM_ORDERS = 10
SONGS = 100
FIELDS = ["song_id", "label", "deleted from", "order", *(f"{share:g}" for share in SHARES)]


def silence_curve(listener: Listener, waveform: np.ndarray, song: HeardSong, grid: Grid, order: Order) -> torch.Tensor:
    """As `deletion_curve`, with the instants silenced in the sound and all of it heard anew, descriptors too."""
    times = listener.extractor.segment_times(waveform)
    contributions = [torch.zeros(count) for count in grid.counts]
    places = [(segment, index) for segment, count in enumerate(grid.counts) for index in range(count)]
    instants = dict(zip(places, grid.instants(contributions, times), strict=True))
    rate, curve = listener.extractor.sampling_rate, []
    for share in SHARES:
        left = waveform.copy()
        for place in order[: round(share * len(order))]:
            left[round(instants[place].start * rate) : round(instants[place].end * rate)] = 0
        features = listener.extractor(left, sampling_rate=rate, return_tensors="pt")
        with torch.inference_mode():
            logits = listener.model(**features).logits
        curve.append(song.target.score(logits).sigmoid())
    return torch.cat(curve)


def curves_of(listener: Listener, waveform: np.ndarray, seed: int) -> tuple[str, dict[tuple[str, str], torch.Tensor]]:
    """The answered label, and a curve for each place to delete from and each order."""
    rate = listener.extractor.sampling_rate
    song = HeardSong(listener.model, listener.extractor(waveform, sampling_rate=rate, return_tensors="pt"))
    grid = grid_of(song, listener.extractor)
    assert grid is not None
    dice = torch.Generator().manual_seed(seed)
    orders = {name: [by_importance(method(song, grid))] for name, method in METHODS.items()}
    orders["random"] = [at_random(grid, dice) for _ in range(RANDOM_ORDERS)]
    curves = {}
    for name, some in orders.items():
        curves["spectrogram", name] = torch.stack([deletion_curve(song, grid, each) for each in some]).mean(0)
        heard_anew = [silence_curve(listener, waveform, song, grid, each) for each in some]
        curves["sound", name] = torch.stack(heard_anew).mean(0)
    return song.target.label, curves


def measure(model: Path) -> None:
    """Write the curves of every song."""
    listener = Listener.from_pretrained(str(model))
    with CURVES.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for number, labelled in enumerate(left_out_songs(model, SONGS)):
            waveform = decode(labelled.path, listener.extractor.sampling_rate)
            label, curves = curves_of(listener, waveform, seed=number)
            for (place, order), curve in curves.items():
                writer.writerow([labelled.song_id, label, place, order, *(f"{value:.5f}" for value in curve.tolist())])
            file.flush()


def table(path: Path = CURVES) -> str:
    """A Markdown table: how the answer falls, and in how many songs faster than at random."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    curves = {(row["song_id"], row["deleted from"], row["order"]): _curve(row) for row in rows}
    songs = list(dict.fromkeys(row["song_id"] for row in rows))
    shares = [f"{share:.0%}" for share in SHARES[1:]]
    lines = [
        f"| deleted from the | most important first by | probability whole | {' | '.join(shares)} | beats random |",
        "|---" * (len(SHARES) + 3) + "|",
    ]
    for place in ("spectrogram", "sound"):
        for order in (*METHODS, "random"):
            mean = torch.stack([curves[song, place, order] for song in songs]).mean(0).tolist()
            wins = [area(curves[song, place, order]) < area(curves[song, place, "random"]) for song in songs]
            beaten = "" if order == "random" else f"{sum(wins)} of {len(songs)} songs"
            name = order.replace("_", " ")
            lines.append(f"| {place} | {name} | {' | '.join(f'{value:.3f}' for value in mean)} | {beaten} |")
    return "\n".join(lines)


def _curve(row: dict[str, str]) -> torch.Tensor:
    return torch.tensor([float(row[f"{share:g}"]) for share in SHARES])


if __name__ == "__main__":
    if "--table" not in sys.argv:
        measure(Path(sys.argv[1]))
    print(table())
