"""Learned weights in int8, and what they meet quantised as it comes; the front end stays as precise as it is."""

import math
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

LARGE = 2**16  # numbers in a matrix; none of the front end has as many


def quantised(graph: onnx.ModelProto) -> onnx.ModelProto:
    """A traced part whose LSTMs and large matrices are in int8 (ONNX Runtime's dynamic quantisation)."""
    large = {weight.name for weight in graph.graph.initializer if math.prod(weight.dims) >= LARGE}
    small = [node.name for node in graph.graph.node if node.op_type == "MatMul" and not large & set(node.input)]
    del graph.graph.value_info[:]  # shapes of weights, which are turned before they are quantised
    with tempfile.TemporaryDirectory(prefix="tonada-int8-") as folder:
        written = Path(folder) / "int8.onnx"
        quantize_dynamic(
            graph,
            written,
            op_types_to_quantize=["LSTM", "MatMul"],
            nodes_to_exclude=small,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(written)
