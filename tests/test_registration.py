"""Importing Tonada is enough: no `trust_remote_code`, and nothing from the model's folder is run."""

import json

from commands import printed_by

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
    modules = json.loads(printed_by(CODE, tmp_path))
    assert modules == [
        "tonada.modeling.configuration_tonada",
        "tonada.feature_extraction.feature_extraction_tonada",
        "tonada.modeling.modeling_tonada",
        "tonada.modeling.modeling_tonada",
        "tonada.modeling.modeling_tonada",
    ]
