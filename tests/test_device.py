"""Nothing on the way from a waveform to features mixes devices: checked on a CUDA device that is only pretended."""

import pytest
import torch
from tonada.feature_extraction import chroma_tonada, constant_q_tonada
from tonada.feature_extraction.descriptor_sets_tonada import DESCRIPTORS
from tonada.feature_extraction.spectrum_tonada import Spectrum
from tonada.feature_extraction.statistics_tonada import STATISTICS, Statistics
from torch._subclasses.fake_tensor import FakeTensorMode

FRAMES = 100
READS_VALUES = {"spectral_contrast"}  # in numpy, which a pretended tensor cannot give


@pytest.mark.parametrize("name", sorted(set(DESCRIPTORS) - READS_VALUES))
def test_a_descriptor_and_its_statistics_stay_on_their_device(name, monkeypatch):
    in_tune = torch.zeros(2)  # what is found depends on values, which are not pretended
    for room in (constant_q_tonada, chroma_tonada):
        monkeypatch.setattr(room, "tuning", lambda *settings: in_tune)
    assert devices_of(name, "cpu") == {"cpu"}  # and every filter bank is made, and kept, in earnest
    with FakeTensorMode(allow_non_fake_inputs=True):
        assert devices_of(name, "cuda") == {"cuda"}


def devices_of(name: str, device: str) -> set[str]:
    mask = torch.ones(2, FRAMES, device=device)
    spectrum = Spectrum(torch.ones(2, (FRAMES - 1) * 512, device=device), mask, 22050, 2048, 512, 9000.0)
    frames = DESCRIPTORS[name].compute(spectrum)
    statistics = Statistics(frames, mask)
    return {frames.device.type, *(getattr(statistics, each).device.type for each in STATISTICS)}
