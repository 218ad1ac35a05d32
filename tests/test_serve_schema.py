"""The service keeps what its OpenAPI document promises, whatever schemathesis asks of it."""

import io
from dataclasses import fields

import hypothesis
import pytest
import schemathesis
import soundfile
from conftest import RATE, new_model, noise
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.listening.answers import Answer
from tonada.listening.listener import Listener
from tonada.serving.app import create_app

listener = Listener(new_model(branches=("descriptors",)), TonadaFeatureExtractor(branches=("descriptors",)), "quick")
app = create_app(listener)
schema = schemathesis.openapi.from_asgi("/openapi.json", app)
REPLY = app.openapi()["components"]["schemas"]["Reply"]


@pytest.mark.slow
@schema.parametrize()
@hypothesis.settings(max_examples=50, suppress_health_check=list(hypothesis.HealthCheck))
def test_every_answer_is_as_the_document_says(case):
    # Any bytes fit the document's `binary`, and most are no song: that they are accepted is not promised.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@pytest.mark.parametrize(("content", "code"), [(noise(12), 200), (0 * noise(12), 422)])
@pytest.mark.parametrize("timeline", [False, True])
def test_the_answer_to_a_recording_is_as_the_document_says(content, code, timeline):
    file = io.BytesIO()
    soundfile.write(file, content, RATE, format="WAV")
    with TestClient(app) as client:
        answered = client.post("/classify", files={"file": file.getvalue()}, params={"timeline": timeline})
    assert answered.status_code == code
    schema["/classify"]["POST"].validate_response(answered)
    assert set(answered.json()) == {*REPLY["required"], *(["segments"] if timeline else [])}


def test_the_document_knows_every_part_of_an_answer_but_those_that_are_not_served():
    assert set(REPLY["properties"]) == {part.name for part in fields(Answer)} - {"embedding", "stems"}
    assert REPLY["additionalProperties"] is False
