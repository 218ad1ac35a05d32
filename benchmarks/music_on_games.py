"""
What the bundled music detector answers of sound from packages that it never heard: `task: games` of free_audio.

    python benchmarks/music_on_games.py DATA/free_audio
"""

import sys
from collections import Counter

from tonada.datasets_scripts import free_audio
from tqdm import tqdm

from tonada.listening.limits import AudioError
from tonada.listening.listener import Listener


def answers(folder: str) -> Counter[tuple[str, str, str]]:
    """How many files there are of each label, package and answer."""
    listener, rows = Listener.bundled("music"), free_audio.load(folder, task="games")
    names, counts = rows.features["label"].names, Counter[tuple[str, str, str]]()
    songs = zip(rows["audio"], rows["label"], rows["group"], strict=True)
    for audio, label, group in tqdm(songs, total=len(rows), unit="file"):
        try:
            answer = str(listener.listen(audio["path"]).label)
        except AudioError as error:
            answer = error.status
        counts[names[label], group.removeprefix("package "), answer] += 1
    return counts


if __name__ == "__main__":
    found = answers(sys.argv[1])
    print("| label | package | files | answered with it | share |\n|---|---|---|---|---|")
    for label in free_audio.LABELS:
        packages = sorted({package for truth, package, _ in found if truth == label})
        for package in ["all", *packages]:
            of_label = {key: count for key, count in found.items() if key[0] == label and package in ("all", key[1])}
            files, right = sum(of_label.values()), sum(count for key, count in of_label.items() if key[2] == label)
            print(f"| {label} | {package} | {files} | {right} | {right / files:.1%} |")
