"""Systems taught from several seeds: figures are scikit-learn's, and an interval knows of seeds and of artists."""

import re

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tonada.proving.predictions import Prediction
from tonada.proving.seeds import seeds_table

LABELS = ("happy", "sad", "relaxed", "angry")


def answers(right: float, first: int = 0, seeds: int = 5) -> list[Prediction]:
    """A system right so often, whichever the seed: 60 artists of two songs."""
    found = []
    for seed in range(seeds):
        generator = np.random.default_rng(first + seed)
        for number in range(120):
            truth = LABELS[number % 4]
            answer = truth if generator.random() < right else LABELS[generator.integers(4)]
            chances = {label: 0.7 if label == answer else 0.1 for label in LABELS}
            found.append(Prediction(f"s{number}", f"g{number // 2}", "fold 0", seed, truth, chances))
    return found


def cells(table: str, name: str) -> list[str]:
    return next(line for line in table.splitlines() if line.startswith(f"| {name} |"))[2:-2].split(" | ")


def gain(systems: dict[str, list[Prediction]]) -> tuple[float, float, float]:
    said = cells(seeds_table(systems, "whole"), "other")[-1]
    return tuple(float(number) for number in re.findall(r"[+-]\d\.\d+", said))


def test_each_seeds_score_is_scikit_learns_and_the_mean_is_theirs():
    own = answers(0.6)
    scores = [
        f1_score([each.truth for each in of], [each.answer for each in of], average="macro")
        for of in ([each for each in own if each.seed == seed] for seed in range(5))
    ]
    found = cells(seeds_table({"whole": own}, "whole"), "whole")
    assert [float(cell) for cell in found[1:6]] == pytest.approx(scores, abs=5e-4)
    assert [float(number) for number in found[6].split(" ± ")] == pytest.approx(
        [np.mean(scores), np.std(scores, ddof=1)], abs=5e-4
    )


def test_a_system_has_nothing_over_itself_whatever_is_drawn():
    assert gain({"whole": answers(0.6), "other": answers(0.6)}) == (0, 0, 0)


def test_the_order_in_which_songs_were_answered_changes_nothing():
    systems = {"whole": answers(0.6), "other": answers(0.5, first=10)}
    assert gain(systems) == gain({name: each[::-1] for name, each in systems.items()})


def test_what_every_seed_shows_is_a_difference():
    _, low, _ = gain({"whole": answers(0.9), "other": answers(0.4, first=10)})
    assert low > 0


def test_what_one_seed_alone_shows_may_be_chance():
    lucky = [*(each for each in answers(0.5) if each.seed), *(each for each in answers(1.0) if not each.seed)]
    mean, low, _ = gain({"whole": lucky, "other": answers(0.5)})
    assert low <= 0 < mean


def test_fewer_seeds_are_compared_with_the_same_ones():
    whole, other = answers(0.9), answers(0.5, first=10, seeds=2)
    of_two = gain({"whole": [each for each in whole if each.seed < 2], "other": other})
    table = seeds_table({"whole": whole, "other": other}, "whole")
    assert cells(table, "other")[3:6] == ["", "", ""]
    assert gain({"whole": whole, "other": other}) == of_two


def test_one_seed_has_a_score_and_no_difference():
    own, other = answers(0.6), answers(0.5, first=10)
    of_five = cells(seeds_table({"whole": own, "other": other}, "whole"), "other")
    of_one = cells(seeds_table({"whole": own, "other": [each for each in other if each.seed == 2]}, "whole"), "other")
    assert of_one == ["other", "", "", of_five[3], "", "", "", ""]


@pytest.mark.parametrize("other", [answers(0.5, seeds=6), [each for each in answers(0.5) if each.song_id != "s3"]])
def test_systems_of_other_seeds_or_songs_are_not_compared(other):
    with pytest.raises(ValueError, match="other"):
        seeds_table({"whole": answers(0.6), "other": other}, "whole")


def test_what_chance_moves_is_not_told_of_one_seed():
    with pytest.raises(ValueError, match="whole has seed 0 alone"):
        seeds_table({"whole": answers(0.6, seeds=1)}, "whole")


def test_without_the_system_to_compare_with_nothing_is_told():
    with pytest.raises(ValueError, match="there is other, and no whole"):
        seeds_table({"other": answers(0.6)}, "whole")
