"""What a descriptor's column is called among people who listen, whichever set or published table it is of."""

import re

DESCRIPTORS = {
    "amplitudeenvelope": "loudness",
    "attacktime": "softness of the attacks",
    "bandenergyratio": "bass over treble",
    "brightness": "brightness",
    "entropyofspectrum": "fullness of the spectrum",
    "eventdensity": "notes a second",
    "fluctuation": "rhythmic beating",
    "harmonicchangedetectionfunction": "change of harmony",
    "harmony": "sustained sound",
    "lowenergy": "share of quiet moments",
    "perceptr": "percussive sound",
    "pulseclarity": "clearness of the beat",
    "rms": "loudness",
    "rmse": "loudness",
    "rmsenergy": "loudness",
    "rolloff": "reach into the treble",
    "rootmeansquare": "loudness",
    "roughness": "roughness",
    "spectralbandwidth": "breadth of the sound",
    "spectralcentroid": "brightness",
    "spectralflatness": "likeness to noise",
    "spectralflux": "restlessness of the sound",
    "spectralkurtosis": "peakedness of the spectrum",
    "spectralrolloff": "reach into the treble",
    "spectralskewness": "weight on the low end",
    "spectralspread": "breadth of the sound",
    "tempo": "tempo",
    "zcr": "noisiness",
    "zerocrossingrate": "noisiness",
}
"""By name without signs between its words."""
CEPSTRUM = {
    1: "loudness over all pitches",
    2: "darkness, lows over highs",
    3: "lows and highs over the middle",
}
"""What the first cosines over the mel bands weigh against each other; those after them have no such picture."""
OCTAVES = ("under 200 Hz", "200-400 Hz", "400-800 Hz", "800-1600 Hz", "1600-3200 Hz", "3200-6400 Hz", "over 6400 Hz")
BANDS = dict(enumerate(OCTAVES, start=1))
"""Of spectral contrast, as librosa divides octaves (Jiang et al. 2002)."""
INTERVALS = {1: "fifths", 2: "fifths", 3: "minor thirds", 4: "minor thirds", 5: "major thirds", 6: "major thirds"}
"""Of tonnetz (Harte et al. 2006), two axes a circle."""
NOTES = dict(enumerate(("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"), start=1))
STATISTICS = {
    "mean": "on average",
    "median": "in the middle",
    **dict.fromkeys(("variance", "var", "standard_deviation", "std"), "how much it changes"),
    **dict.fromkeys(("maximum", "max"), "at its most"),
    **dict.fromkeys(("minimum", "min"), "at its least"),
    **dict.fromkeys(("skewness", "skew"), "how rare its high moments are"),
    "kurtosis": "how rare its extremes are",
    "slope": "whether it rises",
    "periodfreq": "how fast it recurs",
    "periodamp": "how plainly it recurs",
    "periodentropy": "how irregularly it recurs",
}
COLUMN = re.compile(
    rf"(?P<name>.+?)_?(?P<first>\d+)?_(?P<statistic>{'|'.join(STATISTICS)})(_(?P<last>\d+))?", re.IGNORECASE
)
ORDINARY = 0.5  # standard deviations from the average within which nobody would call a value high or low


def in_words(column: str) -> str:
    """The column of a descriptor set or of a published table as people say it; one without words by its name."""
    found = COLUMN.fullmatch(column.strip("_"))
    if found is None:
        return _descriptor(column.strip("_"), None)
    digits = found["first"] or found["last"]
    number = None if digits is None else int(digits)
    if number is not None and column.startswith("_MFCC"):
        number += 1  # MIRtoolbox, whose names these are, leaves out the coefficient of loudness
    return f"{_descriptor(found['name'], number)}, {STATISTICS[found['statistic'].lower()]}"


def height(deviations: float) -> str:
    """What a value so many standard deviations above the average is called."""
    if abs(deviations) < ORDINARY:
        return "ordinary"
    return "high" if deviations > 0 else "low"


def _descriptor(name: str, number: int | None) -> str:
    plain = re.sub(r"[^a-z]", "", name.lower())
    if plain.startswith("chroma"):
        return f"presence of {_note(name, number)}"
    if plain == "mfcc" and number is not None:
        return f"{CEPSTRUM.get(number, f'fine colour of the timbre {number}')} (MFCC)"
    if plain == "spectralcontrast" and number in BANDS:
        return f"clear tones {BANDS[number]}"
    if plain == "tonnetz" and number in INTERVALS:
        return f"pull of {INTERVALS[number]} (tonnetz {number})"
    said = DESCRIPTORS.get(plain, name.replace("_", " "))
    return said if number in (None, 1) else f"{said} {number}"


def _note(name: str, number: int | None) -> str:
    """The pitch class of a column of chroma, by its letter or by its number from C."""
    if number in NOTES:
        return f"the note {NOTES[number]}"
    if found := re.search(r"_([a-g])(_sharp)?$", name):
        return f"the note {found[1].upper()}{'♯' if found[2] else ''}"
    return "notes"
