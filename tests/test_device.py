"""Nothing on the way from a waveform to features mixes devices: checked on a CUDA device that is only pretended."""

import pytest
import torch
from tonada.feature_extraction import chroma_tonada, constant_q_tonada
from tonada.feature_extraction.descriptor_sets_tonada import DESCRIPTORS
from tonada.feature_extraction.frames_tonada import Frames
from tonada.feature_extraction.spectrum_tonada import Spectrum
from tonada.feature_extraction.statistics_tonada import STATISTICS, Statistics
from torch._subclasses.fake_tensor import FakeTensorMode

FRAMES = 100
# What a pretended tensor cannot give: numpy's view of it, where it is not zero, how much of it is sound.
READS_VALUES = {"spectral_contrast", "attack_time", "attack_slope", "event_density", "harmonic_change", "roughness"}
READS_VALUES |= {"tempo", *(name for name in DESCRIPTORS if name.startswith("whole_"))}


@pytest.mark.parametrize("name", sorted(set(DESCRIPTORS) - READS_VALUES))
def test_a_descriptor_and_its_statistics_stay_on_their_device(name, monkeypatch):
    in_tune = torch.zeros(2)  # what is found depends on values, which are not pretended
    for room in (constant_q_tonada, chroma_tonada):
        monkeypatch.setattr(room, "tuning", lambda *settings: in_tune)
    assert devices_of(name, "cpu") == {"cpu"}  # and every filter bank is made, and kept, in earnest
    with FakeTensorMode(allow_non_fake_inputs=True):
        assert devices_of(name, "cuda") == {"cuda"}


def devices_of(name: str, device: str) -> set[str]:
    samples = (FRAMES - 1) * 512
    sounds = torch.full((2,), samples, device=device)
    spectrum = Spectrum(torch.ones(2, samples, device=device), sounds, 22050, 2048, 512, 9000.0)
    found = DESCRIPTORS[name].compute(spectrum)
    frames = found if isinstance(found, Frames) else Frames(found, spectrum.frame_mask, 43.0)
    statistics = Statistics(frames.values, frames.mask, frames.rate)
    return {frames.values.device.type, *(getattr(statistics, each).device.type for each in STATISTICS)}
