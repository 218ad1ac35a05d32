"""Functionals are numpy's and scipy's over the real frames alone."""

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tonada.feature_extraction.statistics_tonada import Statistics

REFERENCES = {
    "mean": np.mean,
    "variance": np.var,
    "standard_deviation": np.std,
    "skewness": scipy.stats.skew,
    "kurtosis": scipy.stats.kurtosis,
    "median": np.median,
    "minimum": np.min,
    "maximum": np.max,
}


@pytest.mark.parametrize("name", REFERENCES)
@given(frames=arrays(np.float32, (3, 17), elements=st.floats(-100, 100, width=16)), real=st.integers(2, 17))
def test_a_statistic_is_that_of_scipy_over_the_real_frames(name, frames, real):
    mask = (torch.arange(17) < real).long().unsqueeze(0)
    ours = getattr(Statistics(torch.from_numpy(frames).unsqueeze(0), mask), name)[0].numpy()
    heard = frames[:, :real].astype(float)
    moves = heard.std(1) > 1e-4 * np.abs(heard).max(1)  # of what hardly moves, shape is rounding
    judged = moves if name in ("skewness", "kurtosis") else np.ones(3, bool)
    if judged.any():
        np.testing.assert_allclose(ours[judged], REFERENCES[name](heard[judged], axis=1), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, -3e4])
def test_a_constant_has_no_skewness_and_no_kurtosis(value):
    statistics = Statistics(torch.full((1, 1, 50), value), torch.ones(1, 50, dtype=torch.long))
    assert (float(statistics.skewness), float(statistics.kurtosis)) == (0.0, 0.0)
