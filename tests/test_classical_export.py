"""A classical model as a network of the Hub's gives the same probabilities, through every door."""

import numpy as np
import pytest
import torch
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.learning.classical.answering import calibrated_probabilities
from tonada.learning.classical.export import ExportError, network_of, save_network
from tonada.learning.classical.recipe import System
from tonada.learning.classical.saving import ClassicalModel
from tonada.learning.classical.systems import fit_system
from tonada.listening.listener import Listener

EXTRACTOR = TonadaFeatureExtractor.for_set("bag32")
COLUMNS = tuple(EXTRACTOR.columns)
LINEAR = {
    "logistic regression": System(model="logistic_regression"),
    "selected": System(model="logistic_regression", select=5),
    "projected": System(model="linear_svm", pca=0.9),
    "of some columns": System(model="linear_svm", columns=("mfcc",)),
    "mlp": System(model="mlp", settings={"hidden_layer_sizes": [7, 5], "max_iter": 20}),
    "limited": System(model="logistic_regression", limit=0.7, select=9),
    "balanced": System(model="logistic_regression", balance="smote"),
}


def model_of(system, labels=3, temperature=1.7):
    generator = np.random.default_rng(0)
    truth = np.arange(90) % labels
    values = generator.normal(5, 3, (90, len(COLUMNS)))
    values[np.arange(90), truth + 20] += 4
    fitted = fit_system(system, {}, COLUMNS, values, truth, truth, 0)
    names = ("happy", "sad", "calm")[:labels]
    return ClassicalModel(fitted, "x", COLUMNS, names, temperature=temperature, extractor=EXTRACTOR), values


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("name", LINEAR)
def test_the_network_gives_the_same_probabilities(name, labels):
    model, values = model_of(LINEAR[name], labels)
    descriptors = torch.tensor(values, dtype=torch.float32)[:, None]
    with torch.no_grad():
        output = network_of(model)(descriptors=descriptors, segment_mask=torch.ones(len(values), 1, dtype=torch.long))
    assert np.abs(output.logits.exp().numpy() - calibrated_probabilities(model, values)).max() < 1e-4


def test_a_saved_network_hears_as_the_command_does(tmp_path, examples):
    from tonada.learning.classical.listening import ClassicalListener

    model, _ = model_of(LINEAR["logistic regression"])
    save_network(model, tmp_path)
    answer = Listener.from_pretrained(str(tmp_path)).listen(examples[0])
    own = next(ClassicalListener(model, "x").listen_all([(str(examples[0]), None)]))
    assert answer.label == own.label
    assert answer.probabilities == pytest.approx(own.probabilities, abs=1e-3)


@pytest.mark.parametrize(
    ("system", "says"),
    [
        (System(model="naive_bayes"), "GaussianNB"),
        (System(model="logistic_regression", cap=1.5), "IQRCapping bends"),
        (System(model="logistic_regression", power=True), "bends"),
        (System(model="rbf_svm"), "can be networks"),
    ],
)
def test_what_no_network_can_be_is_refused_by_name(system, says):
    with pytest.raises(ExportError, match=says):
        network_of(model_of(system)[0])
