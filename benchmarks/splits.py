"""How even the deals of `datasets_scripts.splits` are, and what moves when songs are added: a table of docs/data.md."""

import os
import sys
from collections import Counter
from pathlib import Path

import datasets
from tonada.datasets_scripts import emotify, emotion_4qaed, splits

FOLDS = 5
SEEDS = 10
ADDED = 10
"""Of a hundred songs, how many come later."""


def worst_share(rows: datasets.Dataset, parts: list[str]) -> float:
    """The largest distance of a label's share in a fold from its even share, in percent of the label's songs."""
    cells = Counter(zip(rows["label"], parts, strict=True))
    totals = Counter(rows["label"])
    return max(abs(cells[label, str(fold)] / totals[label] - 1 / FOLDS) for label in totals for fold in range(FOLDS))


def deals(rows: datasets.Dataset, few: datasets.Dataset, seed: int) -> dict[str, tuple[splits.Split, splits.Split]]:
    """Each deal of the first songs, and of all of them."""
    first = splits.extended(few, FOLDS, seed)
    return {
        "even": (splits.even(few, FOLDS, seed), splits.even(rows, FOLDS, seed)),
        "hashed": (splits.hashed(few, FOLDS, seed), splits.hashed(rows, FOLDS, seed)),
        "extended": (first, splits.extended(rows, FOLDS, seed, earlier=first)),
    }


def main() -> None:
    """Print the table."""
    datasets.disable_progress_bars()
    folder = Path(os.environ.get("TONADA_DATA") or sys.exit("set TONADA_DATA to the folder of the data sets"))
    print(
        "| data set | deal | largest distance from an even share | songs moved by adding a tenth |\n|---|---|---|---|"
    )
    for name, rows in (("emotify", emotify.load(folder / "emotify")), ("4qaed", emotion_4qaed.load(folder / "4qaed"))):
        rows = rows.select_columns(["label", "song_id", "group"]).shuffle(seed=0)
        few = rows.select(range(len(rows) * (100 - ADDED) // 100))
        made = [deals(rows, few, seed) for seed in range(SEEDS)]
        for deal in made[0]:
            far = [worst_share(rows, each[deal][1].of(rows["song_id"])) for each in made]
            before, after = zip(*(each[deal] for each in made), strict=True)
            moved = [
                sum(one.parts[song] != two.parts[song] for song in one.parts) / len(one.parts)
                for one, two in zip(before, after, strict=True)
            ]
            print(f"| {name} | `{deal}` | {sum(far) / SEEDS:.1%} (at most {max(far):.1%}) | {sum(moved) / SEEDS:.1%} |")


if __name__ == "__main__":
    main()
