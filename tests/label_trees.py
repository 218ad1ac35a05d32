"""Trees of labels for tests: ccmusic's, and random ones of any shape with log-probabilities to go with them."""

import torch
from hypothesis import strategies as st
from tonada.modeling.tree_tonada import LabelTree

# ccmusic's music_genre: two, nine and sixteen genres; those of Classic, and Soul_or_RnB, stand on two levels.
_BELOW = {
    "Classic": ["Symphony", "Opera", "Solo", "Chamber"],
    "Non_classic": ["Pop", "Dance_and_house", "Indie", "Soul_or_RnB", "Rock"],
    "Pop": ["Pop_vocal_ballad", "Adult_contemporary", "Teen_pop"],
    "Dance_and_house": ["Contemporary_dance_pop", "Dance_pop"],
    "Indie": ["Classic_indie_pop", "Chamber_cabaret_and_art_pop"],
    "Rock": ["Adult_alternative_rock", "Uplifting_anthemic_rock", "Soft_rock", "Acoustic_pop"],
}
_PARENTS = {label: above for above, labels in _BELOW.items() for label in labels}
CCMUSIC = (tuple(label for label in _PARENTS if label not in _BELOW), _PARENTS)


def tree_of(pair: tuple[tuple[str, ...], dict[str, str]]) -> LabelTree:
    return LabelTree(*pair)


@st.composite
def random_trees(draw: st.DrawFn) -> LabelTree:
    """A tree or several of one to twelve labels: each new label is a root or stands below an earlier one."""
    above = [draw(st.integers(-1, index - 1)) for index in range(draw(st.integers(1, 12)))]
    parents = {f"n{index}": f"n{parent}" for index, parent in enumerate(above) if parent >= 0}
    leaves = [f"n{index}" for index in range(len(above)) if index not in above]
    return LabelTree(tuple(draw(st.permutations(leaves))), parents)


def random_logits(tree: LabelTree, seed: int) -> torch.Tensor:
    """Log-probabilities of the leaves, some of them far apart."""
    generator = torch.Generator().manual_seed(seed)
    return (5 * torch.randn(len(tree.leaves), generator=generator)).log_softmax(-1)
