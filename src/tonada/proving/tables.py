"""The results page, computed from the predictions kept beside it: `python -m tonada.proving.tables docs/results`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from tonada.datasets_scripts import emotify
from tonada.modeling.tree_tonada import LabelTree
from tonada.proving.ablations import ablations_table
from tonada.proving.conformal import told_coverage
from tonada.proving.crossvalidated import BASELINE, by_group, by_label, crossvalidated_table, fold_by_fold
from tonada.proving.held_out_table import held_out_table
from tonada.proving.intervals import scored, value
from tonada.proving.judged import Judged
from tonada.proving.levels import at_level
from tonada.proving.predictions import HELD_OUT, Prediction, read_predictions
from tonada.proving.seeds import seeds_table
from tonada.proving.weighted_scores import macro_f1

HEAD = """# Results

Written by `make results` from the predictions in `docs/results/`, one file a system: song, group, split, seed, truth
and probabilities. Splits are disjoint in groups: artists, connected ones counting as one, or packages of files that
share their makers; those of systems named `…-random` alone are not, to see how much that flatters. Brackets are 95 %
intervals, resampling groups; a last column resamples both systems' answers to the same songs together. Every song was
answered by a model that learned from no song of its group, but for those, at the temperature that the other folds, or
the validation songs, asked for.
"""

BUNDLED = ("emotion", "genre", "music")
BASELINES = {BASELINE, "majority"}
CHOSEN_ON = {"emotion": ["fold 1"], "genre": ["fold 0", "fold 1"]}
FALSE_ALARMS = {"music": "non_music"}
PARENTS = {"genre": emotify.PARENTS}
ABOUT = {
    "emopia": """Pop piano in four quadrants, scores rendered by fluidsynth, by EMOPIA's official split, which keeps
songs whole: a linear layer over what the network of `emotion` hears. Validation chose the epoch, nothing else was
chosen, and the test songs were asked once. Published on the recordings themselves: 0.677.""",
    "emotion": """Source S0 on 4QAED, four quadrants. `emotion` is the recipe of the bundled checkpoint. Its teacher
learned from the music of Jamendo, where these songs are not: it cannot have heard them. It was taken for what logistic
regression tells of all folds' songs from what it hears ([what was tried](experiments.md)). Published with random folds
on the full set: 0.764 to 0.802.""",
    "emotion-alone": """What 720 clips teach without a teacher, and what each part is worth (source S0): one thing is
changed at a time and all else is equal. Source S0, on 429 songs that nobody else has: happy 0.737, sad 0.723, relaxed
0.698, angry 0.688, on average 0.712 with a cross-entropy of 0.631; with dense attention 0.682 and 0.654. What sparse
attention has over dense here is within what chance moves, over folds as over seeds: the source's three points are not
found again, and 429 songs tell an accuracy of 0.7 to four points on either side.""",
    "genre": """Emotify, four genres under classic or not. The recipe of the bundled checkpoint: a layer over what the
`ear` hears, which heard none of these songs, nor did its teacher, and over hsf90. The ear was chosen by what
logistic regression tells of all folds' songs from the same ([what was tried](experiments.md)).""",
    "music": """Source S2: music or not, on free audio, ESC-10, 4QAED and Emotify, all heard at 8 kHz. The recipe of
the bundled checkpoint; a package, an artist or a recording with all its takes is in one fold. Nothing was tuned, but
songs were added after the first fold of free audio alone had shown all four pieces of a rock game to be taken for
none, and 32 packages with actors' speech and surroundings after a model without them had taken a quarter of what in
them is no music for music.""",
}

CHANGED = {
    "emotion": "learned from a teacher too, for 26 epochs in place of 20",
    "emotion-three-teachers": """learned from three teachers, of which that of the Million Song Dataset **may have heard
these songs**, with words of mood: what it has over `emotion` may be what was remembered""",
    "emotion-softmax": "has dense attention (softmax) in place of explicit sparse attention",
    "emotion-spectrogram": "hears no descriptors",
    "emotion-descriptors": "hears no spectrogram",
    "emotion-blocks-15": "hears blocks of 15 seconds in place of 10",
    "emotion-blocks-25": "hears blocks of 25 seconds in place of 10",
    "emotion-whole": "hears each clip of 30 seconds whole, once an epoch, in place of two blocks of 10",
    "emotion-stems": "hears voice and accompaniment apart (REPET-SIM)",
    "emotion-jia2022": """has the source's shape, 64 filters and pictures of 512 x 512 in four colours, hears one block
of a song an epoch, and lets them vote by majority""",
    "emotion-majority": "lets blocks vote by majority, in place of the mean of what they say",
    "emotion-attention-vote": "learned how much each block counts in the vote",
    "emotion-random": "had **folds dealt song by song**, its artists' other songs in training: its lead is the gap",
    "genre-random": "had **folds dealt song by song**, its artists' other songs in training: its lead is the gap",
    "music-random": """had **folds dealt file by file**, other files of its packages, artists and recordings in
training: its lead is the gap""",
    "emotion-bundled": """is the bundled `emotion` as it is, which learned from recorded songs and hears a piano here:
of these songs what `tonada evaluate emotion emopia` left""",
    "emopia-jia2022": """has the source's shape, 64 filters and pictures of 512 x 512 in four colours, learned from
nothing but these songs, hears one block of a song an epoch, and lets them vote by majority""",
}


def results_page(folder: Path) -> str:
    """Of each subfolder the tables of its systems; it is named after the one that the others are compared with."""
    parts = sorted(path for path in folder.iterdir() if path.is_dir())
    sections = [paragraph for path in parts for paragraph in _paragraphs(path)]
    return "\n\n".join([HEAD.rstrip(), checkpoints_table(folder), *sections]) + "\n"


def checkpoints_table(folder: Path) -> str:
    """A Markdown table, a row a bundled checkpoint: its cross-validated macro-F1, and the baselines'."""
    lines = ["| checkpoint | songs | macro-F1 | logistic regression | majority |", "|---|---|---|---|---|"]
    for name in (name for name in BUNDLED if (folder / name).is_dir()):
        systems = load_systems(folder / name)
        own, *baselines = (Judged.of(systems[each]) for each in (name, BASELINE, "majority"))
        scores = [scored(macro_f1, own), *(f"{value(macro_f1, each):.3f}" for each in baselines)]
        lines.append(f"| {name} ({', '.join(own.labels)}) | {len(own.truth):,} | {' | '.join(scores)} |")
    return "\n".join(lines)


def _paragraphs(folder: Path) -> list[str]:
    from tonada.proving.measuring import measured  # seconds that only the page has to wait
    from tonada.proving.score_tables import score_table

    name, systems = folder.name, load_systems(folder)
    sure = told_coverage(systems[name])
    if any(each.split in HELD_OUT for each in systems[name]):
        found, title = [held_out_table(systems, name)], "Every score, on the test songs:"
        systems = {
            system: [each for each in answers if each.split == HELD_OUT[1]] for system, answers in systems.items()
        }
    else:
        found, title = (
            [crossvalidated_table(systems), fold_by_fold(systems[name], CHOSEN_ON.get(name, ()))],
            "Every score:",
        )
    found += [
        f"Answers of {name}:",
        by_label(systems[name]),
        sure,
        *_above(name, systems),
        *_false_alarms(name, systems),
    ]
    if set(systems) - {name, *BASELINES}:
        found += ["Others beside it, what they changed below; shares of each label's songs that were answered with it:"]
        found += [ablations_table(systems, name)]
        found += [_changed(systems), *_from_other_seeds(folder)]
    scores = score_table({system: measured(answers) for system, answers in systems.items()})
    return [f"## {name}", ABOUT.get(name, ""), *found, title, scores]


def _changed(systems: Iterable[str]) -> str:
    return "\n".join(f"- `{system}` {words}." for system, words in CHANGED.items() if system in systems)


def _from_other_seeds(folder: Path) -> list[str]:
    """Macro-F1 of systems taught anew from several seeds, where their predictions are kept."""
    if not (folder / "seeds").is_dir():
        return []
    systems = {path.stem: read_predictions(path) for path in (folder / "seeds").glob("*.csv")}
    about = """Taught anew from several seeds, each time by all folds but the first, whose songs were answered
(`benchmarks/seeds.py`). Macro-F1, and the mean difference with both seeds and artists resampled; what was taught once
is compared with nothing:"""
    return [about, seeds_table(systems, folder.name), _changed(systems)]


def _false_alarms(name: str, systems: dict[str, list[Prediction]]) -> list[str]:
    """Which groups' songs of a label that must not be missed were answered otherwise."""
    label = FALSE_ALARMS.get(name)
    return [] if label is None else [f"Which {label} was taken for something else:", by_group(systems[name], label)]


def _above(name: str, systems: dict[str, list[Prediction]]) -> list[str]:
    """The same answers a level higher, where the checkpoint's labels have parents."""
    tree = LabelTree(tuple(systems[name][0].probabilities), PARENTS.get(name, {}))
    if not tree.parents:
        return []
    higher = {system: at_level(answers, tree, 1) for system, answers in systems.items()}
    return [f"The same answers as {' or '.join(tree.level(1))}:", crossvalidated_table(higher)]


def load_systems(folder: Path) -> dict[str, list[Prediction]]:
    """Predictions by the name of the system, in the order of the folder's own, from which another deal's differs."""
    systems = {path.stem: read_predictions(path) for path in sorted(folder.glob("*.csv"))}
    order = {each.song_id: place for place, each in enumerate(systems[folder.name])}
    return {name: sorted(answers, key=lambda each: order[each.song_id]) for name, answers in systems.items()}


if __name__ == "__main__":
    print(results_page(Path(sys.argv[1])), end="")
