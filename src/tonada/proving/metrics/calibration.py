"""Whether answers of which a system is 70 % sure are right seven times in ten."""

from typing import Any

import numpy as np

from tonada.proving.calibration_error import calibration_errors
from tonada.proving.metrics.base import SongMetric


class Calibration(SongMetric):
    """Expected calibration error of the answers, see `calibration_errors`."""

    def scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        """The error, that of a calibrated system, and the bins of the reliability diagram."""
        return calibration_errors(truth, probabilities)
