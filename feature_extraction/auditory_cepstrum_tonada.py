"""Cepstrum of a whole segment's spectrum through the Auditory Toolbox's forty bands (Slaney 1998), as MIRtoolbox's."""

import math

import torch

from .frames_tonada import Frames, once
from .spectrum_tonada import Spectrum, computed_once
from .whole_spectrum_tonada import whole_frequencies, whole_magnitude

BANDS = 40
LINEAR = 13  # edges 200/3 Hz apart, of the first bands; then each 7.1 % above the one before
LOWEST, SPACING, RATIO = 400 / 3, 200 / 3, 1.0711703  # hertz, hertz
FLOOR = 1e-16  # magnitude, so that an empty band has a logarithm


@computed_once
def whole_mfcc(spectrum: Spectrum, count: int = 13) -> Frames:
    """
    Mel-frequency cepstral coefficients from the first, without the mean: the orthonormal DCT-II of the bands' decimal
    logarithms.
    """
    magnitude, frequencies = whole_magnitude(spectrum), whole_frequencies(spectrum)
    edges = band_edges().to(frequencies)
    between = torch.searchsorted(frequencies, edges).tolist()
    bands = []
    for band in range(BANDS):
        (low, centre, high), (first, peak, end) = edges[band : band + 3], between[band : band + 3]
        rising, falling = frequencies[first:peak] - low, high - frequencies[peak:end]
        triangle = torch.cat([rising / (centre - low), falling / (high - centre)]) * 2 / (high - low)
        bands.append((magnitude[:, first:end] * triangle).sum(1))
    logarithms = torch.stack(bands, dim=1).clamp(min=FLOOR).log10()
    rank = torch.arange(1, count + 1, dtype=torch.float64).unsqueeze(1)
    cosines = torch.cos(rank * (2 * torch.arange(BANDS) + 1) * math.pi / (2 * BANDS)) / math.sqrt(BANDS / 2)
    return once(logarithms @ cosines.to(logarithms).T)


def band_edges() -> torch.Tensor:
    """Lower edge, centre and upper edge of band n are numbers n, n + 1 and n + 2 of these, hertz, float64."""
    linear = LOWEST + SPACING * torch.arange(LINEAR, dtype=torch.float64)
    above = torch.arange(1, BANDS + 2 - LINEAR + 1, dtype=torch.float64)
    return torch.cat([linear, linear[-1] * RATIO**above])


__all__ = ["whole_mfcc"]
