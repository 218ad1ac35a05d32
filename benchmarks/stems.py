"""
What the bundled mood model says of stems, on the test clips of its recipe: python benchmarks/stems.py DATA METHOD…

The model learned from mixes; nothing of this chose anything.
"""

import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from tonada.listening.answers import Answer
from tonada.listening.listener import Listener
from tonada.proving.predictions import read_predictions
from tonada.proving.scores import macro_f1

PREDICTIONS = Path(__file__).parent.parent / "docs" / "results" / "emotion" / "emotion.csv"


def main(data: Path, methods: list[str]) -> None:
    """Listen and print."""
    songs = [each for each in read_predictions(PREDICTIONS) if each.split == "test"]
    listener = Listener.bundled("emotion")
    print("| heard | judged | accuracy | macro-F1 | same label as the mix | its labels |\n|---|---|---|---|---|---|")
    for method in methods:
        paths = [data / "4qaed" / "audio" / f"{song.song_id}.ogg" for song in songs]
        answers = [listener.listen(path, stems=method) for path in tqdm(paths, unit="song")]
        for part in dict(answers[0].parts()):
            if part == "mix" and method != methods[0]:
                continue  # the same answers again
            judged = [
                (song.truth, alone, answer)
                for song, answer in zip(songs, answers, strict=True)
                if (alone := dict(answer.parts())[part]).status == "ok"
            ]
            print_row(part if part == "mix" else f"{part} ({method})", judged)


def print_row(name: str, judged: list[tuple[str, Answer, Answer]]) -> None:
    """One line of the table: the truth, the part's answer and the song's, of each song that could be judged."""
    truth, heard = [each[0] for each in judged], [str(each[1].label) for each in judged]
    right = sum(one == two for one, two in zip(truth, heard, strict=True)) / len(judged)
    same = sum(part.label == song.label for _, part, song in judged) / len(judged)
    score = macro_f1(truth, heard)
    counts = ", ".join(f"{label} {number}" for label, number in Counter(heard).most_common())
    print(f"| {name} | {len(judged)} | {right:.3f} | {score:.3f} | {same:.0%} | {counts} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
