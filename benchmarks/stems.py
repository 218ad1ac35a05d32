"""
What the emotion model says of stems: `python benchmarks/stems.py MODEL METHOD…`, a folder that left songs out (see
`left_out_songs.py`); needs TONADA_DATA. The model learned from mixes; nothing of this chose anything.
"""

import sys
from collections import Counter
from pathlib import Path

from left_out_songs import left_out_songs
from tqdm import tqdm

from tonada.listening.answers import Answer
from tonada.listening.listener import Listener
from tonada.proving.scores import macro_f1


def main(model: Path, methods: list[str]) -> None:
    """Listen and print."""
    listener = Listener.from_pretrained(str(model))
    songs = list(left_out_songs(model))
    print("| heard | judged | accuracy | macro-F1 | same label as the mix | its labels |\n|---|---|---|---|---|---|")
    for method in methods:
        answers = [listener.listen(song.path, stems=method) for song in tqdm(songs, unit="song")]
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
