"""Three traced parts as one ONNX graph: a song is measured, its segments are judged one by one, and they vote."""

from typing import Any

import onnx
import torch
from onnx import helper, numpy_helper
from onnxscript.optimizer import optimize
from torch import nn

from tonada.exporting.front_end import Sounding
from tonada.exporting.parts import SegmentJudge, Vote
from tonada.exporting.quantising import quantised
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaForAudioClassification

LARGEST_WEIGHT = 2**24  # numbers
OPSET = 18  # the newest that every runtime of the last years reads
INPUT = "waveform"

# One turn of the loop, before the segment is judged. A segment is cut, brought to the song's level and padded, as
# `TonadaFeatureExtractor` does; names without a definition are the song's.
CUT = """
judge_segment (int64 index, bool go_on) => (bool goes_on) {
    goes_on = Identity (go_on)
    on_the_grid = Mul (index, stride)
    start = Min (on_the_grid, latest)
    begin = Add (first, start)
    whole = Add (begin, length)
    until = Min (whole, end)
    piece = Slice (waveform, begin, until)
    segment_sounds = Sub (until, begin)
    padding = Sub (length, segment_sounds)
    behind = Concat <axis = 0> (nothing, padding)
    centred = Sub (piece, offset)
    levelled = Mul (centred, gain)
    segment_segment = Pad (levelled, behind)
    samples = Concat <axis = 0> (begin, until)
    place = Cast <to = 11> (samples)
    times = Div (place, rate)
}
"""


def song_graph(
    model: TonadaForAudioClassification, extractor: TonadaFeatureExtractor, int8: bool = False
) -> onnx.ModelProto:
    """
    The graph of a model, its learned weights in int8 if asked for.

    Its input is `waveform`, float32 `(samples,)`, mono at the model's rate. Its outputs are `probabilities` `(labels,)`
    (or the values of a regression), `agreement` `(1,)`, `segment_logits` `(segments, labels)`, and `segment_times`
    `(segments, 2)` in seconds, float64. Segments are judged one after another, so that memory is that of one.
    """
    sounding = Sounding(extractor)
    labels, seconds = model.config.num_labels, sounding.cut.length
    whole = {INPUT: torch.randn(5 * seconds)}
    cut = {"segment": torch.randn(seconds), "sounds": torch.tensor([seconds // 2])}
    votes = {"segment_logits": torch.randn(3, labels), "scores": torch.randn(3, 1)}
    count = torch.export.Dim("segments")
    judge = _traced(SegmentJudge(model, extractor), cut)
    parts = {
        "song": _traced(sounding, whole, {INPUT: {0: torch.export.Dim("samples")}}),
        "segment": quantised(judge) if int8 else judge,
        "vote": _traced(Vote(model), votes, {name: {0: count} for name in votes}),
    }
    # A part's names begin with its own, so that no two meet.
    song, segment, vote = (onnx.compose.add_prefix(part, f"{name}_").graph for name, part in parts.items())
    joined = _joined(song, segment, vote, _constants(extractor, sounding), labels)
    if int8:
        joined.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return joined


def _traced(
    part: nn.Module, example: dict[str, torch.Tensor], dynamic: dict[str, Any] | None = None
) -> onnx.ModelProto:
    """A part as a graph of its own, whose weights are as the operators take them: a loop would turn them every time."""
    part.eval()
    with torch.no_grad():
        part(*example.values())  # what the extractor makes once, it makes of numbers and not of the tracer's symbols
        program = torch.onnx.export(
            part,
            tuple(example.values()),
            dynamo=True,
            dynamic_shapes=tuple(dynamic.values()) if dynamic else None,
            opset_version=OPSET,
            input_names=list(example),
            optimize=False,
            verbose=False,
        )
    assert program is not None
    optimize(program.model, input_size_limit=LARGEST_WEIGHT, output_size_limit=LARGEST_WEIGHT)
    return program.model_proto


def _constants(extractor: TonadaFeatureExtractor, sounding: Sounding) -> list[onnx.TensorProto]:
    numbers: dict[str, torch.Tensor] = {
        "stride": torch.tensor([sounding.cut.stride]),
        "length": torch.tensor([sounding.cut.length]),
        "nothing": torch.tensor([0]),
        "rate": torch.tensor([extractor.sampling_rate], dtype=torch.double),
    }
    return [numpy_helper.from_array(number.numpy(), name) for name, number in numbers.items()]


def _joined(
    song: onnx.GraphProto,
    segment: onnx.GraphProto,
    vote: onnx.GraphProto,
    constants: list[onnx.TensorProto],
    labels: int,
) -> onnx.ModelProto:
    body = onnx.parser.parse_graph(CUT)
    body.node.extend(segment.node)
    judged = [output.name for output in segment.output]
    body.output.extend(
        [
            helper.make_tensor_value_info(judged[0], onnx.TensorProto.FLOAT, [labels]),
            helper.make_tensor_value_info(judged[1], onnx.TensorProto.FLOAT, [1]),
            helper.make_tensor_value_info("times", onnx.TensorProto.DOUBLE, [2]),
        ]
    )
    song_outputs = [output.name for output in song.output]
    named = zip(song_outputs, ("first", "end", "latest", "count", "offset", "gain"), strict=True)
    nodes = [
        helper.make_node("Identity", [INPUT], [song.input[0].name]),
        *song.node,
        *(helper.make_node("Identity", [output], [name]) for output, name in named),
        helper.make_node("Squeeze", ["count"], ["turns"]),
        helper.make_node("Loop", ["turns", ""], ["vote_segment_logits", "vote_scores", "segment_times"], body=body),
        *vote.node,
        helper.make_node("Identity", [vote.output[0].name], ["probabilities"]),
        helper.make_node("Identity", [vote.output[1].name], ["agreement"]),
        helper.make_node("Identity", ["vote_segment_logits"], ["segment_logits"]),
    ]
    floats = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "tonada",
        [helper.make_tensor_value_info(INPUT, floats, ["samples"])],
        [
            helper.make_tensor_value_info("probabilities", floats, [labels]),
            helper.make_tensor_value_info("agreement", floats, [1]),
            helper.make_tensor_value_info("segment_logits", floats, ["segments", labels]),
            helper.make_tensor_value_info("segment_times", onnx.TensorProto.DOUBLE, ["segments", 2]),
        ],
        [*constants, *song.initializer, *segment.initializer, *vote.initializer],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
