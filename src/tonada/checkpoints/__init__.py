"""The weights that come with the package, by task: no network is needed to classify."""

from pathlib import Path

HERE = Path(__file__).parent
EAR = "ear"
"""Has no task of its own: models begin with it."""


def tasks() -> list[str]:
    """The tasks that have a checkpoint here."""
    return [name for name in names() if name != EAR]


def names() -> list[str]:
    """All checkpoints that are here."""
    return sorted(config.parent.name for config in HERE.glob("*/config.json"))


def is_bundled(model: str) -> bool:
    """Whether a name means a checkpoint that is here: a model's folder of a person's own goes before it."""
    return model in names() and not (Path(model) / "config.json").exists()


def checkpoint(task: str) -> Path:
    """
    The folder of a task's checkpoint, or of the ear, for any `from_pretrained`.

    Raises:
        ValueError: there is none of that name.
    """
    if task not in names():
        raise ValueError(f"no checkpoint comes for the task {task!r}; there are: {', '.join(tasks())}")
    return HERE / task


def classifier(task: str) -> Path:
    """
    The folder of a task's checkpoint.

    Raises:
        ValueError: there is none of that name, or it answers nothing.
    """
    if task == EAR:
        begins = "a recipe may begin with it (start: ear under model)"
        raise ValueError(f"{EAR} hears and answers nothing, {begins}; there are: {', '.join(tasks())}")
    return checkpoint(task)
