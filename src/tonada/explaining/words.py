"""What a descriptor's column is called among people who listen."""

import re

DESCRIPTORS = {
    "zero_crossing_rate": "noisiness",
    "spectral_centroid": "brightness",
    "spectral_bandwidth": "breadth of the sound",
    "spectral_flux": "restlessness of the sound",
    "spectral_rolloff": "reach into the treble",
    "spectral_contrast": "peaks over valleys of the spectrum",
    "band_energy_ratio": "bass over treble",
    "amplitude_envelope": "loudness",
    "root_mean_square": "loudness",
    "rmse": "loudness",
    "zcr": "noisiness",
}
NUMBERED = {"mfcc": "timbre", "tonnetz": "harmony"}
STATISTICS = {
    "mean": "on average",
    "median": "in the middle",
    "variance": "how much it changes",
    "standard_deviation": "how much it changes",
    "maximum": "at its most",
    "minimum": "at its least",
}
ORDINARY = 0.5  # standard deviations from the average within which nobody would call a value high or low


def in_words(column: str) -> str:
    """The column of a descriptor set as people say it; one without words by its name."""
    for statistic, said in STATISTICS.items():
        if column.endswith(f"_{statistic}"):
            return f"{_descriptor(column.removesuffix(f'_{statistic}'))}, {said}"
    return _descriptor(column)


def height(deviations: float) -> str:
    """What a value so many standard deviations above the average is called."""
    if abs(deviations) < ORDINARY:
        return "ordinary"
    return "high" if deviations > 0 else "low"


def _descriptor(name: str) -> str:
    if found := re.search(r"chroma\w*?_([a-g])(_sharp)?$", name):
        return f"presence of the note {found[1].upper()}{'♯' if found[2] else ''}"
    if (found := re.search(r"([a-z]+)_(\d+)$", name)) and found[1] in NUMBERED:
        return f"{NUMBERED[found[1]]} {found[2]} ({found[1].upper()})"
    return DESCRIPTORS.get(name, name.replace("_", " "))
