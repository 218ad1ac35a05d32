"""What songs are tagged with: a model a task, bundled or one's own, and what tells two models apart."""

from collections.abc import Iterable
from dataclasses import dataclass

from tonada.listening.backbones import hash_of, share_backbones
from tonada.listening.listener import Listener, ModelError

DIGITS = 16


@dataclass(frozen=True)
class Task:
    """
    A model, and the name that begins the names of its columns.

    Attributes:
        name: of a bundled checkpoint, if there is no model.
        model: a folder or a Hub id.
    """

    name: str
    model: str | None = None


def listeners_of(tasks: Iterable[Task]) -> dict[str, Listener]:
    """
    The model of each task, by the task's name; a folder's revision is the hash of its model. Those that grew from one
    network share it.

    Raises:
        ModelError: one cannot be loaded, or two tasks have one name.
    """
    listeners: dict[str, Listener] = {}
    for task in tasks:
        if task.name in listeners:
            raise ModelError(f"two tasks are called {task.name}, and their columns would be; give another name")
        listener = Listener.bundled(task.name) if task.model is None else Listener.from_pretrained(task.model)
        listener.revision = listener.revision or fingerprint(listener)
        listeners[task.name] = listener
    share_backbones(listeners.values())
    return listeners


def fingerprint(listener: Listener) -> str:
    """A hash of all that decides a model's answers: weights, settings, and settings of its extractor."""
    left_out = ("_name_or_path", "transformers_version", "segments_per_pass")
    config = {name: value for name, value in listener.model.config.to_dict().items() if name not in left_out}
    return hash_of([config, listener.extractor.to_dict()], listener.model.state_dict())[:DIGITS]
