"""Importing Tonada is enough: no `trust_remote_code`, and nothing from the model's folder is run."""

from conftest import last_json, run_python

CODE = """
import json, tonada
from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForAudioClassification, pipeline

folder = tonada.checkpoint("emotion")
classes = (AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForAudioClassification)
found = [type(each.from_pretrained(folder)) for each in classes]
pipe = pipeline("audio-classification", model=str(folder))
print(json.dumps([each.__module__ for each in (*found, type(pipe.model))]))
"""


def test_auto_classes_and_pipeline_find_the_registered_classes(tmp_path):
    modules = last_json(run_python(CODE, tmp_path, without_tonada=False))
    assert modules == [
        "tonada.modeling.configuration_tonada",
        "tonada.feature_extraction.feature_extraction_tonada",
        "tonada.modeling.modeling_tonada",
        "tonada.modeling.modeling_tonada",
        "tonada.modeling.modeling_tonada",
    ]
