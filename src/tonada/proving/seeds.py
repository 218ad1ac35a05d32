"""What chance in training moves: systems taught anew from several seeds, which answered the songs of one split."""

import numpy as np

from tonada.proving.intervals import CONFIDENCE, RESAMPLES, check_same_songs, resamples, value
from tonada.proving.judged import Judged
from tonada.proving.predictions import Prediction
from tonada.proving.score_tables import markdown_table
from tonada.proving.weighted_scores import macro_f1

BySeed = dict[int, Judged]


def seeds_table(systems: dict[str, list[Prediction]], whole: str) -> str:
    """
    A Markdown table, a row a system: macro-F1 of each seed, their mean and standard deviation, and what `whole` has
    over the row, seed by seed, on average, with its 95 % interval.

    Both seeds and groups are resampled, for the split is one draw of songs and a seed one draw of all that training
    leaves to chance (Bouthillier et al. 2021). Of a system of one seed no more than its score is told.

    Raises:
        ValueError: the systems answered other songs, one has a seed that `whole` lacks, or that has one alone or is
            missing.
    """
    if whole not in systems:
        raise ValueError(f"there is {', '.join(systems) or 'nothing'}, and no {whole} to compare it with")
    judged = {name: _by_seed(answers) for name, answers in systems.items()}
    own = judged[whole]
    if len(own) < 2:
        raise ValueError(f"{whole} has seed {min(own)} alone; chance in training is seen by training again from others")
    rows = [
        [name, *_figures(each, list(own)), "" if name == whole else _gained(own, each)] for name, each in judged.items()
    ]
    rows.sort(key=lambda row: (row[0] != whole, row[0]))
    return markdown_table(["system", *(f"seed {seed}" for seed in own), "mean", f"{whole} has over it"], rows)


def _by_seed(predictions: list[Prediction]) -> BySeed:
    ordered = sorted(predictions, key=lambda each: each.song_id)
    seeds = sorted({each.seed for each in ordered})
    return {seed: Judged.of([each for each in ordered if each.seed == seed]) for seed in seeds}


def _figures(judged: BySeed, seeds: list[int]) -> list[str]:
    """The score of each of the seeds that the system was taught from, and what several come to."""
    scores = {seed: value(macro_f1, each) for seed, each in judged.items()}
    found = np.array(list(scores.values()))
    mean = f"{found.mean():.3f} ± {found.std(ddof=1):.3f}" if len(found) > 1 else ""
    return [*(f"{scores[seed]:.3f}" if seed in scores else "" for seed in seeds), mean]


def _gained(judged: BySeed, other: BySeed) -> str:
    """Mean difference over seeds, and percentiles of what it is where seeds and groups are drawn with replacement."""
    if other.keys() - judged.keys():
        raise ValueError(f"the systems have other seeds: {sorted(judged)} and {sorted(other)}")
    pairs = [(judged[seed], other[seed]) for seed in other]
    for pair in pairs:
        check_same_songs(*pair)
    if len(pairs) < 2:
        return ""
    draws = np.random.default_rng(1).multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), size=RESAMPLES)
    groups = pairs[0][0].groups
    differences = np.concatenate(
        [
            np.stack([macro_f1(one, weights) - macro_f1(two, weights) for one, two in pairs], axis=1)
            for weights in resamples(groups)
        ]
    )
    low, high = np.nanquantile((differences * draws).sum(1) / len(pairs), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    mean = np.mean([value(macro_f1, one) - value(macro_f1, two) for one, two in pairs])
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
