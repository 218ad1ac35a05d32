"""
The bundled model by runtime: size, seconds to an answer from a cold start and warm, and how answers differ: part of
`make bench`. With `TONADA_DATA` set, a fold of 4QAED tells what int8 costs; the bundled model learned from all folds,
so that only differences mean anything.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from commands import command
from songs import EXAMPLES
from tonada.datasets_scripts import splits
from tonada.datasets_scripts.registry import data_set

from tonada.checkpoints import checkpoint
from tonada.exporting.export import export_onnx
from tonada.listening.answers import Answer
from tonada.listening.listener import Listener
from tonada.listening.onnx_listener import OnnxListener
from tonada.proving.scores import macro_f1

RUNS = 5
CLIP = EXAMPLES / "the-king-is-dead.ogg"
Listen = Callable[[Path], Answer]


def warm(listen: Listen) -> float:
    """Median seconds from file to answer."""
    took = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        listen(CLIP)
        took.append(time.perf_counter() - start)
    return statistics.median(took[1:])


def cold(*options: object) -> tuple[float, float]:
    """Median seconds of the command as a person waits for it, and of processor, which others can hardly stretch."""
    waited, worked = [], []
    for _ in range(RUNS):
        before = os.times()
        waited.append(command("classify", CLIP, *options)[0])
        after = os.times()
        worked.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(waited), statistics.median(worked)


def furthest(listen: Listen, reference: Listen, songs: list[Path]) -> float:
    """The greatest difference of a probability."""
    return max(
        abs(probability - reference(song).probabilities[label])
        for song in songs
        for label, probability in listen(song).probabilities.items()
    )


def print_runtimes(listeners: dict[str, Listen], files: dict[str, Path]) -> None:
    """A row a runtime."""
    examples = sorted(path for path in EXAMPLES.iterdir() if path.suffix in (".flac", ".mp3", ".ogg"))
    print("| runtime | file, MB | a 30-s clip from a cold start, s | of processor | warm, s | furthest from torch |")
    print("|---|---|---|---|---|---|")
    for name, listen in listeners.items():
        options = ["--runtime", "onnx", "--model", files[name]] if name != "torch" else []
        size = files[name].stat().st_size / 1e6
        apart = furthest(listen, listeners["torch"], examples)
        waited, worked = cold(*options)
        print(f"| {name} | {size:.1f} | {waited:.2f} | {worked:.2f} | {warm(listen):.3f} | {apart:.0e} |", flush=True)


def print_accuracy(listeners: dict[str, Listen], root: Path) -> None:
    """Macro-F1 and accuracy on the first fold of the model's own split."""
    rows = data_set("emotion_4qaed").load(root / "4qaed")
    split, names = splits.load(checkpoint("emotion") / "split.json").sides(), rows.features["label"].names
    test = [row for row in rows if split.parts.get(row["song_id"]) == "test"]
    truth = [names[row["label"]] for row in test]
    print(f"\n| runtime | macro-F1, {len(test)} songs of one fold | accuracy | other answers than torch | furthest |")
    print("|---|---|---|---|---|")
    reference: list[Answer] = []
    for name, listen in listeners.items():
        answers = [listen(Path(row["audio"]["path"])) for row in test]
        reference = reference or answers
        labels = [answer.label for answer in answers]
        others = sum(label != answer.label for label, answer in zip(labels, reference, strict=True))
        numbers, expected = (
            np.array([list(each.probabilities.values()) for each in some]) for some in (answers, reference)
        )
        right = np.mean([label == true for label, true in zip(labels, truth, strict=True)])
        apart = np.abs(numbers - expected).max()
        print(f"| {name} | {macro_f1(truth, labels):.3f} | {right:.3f} | {others} | {apart:.0e} |", flush=True)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder, torch_listener = Path(name), Listener.bundled("emotion")
        files = {
            "torch": checkpoint("emotion") / "model.safetensors",
            "ONNX Runtime": folder / "float32.onnx",
            "ONNX Runtime, int8": folder / "int8.onnx",
        }
        for each in list(files)[1:]:
            export_onnx(torch_listener, files[each], int8=each.endswith("int8"))
        listeners: dict[str, Listen] = {
            each: torch_listener.listen if each == "torch" else OnnxListener(path).listen
            for each, path in files.items()
        }
        print_runtimes(listeners, files)
        if root := os.environ.get("TONADA_DATA"):
            print_accuracy(listeners, Path(root))


if __name__ == "__main__":
    main()
