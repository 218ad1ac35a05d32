"""The service keeps what its OpenAPI document promises, whatever schemathesis asks of it."""

import hypothesis
import pytest
import schemathesis
from conftest import new_model
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.listening.listener import Listener
from tonada.serving.app import create_app

listener = Listener(new_model(branches=("descriptors",)), TonadaFeatureExtractor(branches=("descriptors",)), "quick")
schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(listener))


@pytest.mark.slow
@schema.parametrize()
@hypothesis.settings(max_examples=50, suppress_health_check=list(hypothesis.HealthCheck))
def test_every_answer_is_as_the_document_says(case):
    # Any bytes fit the document's `binary`, and most are no song: that they are accepted is not promised.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])
