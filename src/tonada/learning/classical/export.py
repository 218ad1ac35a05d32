"""A linear classical model or an MLP as a network of the Hub's: the descriptor branch alone, the same probabilities."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tonada.learning.classical.saving import ClassicalModel
from tonada.modeling import TonadaConfig, TonadaForAudioClassification


class ExportError(ValueError):
    """A model that no network of ours can be, in one line."""


def save_network(model: ClassicalModel, folder: Path) -> None:
    """
    Write the network and its extractor, for `pipeline("audio-classification")` and the Auto classes.

    Raises:
        ExportError: see `network_of`.
    """
    network = network_of(model)
    assert model.extractor is not None  # as network_of saw
    network.save_pretrained(folder)
    model.extractor.save_pretrained(folder)


def network_of(model: ClassicalModel) -> TonadaForAudioClassification:
    """
    The network: standard scaling in its buffers; selection, projection and the model's own weights in its layers.

    Raises:
        ExportError: the model hears a table, is neither logistic regression, linear SVM nor MLP, or has a step that
            bends (capping, Yeo-Johnson).
    """
    if model.extractor is None:
        raise ExportError("it hears the columns of a table; the network's extractor makes descriptors of audio")
    steps = dict(getattr(model.estimator, "steps", []))
    if not steps:
        raise ExportError(f"it is a {type(model.estimator).__name__}, which no network of ours is")
    layers = _layers(steps["model"])
    if len(model.estimator.classes_) < len(model.labels):
        raise ExportError("a label had no song to learn from")
    mean, scale, first = _front(steps, len(model.columns))
    layers[0] = _after(first, layers[0])
    network = TonadaForAudioClassification(_config(model, layers, getattr(steps.get("limit"), "reach", None))).eval()
    encoder = network.tonada.descriptor_encoder
    with torch.no_grad():
        encoder.mean.copy_(torch.tensor(mean))
        encoder.scale.copy_(torch.tensor(scale))
        for linear, (weight, bias) in zip([*encoder.layers, network.classifier], layers, strict=True):
            _fill(linear, weight, bias)
    return network


Layer = tuple[np.ndarray, np.ndarray]
"""Weights `(out, in)` and biases `(out,)`."""


def _front(steps: dict[str, Any], width: int) -> tuple[np.ndarray, np.ndarray, Layer]:
    """Mean and scale of all columns, and what is done to them once scaled, as a layer."""
    for name, step in steps.items():
        if name not in ("columns", "impute", "scale", "limit", "select", "pca", "model") or not hasattr(
            steps["scale"], "scale_"
        ):
            raise ExportError(f"its step {type(step).__name__} bends what it is given, which no layer of ours does")
    kept = np.arange(width)
    if "columns" in steps:
        kept = np.array(steps["columns"].transformers_[0][2])
    mean, scale = np.zeros(width), np.ones(width)
    mean[kept], scale[kept] = steps["scale"].mean_, steps["scale"].scale_
    weight, bias = np.eye(width)[kept], np.zeros(len(kept))
    if "select" in steps:
        chosen = steps["select"].get_support(indices=True)
        weight, bias = weight[chosen], bias[chosen]
    if "pca" in steps:
        turned = steps["pca"].components_
        weight, bias = _after((weight, bias), (turned, -turned @ steps["pca"].mean_))
    return mean, scale, (weight, bias)


def _layers(fitted: Any) -> list[Layer]:
    """The layers of a model, the last one to scores whose softmax (or sigmoid, of one) is its probabilities."""
    kind = type(fitted).__name__
    if kind == "Resampled":
        return _layers(fitted.model_)
    if kind == "LogisticRegression":
        return [(fitted.coef_, fitted.intercept_)]
    if kind == "CalibratedClassifierCV" and hasattr(machine := fitted.calibrated_classifiers_[0].estimator, "coef_"):
        sharpness = fitted.calibrated_classifiers_[0].calibrators[0].beta_
        if len(machine.coef_) == 1:
            sharpness = 2 * sharpness  # scikit-learn's scores of two labels are -z and z
        return [(sharpness * machine.coef_, sharpness * machine.intercept_)]
    if kind == "MLPClassifier" and fitted.activation == "relu":
        return [(weight.T, bias) for weight, bias in zip(fitted.coefs_, fitted.intercepts_, strict=True)]
    raise ExportError(f"its model is {kind}; logistic regression, a linear SVM and an MLP of ReLUs can be networks")


def _after(first: Layer, second: Layer) -> Layer:
    """Two layers with nothing between them as one."""
    return second[0] @ first[0], second[0] @ first[1] + second[1]


def _config(model: ClassicalModel, layers: list[Layer], limit: float | None) -> TonadaConfig:
    assert model.extractor is not None
    return TonadaConfig(
        branches=("descriptors",),
        num_descriptors=len(model.columns),
        feature_schema=model.schema,
        dnn_sizes=tuple(len(bias) for _, bias in layers[:-1]),
        descriptor_limit=limit,
        dropout=0.0,
        single_output=len(layers[-1][1]) == 1,
        temperature=model.temperature,
        conformal_quantile=model.conformal_quantile,
        parents=model.parents,
        id2label=dict(enumerate(model.labels)),
        label2id={label: place for place, label in enumerate(model.labels)},
    )


def _fill(linear: nn.Linear, weight: np.ndarray, bias: np.ndarray) -> None:
    linear.weight.copy_(torch.tensor(weight))
    linear.bias.copy_(torch.tensor(bias))
