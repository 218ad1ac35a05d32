"""A listener as an ONNX file that carries all an answer needs, held against the listener before it is written."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from tonada.exporting.errors import ExportError
from tonada.exporting.front_end import Sounding, check_front_end
from tonada.exporting.graph import INPUT, song_graph
from tonada.listening.facts import MULTI_LABEL, REGRESSION, Facts
from tonada.listening.kept_arrays import whole_file
from tonada.listening.listener import Listener

TOLERANCE = 1e-4  # in probability


def export_onnx(listener: Listener, path: Path, int8: bool = False) -> float:
    """
    Write a listener's model, its front end and its vote included, as one ONNX file; see `song_graph`.

    The metadata hold `sampling_rate` in hertz, `model`, `revision`, `tonada` (the version that wrote it), and each of
    the `Facts`, as JSON.

    Args:
        listener: the model and its extractor.
        path: of the file.
        int8: keep learned weights in int8, which changes answers.

    Returns:
        by how much the file's probabilities differ at most from the listener's, over a sound of its own.

    Raises:
        ExportError: the graph cannot hold what the model needs, or does not answer as the model does.
        OSError: the file cannot be written.
    """
    check_front_end(listener.extractor)
    with _quiet_tracing():
        graph = song_graph(listener.model, listener.extractor, int8)
    metadata = {
        "sampling_rate": str(listener.extractor.sampling_rate),
        "model": listener.name,
        "revision": listener.revision or "",
        "tonada": version("tonada"),
        **Facts.of(listener.model.config).to_metadata(),
    }
    onnx.helper.set_model_props(graph, metadata)
    graph.producer_name = "tonada"
    graph.doc_string = f"{INPUT}: mono, float32, {metadata['sampling_rate']} samples a second; resample before."
    onnx.checker.check_model(graph)
    written = graph.SerializeToString()
    difference = _difference(written, listener)
    if not int8 and not difference < TOLERANCE:
        raise ExportError(f"the graph answers otherwise than the model, by {difference:.1e}; please report this model")
    with whole_file(path) as unfinished:
        unfinished.write_bytes(written)
    return difference


def _difference(graph: bytes, listener: Listener) -> float:
    """Over two segments and a half of noise that swells, with silence before and behind."""
    rate = listener.extractor.sampling_rate
    samples = round(2.5 * Sounding(listener.extractor).cut.length)
    swelling = np.random.default_rng(0).standard_normal(samples) * np.linspace(0, 0.1, samples) ** 2
    waveform = np.pad(swelling.astype(np.float32), rate)
    runtime = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    said = runtime.run(["probabilities"], {INPUT: waveform})[0]
    with torch.inference_mode():
        heard = listener.extractor(waveform, sampling_rate=rate, return_tensors="pt")
        logits = listener.model(**heard).logits[0]
    by_problem = {REGRESSION: logits, MULTI_LABEL: logits.sigmoid()}
    expected = by_problem.get(listener.model.config.problem, logits.exp())
    return float(np.abs(said - expected.numpy()).max())


@contextmanager
def _quiet_tracing() -> Iterator[None]:
    """Lose what exporters remark on their own internals and on packages that nobody needs."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(before)
