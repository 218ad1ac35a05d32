"""The results page, computed from the predictions kept beside it: `python -m tonada.proving.tables docs/results`."""

import sys
from pathlib import Path

from tonada.datasets_scripts import emotify
from tonada.modeling.tree_tonada import LabelTree
from tonada.proving.crossvalidated import BASELINE, by_label, crossvalidated_table, fold_by_fold
from tonada.proving.intervals import interval, value
from tonada.proving.judged import Judged
from tonada.proving.levels import at_level
from tonada.proving.predictions import HELD_OUT, Prediction, read_predictions
from tonada.proving.weighted_scores import accuracy, macro_f1

HEAD = """# Results

Written by `make results` from the predictions in `docs/results/`, one file a system: song, group, split, seed, truth
and probabilities. Splits are disjoint in groups: artists, connected ones counting as one, or packages of files that
share their makers. Brackets are 95 % intervals, resampling groups; a last column resamples both systems' answers to the
same songs together. Where there are folds, every song was answered by a model that learned from no song of its group,
at the temperature that the other folds asked for. Elsewhere one fold of six validates, which chose the epoch and fitted
the calibration, so that its figures flatter, and one tests, which chose nothing.
"""

GAP = """The gap: logistic regression on the descriptors of all songs, every song answered by a system that did not
learn from it, with folds dealt song by song and with folds disjoint in artists."""

BUNDLED = ("emotion", "genre", "music")
PARENTS = {"genre": emotify.PARENTS}
ABOUT = {
    "emotion": """Source S0 on 4QAED, four quadrants. `emotion` is the recipe of the bundled checkpoint: **its teacher
may have heard these songs**. Settings were chosen on fold 1 alone. Published with random folds on the full set: 0.764
to 0.802.""",
    "emotion-sparse": """What the spectrogram is worth: the same network without the teacher, on one split and one
seed, and the descriptors alone. These weights learned before the silence around a clip was left out of it and draws
followed from seed and song: the recipes would not make the same ones today. Figures of emotion-sparse are those
weights hearing as the package hears now, of emotion-descriptors as it heard then.""",
    "genre": """Emotify, four genres under classic or not. The recipe of the bundled checkpoint: **its teacher may have
heard these songs**, though it did not learn from Magnatune's, whose they are. On folds 0 and 1 it was chosen to teach
the labels alone.""",
    "music": """Source S2: music or not, on free audio, ESC-10, 4QAED and Emotify, all heard at 8 kHz. The recipe of
the bundled checkpoint; a package or an artist is in one fold. Nothing was tuned, but songs were added after the first
fold of free audio alone had shown all four pieces of a rock game to be taken for none.""",
}


def results_page(folder: Path) -> str:
    """
    Of each subfolder the tables of its systems; it is named after the one that the others in it are compared with. In
    it, `segments` and `gap` are what `tonada evaluate` leaves, if there.
    """
    parts = sorted(path for path in folder.iterdir() if path.is_dir())
    sections = [paragraph for path in parts for paragraph in _paragraphs(path)]
    return "\n\n".join([HEAD.rstrip(), checkpoints_table(folder), *sections]) + "\n"


def checkpoints_table(folder: Path) -> str:
    """A Markdown table, a row a bundled checkpoint: its cross-validated macro-F1, and the baselines'."""
    lines = ["| checkpoint | songs | macro-F1 | logistic regression | majority |", "|---|---|---|---|---|"]
    for name in (name for name in BUNDLED if (folder / name).is_dir()):
        systems = load_systems(folder / name)
        own, *baselines = (Judged.of(systems[each]) for each in (name, BASELINE, "majority"))
        scores = [_score(own), *(f"{value(macro_f1, each):.3f}" for each in baselines)]
        lines.append(f"| {name} ({', '.join(own.labels)}) | {len(own.truth):,} | {' | '.join(scores)} |")
    return "\n".join(lines)


def _paragraphs(folder: Path) -> list[str]:
    from tonada.proving.measuring import gap_between, measured  # seconds that only the page has to wait
    from tonada.proving.score_tables import gap_table, score_table

    about, systems, folds = ABOUT.get(folder.name, ""), load_systems(folder), load_systems(folder / "gap")
    if not any(each.split in HELD_OUT for each in systems[folder.name]):
        own = systems[folder.name]
        scores = score_table({name: measured(each) for name, each in systems.items()})
        found = [crossvalidated_table(systems), fold_by_fold(own), f"Answers of {folder.name}:", by_label(own)]
        return [f"## {folder.name}", about, *found, *_above(folder.name, systems), "Every score:", scores]
    columns = {name: measured(_test(each)) for name, each in systems.items()}
    for name, segments in load_systems(folder / "segments").items():
        columns[f"{name}, segments"] = measured(_test(segments))
    found = [
        f"## {folder.name}",
        about,
        table(systems, folder.name),
        "Every score, on the test songs:",
        score_table(columns),
    ]
    return found if not folds else [*found, GAP, gap_table(gap_between(folds))]


def _above(name: str, systems: dict[str, list[Prediction]]) -> list[str]:
    """The same answers a level higher, where the checkpoint's labels have parents."""
    tree = LabelTree(tuple(systems[name][0].probabilities), PARENTS.get(name, {}))
    if not tree.parents:
        return []
    higher = {system: at_level(answers, tree, 1) for system, answers in systems.items()}
    return [f"The same answers as {' or '.join(tree.level(1))}:", crossvalidated_table(higher)]


def load_systems(folder: Path) -> dict[str, list[Prediction]]:
    """Predictions by the name of the system."""
    return {path.stem: read_predictions(path) for path in sorted(folder.glob("*.csv"))}


def table(systems: dict[str, list[Prediction]], reference: str) -> str:
    """
    A Markdown table, a row a system, the best validation macro-F1 first.

    The last column is what the `reference` system's test macro-F1 has over the row's.
    """
    rows = [(value(macro_f1, _of_split(each, HELD_OUT[0])), name, each) for name, each in systems.items()]
    lines = [
        f"| system | validation macro-F1 | test macro-F1 | test accuracy | {reference} minus it, on test |",
        "|---|---|---|---|---|",
    ]
    for _, name, predictions in sorted(rows, key=lambda row: (-row[0], row[1])):
        validation, test = (_of_split(predictions, split) for split in HELD_OUT)
        gain = "" if name == reference else _gain(systems[reference], predictions)
        lines.append(f"| {name} | {_figure(validation)} | {_figure(test)} | {value(accuracy, test):.3f} | {gain} |")
    return "\n".join(lines)


def _gain(reference: list[Prediction], other: list[Prediction]) -> str:
    if [each.song_id for each in reference] != [each.song_id for each in other]:
        raise ValueError("the systems answered other songs, or in another order; only the same songs can be compared")
    ours, theirs = _of_split(reference, HELD_OUT[1]), _of_split(other, HELD_OUT[1])
    low, high = interval(macro_f1, ours, theirs)
    return f"{value(macro_f1, ours) - value(macro_f1, theirs):+.3f} [{low:+.3f}, {high:+.3f}]"


def _of_split(predictions: list[Prediction], split: str) -> Judged:
    return Judged.of([each for each in predictions if each.split == split])


def _test(predictions: list[Prediction]) -> list[Prediction]:
    return [each for each in predictions if each.split == HELD_OUT[1]]


def _figure(judged: Judged) -> str:
    return f"{_score(judged)} (n = {len(judged.truth)})"


def _score(judged: Judged) -> str:
    low, high = interval(macro_f1, judged)
    return f"{value(macro_f1, judged):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    print(results_page(Path(sys.argv[1])), end="")
