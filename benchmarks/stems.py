"""
What a mood model says of stems, on the clips of 4QAED that it left out: `python benchmarks/stems.py MODEL DATA METHOD…`

MODEL is the folder that `tonada train` made of a recipe with a test side, say `recipes/emotion.yaml` without its
`report`: one that is cross-validated learns from all songs in the end. It knows mixes; nothing of this chose anything.
"""

import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from tonada.learning.recipes import load_recipe
from tonada.listening.answers import Answer
from tonada.listening.listener import Listener
from tonada.proving.predictions import read_predictions
from tonada.proving.scores import macro_f1


def main(model: Path, data: Path, methods: list[str]) -> None:
    """Listen and print."""
    answered = read_predictions(model / "predictions" / f"{load_recipe(model / 'recipe.yaml').name}.csv")
    songs = [each for each in answered if each.split == "test"]
    if not songs:
        sys.exit(f"{model} left no song out for a test; train it without report: {{crossvalidate: true}}")
    listener = Listener.from_pretrained(str(model))
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
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
