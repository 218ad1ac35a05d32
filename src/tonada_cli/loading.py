"""The model that a command's options name, loaded; or one line that says why not."""

from typing import TYPE_CHECKING

from tonada_cli.printing import fail, fail_on

if TYPE_CHECKING:
    from tonada.listening.limits import Limits
    from tonada.listening.listener import Listener


def load_listener(
    task: str, model: str | None, revision: str | None, bounds: "Limits", gate: str | None = None, stems: str = "none"
) -> "Listener":
    """
    A model of one's own, or the one that comes with the package for a task, and its gate; it can hear the stems.

    Raises:
        typer.Exit: with exit code 2, after the reason was printed.
    """
    from tonada.listening.listener import Listener, ModelError

    if model is None and revision is not None:
        fail(f"--revision {revision} is for a model on the Hub; name it with --model")
    quiet_loading()
    with fail_on(ModelError):
        detector = None if gate is None else Listener.from_pretrained(gate, limits=bounds)
        if model is None:
            listener = Listener.bundled(task, bounds, detector)
        else:
            listener = Listener.from_pretrained(model, revision, bounds, detector)
        listener.check_stems(stems)
    return listener


def quiet_loading() -> None:
    """No progress bar of loading some fifty small tensors."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
