"""Colours of labels, in pairs: one that stands out on light ground, one on dark."""

GROUNDS = ("#fdfbf7", "#16181d")
QUIET = ("#57534e", "#b5b0a8")  # of words that stand back
BY_LABEL = {
    "happy": ("#b9770e", "#f4c152"),
    "sad": ("#3a6ea8", "#85b4ec"),
    "relaxed": ("#2f8567", "#72cfae"),
    "angry": ("#bf3f34", "#f28f84"),
    "classical": ("#7656a8", "#bda3e6"),
    "electronic": ("#1a7f96", "#6ec8dc"),
    "pop": ("#b7457f", "#ee9cc5"),
    "rock": ("#a4562a", "#e8a67c"),
    "music": ("#2f8567", "#72cfae"),
    "non_music": ("#6b6f78", "#a7acb6"),
}
OTHERS = ("#b9770e", "#f4c152"), ("#3a6ea8", "#85b4ec"), ("#2f8567", "#72cfae"), ("#bf3f34", "#f28f84")


def colour(label: str, labels: list[str]) -> tuple[str, str]:
    """Of a label of a model with these labels, on light ground and on dark."""
    return BY_LABEL.get(label) or OTHERS[labels.index(label) % len(OTHERS)]


def style(labels: list[str]) -> str:
    """The CSS that gives each label's class, `label-0`, `label-1` …, its colour in both modes."""
    pairs = [(number, colour(label, labels)) for number, label in enumerate(labels)]
    light = "".join(f".label-{number}{{--label:{pair[0]}}}" for number, pair in pairs)
    dark = "".join(f".dark .label-{number}{{--label:{pair[1]}}}" for number, pair in pairs)
    both = [f"--ground:{ground};--quiet:{quiet}" for ground, quiet in zip(GROUNDS, QUIET, strict=True)]
    return f":root{{{both[0]}}}.dark{{{both[1]}}}{light}{dark}"
