"""An exported model is one file that takes a waveform of any length and answers as the model does, to 1e-4."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from conftest import LABELS, RATE, noise, songs_of_different_lengths, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.modeling import TonadaConfig, TonadaForAudioClassification

from tonada.checkpoints import tasks
from tonada.exporting.descriptors import STATISTICS, TRACED
from tonada.exporting.export import TOLERANCE, export_onnx
from tonada.listening.decoding import decode
from tonada.listening.facts import Facts
from tonada.listening.listener import Listener
from tonada.listening.onnx_listener import OnnxListener

pytestmark = pytest.mark.slow  # tracing takes half a minute a model

TREE = {"rock": "non_classic", "pop": "non_classic"}
EVERY = [
    {"descriptor": descriptor, "statistics": list(STATISTICS), **({"count": 13} if descriptor == "mfcc" else {})}
    for descriptor in TRACED
]


def named(*labels: str) -> dict:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}


def new_listener(settings: dict, front_end: dict) -> Listener:
    """An untrained model whose scales fit its extractor's features."""
    extractor = TonadaFeatureExtractor(**front_end)
    torch.manual_seed(0)
    shape = {"branches": extractor.branches, "num_descriptors": len(extractor.columns), **settings}
    model = TonadaForAudioClassification(TonadaConfig(**shape))
    heard = extractor(songs_of_different_lengths(), sampling_rate=RATE, return_tensors="pt")
    if "descriptors" in heard:
        columns = heard["descriptors"][heard["segment_mask"].bool()]
        model.tonada.descriptor_encoder.mean.copy_(columns.mean(0))
        model.tonada.descriptor_encoder.scale.copy_(columns.std(0).clamp(min=1e-6))
    if "spectrogram" in heard:
        model.tonada.spectrogram_encoder.scale.fill_(20)
    if model.scorer is not None:
        torch.nn.init.normal_(model.scorer.weight)
    return Listener(model, extractor, "new")


@pytest.fixture(scope="module", params=tasks())
def both(request, exported, tmp_path_factory) -> tuple[Listener, onnxruntime.InferenceSession]:
    """A bundled model and its file."""
    listener, path = Listener.bundled(request.param), exported
    if request.param != "emotion":
        path = tmp_path_factory.mktemp("onnx") / f"{request.param}.onnx"
        export_onnx(listener, path)
    return listener, onnxruntime.InferenceSession(path)


def assert_same(listener: Listener, session: onnxruntime.InferenceSession, waveform: np.ndarray) -> None:
    probabilities, agreement, segment_logits, times = session.run(None, {"waveform": waveform})
    with torch.inference_mode():
        heard = listener.extractor(waveform, sampling_rate=listener.extractor.sampling_rate, return_tensors="pt")
        output = listener.model(**heard)
    expected = output.logits[0]
    if listener.model.config.problem_type != "regression":
        several = listener.model.config.problem_type == "multi_label_classification"
        expected = expected.sigmoid() if several else expected.exp()
        assert float(agreement[0]) == pytest.approx(float(output.agreement[0]))
    assert np.abs(probabilities - expected.numpy()).max() < TOLERANCE
    assert np.abs(segment_logits - output.segment_logits[0].numpy()).max() < 1e-3
    assert times.tolist() == [list(each) for each in listener.extractor.segment_times(waveform)]


def test_every_example_is_answered_as_by_the_model(both, examples):
    for example in examples:
        assert_same(*both, decode(example, both[0].extractor.sampling_rate))


def test_any_length_is_answered_as_by_the_model(both):
    silence = np.zeros(3 * RATE, np.float32)
    for waveform in [*songs_of_different_lengths(), noise(0.01), np.concatenate([silence, tone(440, 21), silence])]:
        assert_same(*both, waveform)


def test_the_file_says_its_rate_and_what_an_answer_needs(both):
    listener, session = both
    metadata = session.get_modelmeta().custom_metadata_map
    assert int(metadata["sampling_rate"]) == listener.extractor.sampling_rate
    assert Facts.from_metadata(metadata) == Facts.of(listener.model.config)
    (waveform,) = session.get_inputs()
    assert (waveform.name, waveform.shape, waveform.type) == ("waveform", ["samples"], "tensor(float)")


def test_no_file_beside_it_is_needed_and_no_operator_of_a_vendor(exported):
    assert list(exported.parent.iterdir()) == [exported]
    assert {each.domain for each in onnx.load(exported).opset_import} == {""}


def test_int8_is_a_smaller_file_of_the_same_labels_within_two_hundredths(exported, examples, tmp_path):
    listener, small = Listener.bundled("emotion"), tmp_path / "small.onnx"
    export_onnx(listener, small, int8=True)
    assert small.stat().st_size < exported.stat().st_size / 2
    quantised = OnnxListener(small)
    for example in examples:
        ours, theirs = listener.listen(example), quantised.listen(example)
        assert theirs.label == ours.label
        assert theirs.probabilities == pytest.approx(ours.probabilities, abs=2e-2)


@pytest.mark.parametrize(
    ("settings", "front_end"),
    [
        (
            {"vote": "attention", "parents": TREE, "temperature": 1.7, **named("rock", "pop", "classical")},
            {"tail": "shifted", "segment_overlap": 0.5, "segment_seconds": 4.0},
        ),
        (
            {"problem_type": "multi_label_classification", "vote": "majority", **named(*LABELS)},
            {"branches": ["descriptors"], "descriptor_set": EVERY, "level": None, "silence": None},
        ),
        (
            {"problem_type": "regression", "attention_mode": "entmax15", **named("valence", "arousal")},
            {"branches": ["spectrogram"], "tail": "dropped", "pad_mode": "reflect"},
        ),
    ],
    ids=["tree and learned votes", "several labels of every descriptor", "values of a spectrogram"],
)
def test_other_votes_problems_and_front_ends_are_answered_as_by_their_model(settings, front_end, tmp_path):
    listener = new_listener(settings, front_end)
    export_onnx(listener, tmp_path / "model.onnx")
    for waveform in songs_of_different_lengths():
        assert_same(listener, onnxruntime.InferenceSession(tmp_path / "model.onnx"), waveform)
