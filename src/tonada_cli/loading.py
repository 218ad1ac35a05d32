"""The model that a command's options name, loaded; or one line that says why not."""

from typing import TYPE_CHECKING

import typer

from tonada_cli.printing import complain

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
    from transformers.utils.logging import disable_progress_bar

    from tonada.listening.listener import Listener, ModelError

    disable_progress_bar()  # of loading some fifty small tensors
    try:
        detector = None if gate is None else Listener.from_pretrained(gate, limits=bounds)
        if model is None:
            listener = Listener.bundled(task, bounds, detector)
        else:
            listener = Listener.from_pretrained(model, revision, bounds, detector)
        listener.check_stems(stems)
    except ModelError as error:
        complain(str(error))
        raise typer.Exit(2) from error
    return listener
