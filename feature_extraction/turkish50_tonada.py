"""
The fifty descriptors of the Turkish Music Emotion table (Er & Aydilek 2019), from audio, under the table's own names.

The table was made with MIRtoolbox, from audio that is not public. Its names and values tell how: operators with their
defaults upon fragments of thirty seconds at 44.1 kHz, most of them upon a fragment's spectrum as a whole, in a version
of about 1.7 (before 1.7.2, which changes slopes and harmony; after 1.6, which times attacks otherwise).
"""

from .descriptor_sets_tonada import Block, DescriptorSet

EQUAL = "equal"  # to MIRtoolbox's definition within 1e-3 of a value
CLOSE = "close"  # the same definition with a small difference that the reason states
FRONT_END = {"sampling_rate": 44100, "segment_seconds": 30.0}
TABLE_STATISTICS = {
    "mean": "Mean",
    "sample_standard_deviation": "Std",
    "slope": "Slope",
    "period_frequency": "PeriodFreq",
    "period_amplitude": "PeriodAmp",
    "period_entropy": "PeriodEntropy",
}
SHAPE = "of the whole segment's spectrum, as unframed operators take it"
BAND = f"{SHAPE}; what a codec or a lower rate cuts off lowers it"
ATTACK = "energy of steps of 0.2 ms, and frames 0.61 ms apart instead of 0.6"
CHANGE = "frames are cut at a quarter of the rate, a fraction of a sample beside MIRtoolbox's"
ROWS: tuple[tuple[str, str, dict[str, tuple[str, str]]], ...] = (
    ("RMSenergy", "whole_rms", {"mean": (CLOSE, "of the whole segment; a mean over frames would be a tenth lower")}),
    ("Lowenergy", "low_energy", {"mean": (EQUAL, "frames of 50 ms, half overlapping")}),
    ("Fluctuation", "fluctuation", {"mean": (EQUAL, "mean over bands and speeds, as exported without a summary")}),
    ("Tempo", "tempo", {"mean": (CLOSE, "envelopes of gammatone channels from frames of 23 ms instead of filters")}),
    ("MFCC", "whole_mfcc", {"mean": (EQUAL, SHAPE)}),
    (
        "Roughness",
        "roughness",
        {
            "mean": (EQUAL, "Sethares' sum over partials in frames of 50 ms, half overlapping"),
            "slope": (EQUAL, "time from 0 to 1, not centred, as before 1.7.2"),
        },
    ),
    ("Zero-crossingrate", "upward_crossings", {"mean": (EQUAL, "one direction, a second")}),
    ("AttackTime", "attack_time", {"mean": (CLOSE, ATTACK), "slope": (CLOSE, f"{ATTACK}; few attacks make it jump")}),
    ("Rolloff", "whole_rolloff", {"mean": (EQUAL, BAND)}),
    ("Eventdensity", "event_density", {"mean": (EQUAL, "peaks of a tenth of the energy curve's range")}),
    ("Pulseclarity", "pulse_clarity", {"mean": (EQUAL, "of the energy curve, without the compression of 1.6")}),
    ("Brightness", "whole_brightness", {"mean": (EQUAL, SHAPE)}),
    ("Spectralcentroid", "whole_centroid", {"mean": (EQUAL, BAND)}),
    ("Spectralspread", "whole_spread", {"mean": (EQUAL, BAND)}),
    ("Spectralskewness", "whole_skewness", {"mean": (EQUAL, BAND)}),
    ("Spectralkurtosis", "whole_kurtosis", {"mean": (EQUAL, BAND)}),
    ("Spectralflatness", "whole_flatness", {"mean": (EQUAL, BAND)}),
    ("EntropyofSpectrum", "whole_entropy", {"mean": (EQUAL, BAND)}),
    (
        "Chromagram",
        "whole_chroma",
        {"mean": (CLOSE, "MIRtoolbox first lifts the waveform by its lowest sample, which leaks about 0.001 into it")},
    ),
    (
        "HarmonicChangeDetectionFunction",
        "harmonic_change",
        {
            "mean": (EQUAL, "levels below each frame's loudest, as before 1.7.2"),
            "sample_standard_deviation": (CLOSE, CHANGE),
            "slope": (CLOSE, CHANGE),
            "period_frequency": (EQUAL, "of the curve's own autocorrelation"),
            "period_amplitude": (EQUAL, "of the curve's own autocorrelation"),
            "period_entropy": (EQUAL, "of the curve's own autocorrelation"),
        },
    ),
)


def turkish50() -> DescriptorSet:
    """The set, with columns named and ordered as in the published table."""
    blocks = tuple(Block.of(descriptor, marks) for _, descriptor, marks in ROWS)
    return DescriptorSet("turkish50", blocks, tuple(TURKISH50_FIDELITY), FRONT_END)


def _fidelity() -> dict[str, tuple[str, str]]:
    marks_of: dict[str, tuple[str, str]] = {}
    for title, descriptor, marks in ROWS:
        for statistic, mark in marks.items():
            width = len(Block.of(descriptor, [statistic]).columns)
            name = f"_{title}_{TABLE_STATISTICS[statistic]}"
            names = [name] if width == 1 else [f"{name}_{number}" for number in range(1, width + 1)]
            marks_of |= dict.fromkeys(names, mark)
    return marks_of


TURKISH50_FIDELITY = _fidelity()
"""Each column's mark, `equal` or `close`, and the reason."""

__all__ = ["TURKISH50_FIDELITY", "turkish50"]
