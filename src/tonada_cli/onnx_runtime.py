"""`tonada classify --runtime onnx`: the same answers through ONNX Runtime, without the seconds that torch takes."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tonada_cli.printing import complain

if TYPE_CHECKING:
    from tonada.listening.limits import Limits
    from tonada.listening.onnx_listener import OnnxListener


def onnx_listener(task: str, model: str | None, bounds: "Limits") -> "OnnxListener":
    """
    The listener of an exported file, or of a model's folder, which is exported once and kept.

    Args:
        task: whose bundled weights to take, if no model is given.
        model: a file that `tonada export` wrote, or a folder.
        bounds: what recordings are refused.
    """
    from tonada.checkpoints import checkpoint
    from tonada.listening.kept_graphs import kept_graph
    from tonada.listening.model_error import ModelError
    from tonada.listening.onnx_listener import OnnxListener

    try:
        if model is not None and not Path(model).is_dir():
            return OnnxListener(_exported(model), bounds)
        folder = checkpoint(task) if model is None else Path(model)
        graph = kept_graph(folder, task if model is None else model)
        if not graph.exists():
            complain("exporting the model for ONNX Runtime, once; this takes up to a minute")
            _export(task if model is None else model, graph)
        return OnnxListener(graph, bounds)
    except (ModelError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(2) from error


def _exported(model: str) -> Path:
    if not Path(model).is_file():
        raise ValueError(f"{model} is neither a folder nor a file that `tonada export` wrote; export the model first")
    return Path(model)


def _export(model: str, graph: Path) -> None:
    """In a process of its own: this one must not load torch."""
    done = subprocess.run([sys.executable, "-m", "tonada_cli", "export", model, "--onnx", graph], stdout=sys.stderr)
    if done.returncode:
        raise typer.Exit(done.returncode)
