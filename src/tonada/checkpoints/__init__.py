"""The weights that come with the package, by task: no network is needed to classify."""

from pathlib import Path

HERE = Path(__file__).parent


def tasks() -> list[str]:
    """The tasks that have a checkpoint here."""
    return sorted(config.parent.name for config in HERE.glob("*/config.json"))


def is_bundled(model: str) -> bool:
    """Whether a name means a checkpoint that is here: a model's folder of a person's own goes before it."""
    return model in tasks() and not (Path(model) / "config.json").exists()


def checkpoint(task: str) -> Path:
    """
    The folder of a task's checkpoint, for any `from_pretrained`.

    Raises:
        ValueError: no checkpoint comes for that task.
    """
    if task not in tasks():
        raise ValueError(f"no checkpoint comes for the task {task!r}; there are: {', '.join(tasks()) or 'none yet'}")
    return HERE / task
