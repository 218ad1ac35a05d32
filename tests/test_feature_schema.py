"""What features are is saved with them, and features that would be others are refused."""

import json

import pytest
from conftest import RATE, new_model, noise
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.listening.model_error import ModelError
from tonada.listening.pairs import check_pair

OWN = [
    {"descriptor": "mfcc", "count": 3, "statistics": ["mean", "standard_deviation"]},
    {"descriptor": "chroma", "tuned": True, "name": "tuned_chroma", "statistics": ["median"]},
    {"descriptor": "zero_crossing_rate", "statistics": ["mean"]},
]


def test_ones_own_set_has_the_columns_it_names():
    extractor = TonadaFeatureExtractor(descriptor_set=OWN, branches=["descriptors"])
    assert extractor.descriptors.columns[:7] == (
        *("mfcc_1_mean", "mfcc_2_mean", "mfcc_3_mean"),
        *("mfcc_1_standard_deviation", "mfcc_2_standard_deviation", "mfcc_3_standard_deviation"),
        "tuned_chroma_c_median",
    )
    assert extractor(noise(4), sampling_rate=RATE)["descriptors"].shape == (1, 1, 19)


def test_ones_own_set_survives_saving(tmp_path):
    extractor = TonadaFeatureExtractor(descriptor_set=OWN)
    extractor.save_pretrained(tmp_path)
    again = TonadaFeatureExtractor.from_pretrained(tmp_path)
    heard = [each(noise(4), sampling_rate=RATE)["descriptors"] for each in (extractor, again)]
    assert (heard[0] == heard[1]).all()


@pytest.mark.parametrize(
    ("descriptor_set", "says"),
    [
        ([], "empty"),
        (["mfcc"], "needs descriptor and statistics"),
        ([{"descriptor": "mfc", "statistics": ["mean"]}], "mfcc"),
        ([{"descriptor": "mfcc", "statistics": ["average"]}], "mean, variance"),
        ([{"descriptor": "mfcc", "statistics": []}], "choose among"),
        ([{"descriptor": "mfcc", "statistics": ["mean"], "bins": 3}], "its settings are: count"),
        ([{"descriptor": "chroma", "statistics": ["mean"]}] * 2, "chroma_c_mean"),
    ],
)
def test_a_set_that_cannot_be_is_refused_with_what_can(descriptor_set, says):
    with pytest.raises(ValueError, match=says):
        TonadaFeatureExtractor(descriptor_set=descriptor_set)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"sampling_rate": 8000}, "8000"), ({"hop_length": 500}, "multiple of 64")],
)
def test_a_front_end_that_a_descriptor_cannot_hear_with_is_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        TonadaFeatureExtractor.for_set("fma518", **settings)


def test_the_schema_is_saved_with_names_versions_and_a_hash(tmp_path):
    TonadaFeatureExtractor().save_pretrained(tmp_path)
    schema = json.loads((tmp_path / "preprocessor_config.json").read_text())["feature_schema"]
    assert len(schema["columns"]) == 90
    assert schema["versions"]["mfcc"] == 1
    assert len(schema["hash"]) == 16


@pytest.mark.parametrize(
    "change",
    [{"n_fft": 1024}, {"level": None}, {"max_frequency": 8000.0}, {"descriptor_set": OWN}, {"num_mel_bins": 40}],
)
def test_an_extractor_changed_after_it_was_saved_is_refused(tmp_path, change):
    TonadaFeatureExtractor().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="would not be those that were saved"):
        TonadaFeatureExtractor.from_pretrained(tmp_path, **change)


def test_how_a_song_is_cut_may_change_after_saving(tmp_path):
    TonadaFeatureExtractor().save_pretrained(tmp_path)
    assert TonadaFeatureExtractor.from_pretrained(tmp_path, segment_overlap=0.5).segment_overlap == 0.5


def test_a_descriptor_of_another_version_is_another_schema(monkeypatch):
    from tonada.feature_extraction import descriptor_sets_tonada as sets

    before = TonadaFeatureExtractor().feature_schema
    newer = sets.Descriptor(sets.DESCRIPTORS["mfcc"].compute, version=2)
    monkeypatch.setitem(sets.DESCRIPTORS, "mfcc", newer)
    with pytest.raises(ValueError, match="versions differ"):
        TonadaFeatureExtractor(feature_schema=before)


def test_a_model_does_not_hear_with_other_features_than_it_learned_from():
    extractor = TonadaFeatureExtractor()
    model = new_model(feature_schema=extractor.feature_schema["hash"])
    check_pair(model.config, extractor)
    with pytest.raises(ModelError, match="feature_schema"):
        check_pair(model.config, TonadaFeatureExtractor(level=None))
