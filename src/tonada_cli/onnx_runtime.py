"""`tonada classify --runtime onnx`: the same answers through ONNX Runtime, without the seconds that torch takes."""

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonada_cli.printing import complain, fail_on

if TYPE_CHECKING:
    from tonada.listening.limits import Limits
    from tonada.listening.onnx_listener import OnnxListener


class Runtime(StrEnum):
    """What computes."""

    TORCH = "torch"
    ONNX = "onnx"


RuntimeOption = Annotated[
    Runtime,
    typer.Option(
        help="onnx answers through ONNX Runtime, which starts sooner, with an exported file or a folder as the "
        "model; a folder is exported the first time."
    ),
]


def onnx_listener(task: str, model: str | None, bounds: "Limits") -> "OnnxListener":
    """
    The listener of an exported file, or of a model's folder, which is exported once and kept.

    Args:
        task: whose bundled weights to take, if no model is given.
        model: a file that `tonada export` wrote, a folder, or a model that came with Tonada.
        bounds: what recordings are refused.
    """
    from tonada.listening.model_error import ModelError
    from tonada.listening.onnx_listener import OnnxListener

    with fail_on(ModelError, ValueError):
        return OnnxListener(_graph(task, model), bounds)


def _graph(task: str, model: str | None) -> Path:
    from tonada.checkpoints import classifier, is_bundled
    from tonada.listening.kept_graphs import kept_graph

    if model is not None and Path(model).is_file():
        return Path(model)
    if model is None or is_bundled(model):
        name = model or task
        folder = home = classifier(name)  # no folder of a person's own has the name there
    elif Path(model).is_dir():
        name, folder, home = model, Path(model), Path.cwd()
    else:
        raise ValueError(f"{model} is neither a folder nor a file that `tonada export` wrote; export the model first")
    graph = kept_graph(folder, name).absolute()
    if not graph.exists():
        complain("exporting the model for ONNX Runtime, once; this takes up to a minute")
        _export(name, graph, home)
    return graph


def _export(model: str, graph: Path, home: Path) -> None:
    """In a process of its own, for this one must not load torch."""
    command = [sys.executable, "-m", "tonada_cli", "export", model, "--onnx", str(graph)]
    done = subprocess.run(command, cwd=home, stdout=sys.stderr)
    if done.returncode:
        raise typer.Exit(done.returncode)
